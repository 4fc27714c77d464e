"""Do forecasts and observations have the same distribution, whatever the time: KSI, OVER and CPI.

Source: Espinar et al. 2009, Solar Energy 83, 118–125; CPI: Gueymard 2014, Renew. Sustain. Energy Rev. 39,
1024–1034. NaN pairs are dropped; NaN for fewer than two different values.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from forecast.evaluation.metrics.deterministic import rmse
from forecast.evaluation.metrics.pairs import FloatArray, complete_pairs

CRITICAL = 1.63  # of the Kolmogorov–Smirnov test at 99 %, over the root of n


def ksi(obs: ArrayLike, fcst: ArrayLike) -> float:
    """Kolmogorov–Smirnov integral, ``∫ |F_f − F_o| dx / a`` with ``a = 1.63 / sqrt(n) · (max − min)``, a share.

    0 for equal distributions; 1 where their distance is the critical one everywhere (n from 35 on).

    >>> round(ksi([0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]), 4)
    0.3067
    """
    distance, width, critical, area = _distance(obs, fcst)
    return float((distance * width).sum() / area) if area > 0 else float("nan")


def over(obs: ArrayLike, fcst: ArrayLike) -> float:
    """The part of `ksi` where the distance of the distributions is above the critical one, a share.

    >>> over([0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0])
    0.0
    """
    distance, width, critical, area = _distance(obs, fcst)
    return float((np.maximum(distance - critical, 0.0) * width).sum() / area) if area > 0 else float("nan")


def cpi(obs: ArrayLike, fcst: ArrayLike, *, capacity: float) -> float:
    """Combined performance index, ``(KSI + OVER + 2 RMSE / C) / 4``, a share; 0 is perfect.

    >>> round(cpi([50, 60, 40, 80], [55, 50, 45, 70], capacity=100), 4)
    0.0779
    """
    return (ksi(obs, fcst) + over(obs, fcst) + 2 * rmse(obs, fcst) / capacity) / 4


def _distance(obs: ArrayLike, fcst: ArrayLike) -> tuple[FloatArray, FloatArray, float, float]:
    """Return the distance of both distribution functions between neighbouring values, and these gaps."""
    (o, f), _ = complete_pairs(obs, fcst)
    if not len(o):
        return np.zeros(0), np.zeros(0), math.nan, math.nan
    x = np.unique(np.concatenate([o, f]))
    steps = [np.searchsorted(np.sort(side), x[:-1], side="right") / len(o) for side in (o, f)]
    critical = CRITICAL / math.sqrt(len(o))
    return np.abs(steps[1] - steps[0]), np.diff(x), critical, critical * float(x[-1] - x[0])
