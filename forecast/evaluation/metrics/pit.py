"""Probability integral transform: where in its forecast distribution each observation fell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import FloatArray, complete_rows
from forecast.evaluation.metrics.pinball import checked_levels


def pit(
    obs: ArrayLike,
    quantiles: ArrayLike,
    *,
    levels: ArrayLike,
    bounds: tuple[float, float] | None = None,
    random_state: Any = 0,
) -> FloatArray:
    """Randomised PIT values of the complete rows, uniform on [0, 1] if the forecast is calibrated.

    ``F(y−) + U · (F(y) − F(y−))`` with F in straight lines through the quantiles. Where several levels share
    the observed value (zero production, rated output) the value is drawn evenly between their outermost
    levels; below the lowest or above the highest quantile, where F is not known, evenly in that tail; without
    this wind and PV always look biased. How much mass sits on a bound is known only as finely as the levels
    lie. `bounds=(low, high)` clips the observation first (a forecast bounded at 0 cannot know own use).
    Source: Czado, Gneiting & Held 2009, Biometrics 65, 1254–1261. Rows with a missing value are dropped.

    >>> pit([3.0, 1.5], [[1, 2, 4], [1, 2, 4]], levels=[0.25, 0.5, 0.75]).tolist()
    [0.625, 0.375]
    """
    tau = checked_levels(levels)
    y, q, _ = complete_rows(obs, quantiles, columns=len(tau))
    if bounds is not None:
        y = np.clip(y, *bounds)
    q = np.sort(q, axis=1)
    low, high = _below(y, q, tau), _at_or_below(y, q, tau)
    return np.asarray(low + np.random.default_rng(random_state).random(len(y)) * (high - low))


def pit_histogram(values: ArrayLike, *, bins: int = 10) -> FloatArray:
    """Share of PIT values in each of `bins` equal bins, times `bins`: 1 everywhere if calibrated.

    >>> pit_histogram([0.05, 0.15, 0.55, 0.95], bins=2).tolist()
    [1.0, 1.0]
    """
    if bins < 1:
        raise SettingsError(f"bins is {bins}; expected 1 or more")
    array = np.asarray(values, dtype=np.float64)
    counts, _ = np.histogram(array[np.isfinite(array)], bins=bins, range=(0.0, 1.0))
    return np.asarray(counts / max(1, counts.sum()) * bins)


def _below(y: FloatArray, q: FloatArray, tau: FloatArray) -> FloatArray:
    """F(y−), strictly below y: 0 in the lower tail, the highest level above the highest quantile."""
    left = (q < y[:, None]).sum(axis=1)
    return np.where(left == 0, 0.0, _between(y, q, tau, np.clip(left, 1, None)))


def _at_or_below(y: FloatArray, q: FloatArray, tau: FloatArray) -> FloatArray:
    """F(y), at or below y: 1 from the highest quantile on, the lowest level below the lowest quantile."""
    right = (q <= y[:, None]).sum(axis=1)
    inside = np.where(right == 0, tau[0], _between(y, q, tau, np.clip(right, 1, None)))
    return np.where(right == len(tau), 1.0, inside)


def _between(y: FloatArray, q: FloatArray, tau: FloatArray, count: np.ndarray) -> FloatArray:
    """Level on the line from the `count`-th quantile to the next; its own level where there is no next."""
    rows = np.arange(len(y))
    at, after = count - 1, np.minimum(count, len(tau) - 1)
    u, v = q[rows, at], q[rows, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(v > u, (y - u) / (v - u), 0.0)
    return np.asarray(tau[at] + np.clip(share, 0.0, 1.0) * (tau[after] - tau[at]))
