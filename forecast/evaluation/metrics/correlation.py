"""What is left of the agreement when bias is set aside. NaN pairs are dropped."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from forecast.evaluation.metrics.pairs import FloatArray, complete_pairs, mean


def correlation(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Pearson's r, ``cov(o, f) / (s_o s_f)``; NaN where either side does not vary.

    >>> round(correlation([50, 60, 40, 80], [55, 50, 45, 70]), 4)
    0.9035
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    mean_o, mean_f, var_o, var_f, cov = moments(o, f, w)
    # a constant's variance may be a rounding error instead of 0
    floor_o, floor_f = (64 * (np.finfo(float).eps * m) ** 2 for m in (mean_o, mean_f))
    if not (var_o > floor_o and var_f > floor_f):
        return float("nan")
    return max(-1.0, min(1.0, cov / math.sqrt(var_o) / math.sqrt(var_f)))


def crmse(obs: ArrayLike, fcst: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Centred RMSE, ``sqrt(mean((e − mean e)²))``: what remains of the RMSE when the bias is taken away.

    Source: Taylor 2001, J. Geophys. Res. 106, 7183–7192. RMSE² = MBE² + CRMSE².

    >>> round(crmse([50, 60, 40, 80], [55, 50, 45, 70]), 1)
    7.5
    """
    (o, f), w = complete_pairs(obs, fcst, weights=weights)
    e = f - o
    return math.sqrt(mean(np.square(e - mean(e, w)), w))


def moments(o: FloatArray, f: FloatArray, w: FloatArray | None) -> tuple[float, float, float, float, float]:
    """Return mean o, mean f, var o, var f and cov of complete pairs, all with 1/n."""
    mean_o, mean_f = mean(o, w), mean(f, w)
    do, df = o - mean_o, f - mean_f
    return mean_o, mean_f, mean(do * do, w), mean(df * df, w), mean(do * df, w)
