"""Mean errors of a point forecast; e = forecast − observation.

Source: IEA Wind Task 51, Recommended Practice for the Implementation of Renewable Energy Forecasting
Solutions, part 3; Yang et al. 2020, Solar Energy 210, 20–37. Pairs with a missing value on either side are
dropped; NaN if none is left. All are in the unit of the input, the normalised ones without unit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import complete_pairs, like, mean


def mae(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean absolute error, ``mean(|e|)``; least for the median.

    >>> mae([50, 60, 40, 80], [55, 50, 45, 70])
    7.5
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    return mean(np.abs(f - o), w)


def rmse(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Root mean square error, ``sqrt(mean(e²))``; least for the mean.

    >>> round(rmse([50, 60, 40, 80], [55, 50, 45, 70]), 3)
    7.906
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    return math.sqrt(mean(np.square(f - o), w))


def mbe(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean bias error, ``mean(e)``; positive where the forecast is too high.

    >>> mbe([50, 60, 40, 80], [55, 50, 45, 70])
    -2.5
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    return mean(f - o, w)


def nmae(obs: ArrayLike, fcst: ArrayLike, *, capacity: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean absolute error as a share of capacity, ``mean(|e| / C)``; C one value or one a pair.

    >>> round(nmae([50, 60, 40, 80], [55, 50, 45, 70], capacity=100), 9)
    0.075
    """
    (o, f, c), w = complete_pairs(obs, fcst, _capacity(obs, capacity), weights=weights)
    return mean(np.abs(f - o) / c, w)


def nrmse(obs: ArrayLike, fcst: ArrayLike, *, capacity: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Root mean square error as a share of capacity, ``sqrt(mean((e / C)²))``; C one value or one a pair.

    >>> round(nrmse([50, 60, 40, 80], [55, 50, 45, 70], capacity=100), 5)
    0.07906
    """
    (o, f, c), w = complete_pairs(obs, fcst, _capacity(obs, capacity), weights=weights)
    return math.sqrt(mean(np.square((f - o) / c), w))


def _capacity(obs: ArrayLike, capacity: ArrayLike) -> ArrayLike:
    values = like(np.asarray(obs, dtype=np.float64), capacity, "capacities")
    if (values <= 0).any():
        raise SettingsError(f"capacity must be above 0; the smallest is {np.nanmin(values):g}")
    return values
