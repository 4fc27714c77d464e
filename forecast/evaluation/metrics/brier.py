"""Brier score: the mean square error of a probability.

Source: Brier 1950, Mon. Wea. Rev. 78, 1–3. Rows with a missing value are dropped; NaN if none is left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import FloatArray, complete_pairs, mean
from forecast.evaluation.metrics.skill import skill_score


def brier(obs: ArrayLike, probability: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean of ``(p − o)²``; o is 1 (or True) where the event happened, else 0.

    >>> round(brier([0, 1, 0], [0.1, 0.7, 0.4]), 5)
    0.08667
    """
    o, p, w = _events(obs, probability, weights)
    return mean(np.square(p - o), w)


def brier_skill(
    obs: ArrayLike,
    probability: ArrayLike,
    *,
    base_rate: float | None = None,
    weights: ArrayLike | None = None,
) -> float:
    """Brier skill over always forecasting the base rate, ``1 − BS / BS_base``.

    `base_rate` should come from training data; None takes that of the observations themselves, which is a
    little harder to beat. NaN where the reference makes no error.

    >>> round(brier_skill([0, 1, 0], [0.1, 0.7, 0.4], base_rate=1 / 3), 2)
    0.61
    """
    o, p, w = _events(obs, probability, weights)
    rate = mean(o, w) if base_rate is None else base_rate
    return skill_score(mean(np.square(p - o), w), mean(np.square(rate - o), w))


class BrierParts(NamedTuple):
    """``brier = reliability − resolution + uncertainty`` of probabilities that are the same within each bin."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float


def brier_parts(obs: ArrayLike, probability: ArrayLike, *, bins: int | None = None) -> BrierParts:
    """Murphy's split of the Brier score: reliability (0 is best), resolution (much is best), uncertainty.

    Rows with the same probability stand together; with `bins`, those of as many equal bins, each at its mean
    probability (what then is left of the score within bins is left out). Source: Murphy 1973, J. Appl. Meteorol. 12,
    595–600.

    >>> [round(part, 5) for part in brier_parts([0, 1, 0], [0.1, 0.7, 0.4])]
    [0.08667, 0.08667, 0.22222, 0.22222]
    """
    o, p, _ = _events(obs, probability, None)
    if not len(o):
        return BrierParts(*(float("nan"),) * 4)
    if bins is not None and bins < 1:
        raise SettingsError(f"bins is {bins}; expected 1 or more")
    key = p if bins is None else np.minimum(np.floor(p * bins), bins - 1)
    _, place = np.unique(key, return_inverse=True)
    n = np.bincount(place).astype(np.float64)
    said, seen = np.bincount(place, p) / n, np.bincount(place, o) / n
    rate, share = float(o.mean()), n / len(o)
    reliability = float((share * np.square(said - seen)).sum())
    resolution = float((share * np.square(seen - rate)).sum())
    uncertainty = rate * (1 - rate)
    return BrierParts(reliability - resolution + uncertainty, reliability, resolution, uncertainty)


def _events(
    obs: ArrayLike, probability: ArrayLike, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    (o, p), w = complete_pairs(obs, probability, weights=weights)
    if not np.isin(o, (0.0, 1.0)).all():
        raise SettingsError(f"observed events must be 0 or 1, got {o[~np.isin(o, (0.0, 1.0))][0]:g}")
    if ((p < 0) | (p > 1)).any():
        raise SettingsError(f"probabilities must lie in [0, 1], got {p[(p < 0) | (p > 1)][0]:g}")
    return o, p, w
