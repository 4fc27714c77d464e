"""Continuous ranked probability score of a forecast given as quantiles.

CRPS = ∫ (F(z) − 1{z ≥ y})² dz = 2 ∫₀¹ pinball_τ(y, Q(τ)) dτ (Laio & Tamea 2007, Hydrol. Earth Syst. Sci. 11,
1267–1277). Twice the mean pinball loss is the usual shortcut; on the levels 0.01 … 0.99 it is about 1 % too
high, because it divides the sum by 99 instead of 100. Here the integral is exact for the quantile function
that runs in straight lines from level to level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import FloatArray, complete_rows, mean
from forecast.evaluation.metrics.pinball import checked_levels


def crps_quantiles(
    obs: ArrayLike,
    quantiles: ArrayLike,
    *,
    levels: ArrayLike,
    bounds: tuple[float, float] | None = None,
    weights: ArrayLike | None = None,
) -> float:
    """Mean CRPS of forecasts given as quantiles, in the unit of the input.

    `quantiles` has the observation's shape and a last axis of levels. **Tails**: without `bounds` the
    quantile function stays at the lowest quantile below the lowest level and at the highest above the
    highest, so the mass of each tail sits on the outermost quantile; with `bounds=(low, high)` it runs
    straight to them at levels 0 and 1. Crossed quantiles are put in order first. Rows with a missing value
    are dropped; NaN if none is left.

    A uniform forecast on [0, 1] and y = 0.3: exact 0.12333.

    >>> levels = np.arange(1, 100) / 100
    >>> round(crps_quantiles(0.3, levels, levels=levels, bounds=(0, 1)), 5)
    0.12333
    """
    tau = checked_levels(levels)
    y, q, w = complete_rows(obs, quantiles, weights, columns=len(tau))
    return mean(crps_rows(y, q, tau, bounds=bounds), w)


def crps_rows(
    y: FloatArray, q: FloatArray, levels: FloatArray, *, bounds: tuple[float, float] | None = None
) -> FloatArray:
    """Return the CRPS of each row: y (n,), q (n, levels); tails as in `crps_quantiles`."""
    columns = np.ascontiguousarray(q.T)
    if len(columns) > 1 and (columns[1:] < columns[:-1]).any():
        columns = np.sort(columns, axis=0)
    low, high = _ends(columns, bounds)
    knots = [low, *columns, high]
    taus = [0.0, *map(float, levels), 1.0]
    total = np.zeros_like(y)
    for k in range(len(knots) - 1):
        total += _segment(y, knots[k], knots[k + 1], taus[k], taus[k + 1])
    return 2 * total


def _ends(columns: FloatArray, bounds: tuple[float, float] | None) -> tuple[FloatArray, FloatArray]:
    if bounds is None:
        return columns[0], columns[-1]
    low, high = bounds
    if not low < high:
        raise SettingsError(f"bounds are {bounds}; the lower must be below the upper")
    # a quantile beyond its bound is left where it is: the tail has no length there
    return np.minimum(columns[0], low), np.maximum(columns[-1], high)


def _segment(y: FloatArray, u: FloatArray, v: FloatArray, a: float, b: float) -> FloatArray:
    """∫ₐᵇ pinball_τ(y, Q(τ)) dτ for Q straight from u at a to v at b, u ≤ v.

    The loss is τ (y − Q) everywhere, and (Q − y) more where Q > y, that is above τ*, where the line passes y.
    """
    length, rise = b - a, v - u
    # ∫ τ (y − Q) dτ with Q = u + rise · s, τ = a + length · s
    below = length * (a * (y - u) + 0.5 * (length * (y - u) - a * rise) - length * rise / 3)
    inside = np.clip(y, u, v)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(rise > 0, (v - inside) / rise, (y < u).astype(np.float64))
    # the part above τ* has length share · (b − a) and the mean height (inside + v) / 2 − y
    return below + share * length * (0.5 * (inside + v) - y)
