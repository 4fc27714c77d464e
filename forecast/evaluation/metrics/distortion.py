"""How far a forecast must be bent in time to fit: the temporal distortion index, a diagnostic beside the RMSE."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import ShapeError
from forecast.evaluation.metrics.pairs import FloatArray, complete_pairs

MOST = 2000  # values: the path needs their square


class Distortion(NamedTuple):
    """`tdi`: share of the area a path can have; `late`: above 0 for a late forecast; `rmse`: along the path."""

    tdi: float
    late: float
    rmse: float


def temporal_distortion(obs: ArrayLike, fcst: ArrayLike) -> Distortion:
    """Area between the dynamic-time-warping path and the diagonal, ``2 A / (n − 1)²``: 0 in step, 1 never in step.

    The path pairs every value with one of the other series in order, at the least sum of squares. Use it as a
    diagnostic only. Source: Frías-Paredes et al. 2016, Energy 94, 180–194; Vallance et al. 2017, Solar Energy 150,
    408–422. Pairs with a missing value are dropped first; NaN for fewer than two. Raises `ShapeError` beyond 2000.

    >>> temporal_distortion([0, 0, 5, 9, 9, 9], [0, 0, 0, 5, 9, 9]).late > 0
    True
    """
    (o, f), _ = complete_pairs(obs, fcst)
    if len(o) > MOST:
        raise ShapeError(f"{len(o)} values; temporal distortion takes up to {MOST}: score trajectories or days")
    if len(o) < 2:
        return Distortion(float("nan"), float("nan"), float("nan"))
    path = _path(np.square(o[:, None] - f[None, :]))
    ahead = (path[:, 1] - path[:, 0]).astype(np.float64)  # forecast's place minus the observation's
    along = path.sum(axis=1).astype(np.float64)
    # across the diagonal a unit step is 1 / √2 both ways, so half the product is the area
    area, signed = (float(np.trapezoid(part, along)) / 2 for part in (np.abs(ahead), ahead))
    whole = (len(o) - 1) ** 2 / 2
    return Distortion(area / whole, signed / whole, float(np.sqrt(np.mean(np.square(o[path[:, 0]] - f[path[:, 1]])))))


def _path(cost: FloatArray) -> np.ndarray:
    """Return the cheapest way through the matrix, (steps, 2), straight steps preferred."""
    n = len(cost)
    total = np.full((n + 1, n + 1), np.inf)
    total[0, 0] = 0.0
    for k in range(2 * n - 1):  # one anti-diagonal after the other: each needs only the two before
        i = np.arange(max(0, k - n + 1), min(k, n - 1) + 1)
        j = k - i
        before = np.minimum(total[i, j], np.minimum(total[i, j + 1], total[i + 1, j]))
        total[i + 1, j + 1] = cost[i, j] + before
    row, column, out = n, n, []
    while row and column:
        out.append((row - 1, column - 1))
        steps = (total[row - 1, column - 1], total[row - 1, column], total[row, column - 1])
        best = int(np.argmin(steps))
        row, column = row - (best != 2), column - (best != 1)
    return np.array(out[::-1])
