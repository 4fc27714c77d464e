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
from forecast.evaluation.metrics.pairs import FloatArray, complete_pairs, like, mean


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


def nmbe(obs: ArrayLike, fcst: ArrayLike, *, capacity: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean bias error as a share of capacity, ``mean(e / C)``; C one value or one a pair.

    >>> nmbe([50, 60, 40, 80], [55, 50, 45, 70], capacity=100)
    -0.025
    """
    (o, f, c), w = complete_pairs(obs, fcst, _capacity(obs, capacity), weights=weights)
    return mean((f - o) / c, w)


def mape(obs: ArrayLike, fcst: ArrayLike, *, least: float = 0.0, weights: ArrayLike | None = None) -> float:
    """Mean absolute error as a share of the observation, ``mean(|e| / |o|)``, where ``|o|`` is above `least`.

    Large wherever little is produced: state `least` (in the unit of the input), and prefer `nmae`.

    >>> round(mape([50, 60, 40, 80], [55, 50, 45, 70]), 4)
    0.1292
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    some = np.abs(o) > least
    return mean(np.abs((f - o)[some] / o[some]), None if w is None else w[some])


def r_squared(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Share of the observed variance that is explained, ``1 − Σ e² / Σ (o − mean o)²``; NaN for a constant.

    >>> round(r_squared([50, 60, 40, 80], [55, 50, 45, 70]), 4)
    0.7143
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    variance = mean(np.square(o - mean(o, w)), w)
    return 1 - mean(np.square(f - o), w) / variance if variance > 0 else float("nan")


def within_band(obs: ArrayLike, fcst: ArrayLike, *, band: float) -> FloatArray:
    """Return the forecast with errors up to `band` times the observation set to 0, for scores with a dead band.

    Source: Solar Forecast Arbiter, dead-band option. Shape and missing values as in `fcst`.

    >>> within_band([50, 60, 40, 80], [55, 50, 45, 70], band=0.1).tolist()
    [50.0, 50.0, 45.0, 70.0]
    """
    if not band >= 0:
        raise SettingsError(f"band is {band}; expected a share of the observation, 0 or more")
    o, f = np.asarray(obs, dtype=np.float64), np.asarray(fcst, dtype=np.float64)
    f = like(o, f)
    return np.asarray(np.where(np.abs(f - o) <= band * np.abs(o), o, f))


def _capacity(obs: ArrayLike, capacity: ArrayLike) -> ArrayLike:
    values = like(np.asarray(obs, dtype=np.float64), capacity, "capacities")
    if (values <= 0).any():
        raise SettingsError(f"capacity must be above 0; the smallest is {np.nanmin(values):g}")
    return values
