"""Skill: how much of a reference's error is gone. Source: Murphy 1988, Mon. Wea. Rev. 116, 2417–2424."""

from __future__ import annotations

from numpy.typing import ArrayLike

from forecast.evaluation.metrics.deterministic import rmse
from forecast.evaluation.metrics.pairs import complete_pairs


def skill_score(score: float, reference_score: float, *, perfect: float = 0.0) -> float:
    """Skill from two scores, ``(reference − score) / (reference − perfect)``.

    1 is perfect, 0 as good as the reference; NaN where the reference is perfect itself.

    >>> round(skill_score(5, 6), 3)
    0.167
    """
    room = reference_score - perfect
    return float("nan") if room == 0 else float((reference_score - score) / room)


def skill(obs: ArrayLike, fcst: ArrayLike, *, reference: ArrayLike, weights: ArrayLike | None = None) -> float:
    """RMSE skill over the reference's forecasts, ``1 − RMSE / RMSE_reference``.

    Both are scored on the same rows: those where observation, forecast and reference are all there.

    >>> round(skill([10, 20, 30], [15, 25, 25], reference=[16, 14, 36]), 3)
    0.167
    """
    (o, f, r), w = complete_pairs(obs, fcst, reference, weights=weights)
    return skill_score(rmse(o, f, weights=w), rmse(o, r, weights=w))
