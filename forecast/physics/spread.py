"""How far actual power lies from expected power where no past tells: stated error models of weather forecasts."""

from __future__ import annotations

import numpy as np

from forecast.physics.turbine import at_probabilities, generic_curve, smoothed

PLACES = 17
CLEAR_INDEX, HIGHEST_INDEX = 1.1, 1.3
CLEAR_SPREAD, CLOUD_SPREAD, SCALE_SPREAD = 0.06, 0.8, 0.15


def wind_errors(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return expected power (P,) and the quantiles (P, levels) of actual minus expected, shares of capacity.

    The wind errs normally with spread 0.6 m/s + 0.2 v, and the generic turbine's curve turns that into power; up to
    its rated wind the curve rises, so that a quantile of power is the power of the quantile of wind.
    """
    rising = np.maximum.accumulate(generic_curve())
    mean, quantiles = smoothed(rising), at_probabilities(rising, levels)
    wanted = np.linspace(0.0, float(mean.max()), PLACES)
    inside = np.r_[True, np.diff(mean) > 1e-9]
    table = [np.interp(wanted, mean[inside], row[inside]) for row in quantiles]
    return wanted, np.stack(table, axis=1) - wanted[:, None]


def pv_errors(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return expected clear-sky indexes (P,) and the quantiles (P, levels) of actual minus expected index.

    A beta distribution on [0, 1.3] around the expected index m. Its variance has two parts: the sky, of spread
    0.06 + 0.8 m' (1 − m'), m' = m / 1.1, sure when clear and when closed, least sure between; and the plant, whose
    scale is known to 15 %.
    """
    from scipy.stats import beta

    expected = np.linspace(0.0, CLEAR_INDEX, PLACES)
    clear, share = expected / CLEAR_INDEX, np.maximum(expected / HIGHEST_INDEX, 0.02)
    spread = np.hypot(CLEAR_SPREAD + CLOUD_SPREAD * clear * (1 - clear), SCALE_SPREAD * expected)
    spread = np.minimum(spread / HIGHEST_INDEX, 0.7 * np.sqrt(share * (1 - share)))
    size = share * (1 - share) / spread**2 - 1
    quantiles = beta.ppf(levels[None, :], (share * size)[:, None], ((1 - share) * size)[:, None])
    return expected, HIGHEST_INDEX * quantiles - expected[:, None]
