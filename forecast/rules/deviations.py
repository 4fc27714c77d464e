"""Rules that charge energy: how much of an error lies beyond what is allowed [the power's unit], point by point.

P measured, F forecast, C capacity, all kW. As public code has them (libeeepy 2.0.0), not read in the official
documents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.rules.measures import EDGE

FloatArray = NDArray[np.float64]


def beyond_share_of_measured(p: FloatArray, f: FloatArray, c: Any, limited: Any, share: float = 0.25) -> FloatArray:
    """Return |e| − share · |P| where positive (Northwest 2023)."""
    return _beyond(np.abs(f - p), share * np.abs(p), c)


def beyond_share_of_forecast(p: FloatArray, f: FloatArray, c: Any, limited: Any, share: float = 0.25) -> FloatArray:
    """Return |e| − share · |F| where positive (Northwest 2022)."""
    return _beyond(np.abs(f - p), share * np.abs(f), c)


def beyond_band(
    p: FloatArray,
    f: FloatArray,
    c: Any,
    limited: Any,
    share: float = 0.25,
    curtailed_share: float = 0.28,
    least_kw: float = 1000.0,
) -> FloatArray:
    """Return what is charged of |e| beyond max(share · P, least), by a factor of |e| / P (Shandong).

    The share is another where output was `limited`. The factor is 0.1 below 0.5, 0.3 below 1, else 0.7.
    """
    error = np.abs(f - p)
    allowed = np.maximum(np.where(limited, curtailed_share, share) * p, least_kw)
    ratio = np.divide(error, p, out=np.full_like(error, np.inf), where=np.broadcast_to(p, error.shape) > 0)
    factor = np.select([ratio < 0.5 - EDGE, ratio < 1.0 - EDGE], [0.1, 0.3], 0.7)
    return np.asarray(_beyond(error, allowed, c) * factor)


def _beyond(error: FloatArray, allowed: FloatArray, c: Any) -> FloatArray:
    excess = error - allowed
    return np.where(excess > EDGE * np.asarray(c), excess, 0.0)


DEVIATIONS: dict[str, Callable[..., FloatArray]] = {
    "beyond_share_of_measured": beyond_share_of_measured,
    "beyond_share_of_forecast": beyond_share_of_forecast,
    "beyond_band": beyond_band,
}
