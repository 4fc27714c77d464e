"""The best simple reference, and how much skill over it the correlations promise."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.correlation import correlation
from forecast.evaluation.metrics.pairs import FloatArray


def lag_correlation(values: ArrayLike, *, lag: int) -> float:
    """Correlation of an evenly spaced series with itself `lag` steps later, over the complete pairs.

    Estimate it on training data only. NaN where no pair is left.

    >>> round(lag_correlation([1.0, 2.0, 1.0, 2.0, 1.0], lag=1), 6)
    -1.0
    """
    series = np.asarray(values, dtype=np.float64)
    if lag < 1 or series.ndim != 1:
        raise SettingsError(f"lag is {lag} and the series has {series.ndim} axes; expected lag ≥ 1 and one axis")
    return correlation(series[lag:], series[:-lag])


def convex_reference(last: ArrayLike, *, mean: ArrayLike, autocorrelation: ArrayLike) -> FloatArray:
    """Convex combination of persistence and climatology, ``g · last + (1 − g) · mean``.

    `last` is the newest value known (power for wind, the clear-sky index for PV), `mean` its long-term mean
    and `autocorrelation` g that of the lead; g below 0 counts as 0. Source: Yang 2019, J. Renew. Sustain.
    Energy 11, 022701; Yang et al. 2020, Solar Energy 210, 20–37.

    >>> convex_reference(0.8, mean=0.5, autocorrelation=[0.9, 0.5]).round(3)
    array([0.77, 0.65])
    """
    g = np.clip(np.asarray(autocorrelation, dtype=np.float64), 0.0, 1.0)
    return np.asarray(g * np.asarray(last, dtype=np.float64) + (1 - g) * np.asarray(mean, dtype=np.float64))


def convex_reference_mse(variance: float, *, autocorrelation: float) -> float:
    """Mean square error that the convex reference has on a stationary series, ``(1 − g²) · variance``.

    >>> round(convex_reference_mse(4.0, autocorrelation=0.9), 2)
    0.76
    """
    return float((1 - autocorrelation**2) * variance)


def potential_skill(obs: ArrayLike, fcst: ArrayLike, *, autocorrelation: float) -> float:
    """RMSE skill that the forecast would have over the convex reference if it were calibrated linearly.

    ``1 − sqrt((1 − r²) / (1 − g²))`` with r the correlation of forecast and observation over the complete
    pairs. Source: Mayer & Yang 2024, as in `potential_skill_of`.

    >>> round(potential_skill([50, 60, 40, 80], [55, 50, 45, 70], autocorrelation=0.5), 3)
    0.505
    """
    return potential_skill_of(correlation(obs, fcst), autocorrelation=autocorrelation)


def potential_skill_of(correlation: float, *, autocorrelation: float) -> float:
    """Potential RMSE skill from the two correlations alone, ``1 − sqrt((1 − r²) / (1 − g²))``.

    Source: Mayer & Yang 2024 ("potential" skill: needs correlations only).

    >>> round(potential_skill_of(0.95, autocorrelation=0.9), 3)
    0.284
    """
    if not -1 < autocorrelation < 1 or abs(correlation) > 1:
        raise SettingsError(
            f"correlation {correlation} must lie in [−1, 1], autocorrelation {autocorrelation} in (−1, 1)"
        )
    return 1 - math.sqrt((1 - correlation**2) / (1 - autocorrelation**2))
