"""A PV plant's numbers fitted to its past: tilt, azimuth, scale and AC limit, as far as its site leaves them open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecast.physics.cleardays import oriented
from forecast.physics.pvplant import PVPlant, ac_power, dc_power
from forecast.physics.pvweather import PVWeather
from forecast.physics.stops import undisturbed
from forecast.site import PVSite

LEAST_ROWS = 60
MOST_ROWS = 20_000
DIM = 30.0  # W/m² of irradiance below which power says little about the plant
LOW_SUN = 85.0  # degrees of zenith
SHARP = 0.3  # share of capacity from which an error counts linearly
ERROR = 0.12  # share of capacity: error of a day's forecast
SPREAD_SCALE = 0.1  # how far plants are from what is usual
SCALES = (0.2, 1.8)
PLATEAU = (0.01, 0.01)  # at least this share of bright values within this of the highest one
LOWEST_LIMIT = 0.3


def fit_pv(
    described: PVPlant, site: PVSite, weather: PVWeather, power: np.ndarray, step_hours: float
) -> PVPlant | None:
    """Return the plant with what its site leaves open fitted; None with less than 60 usable values.

    1. The AC limit, where one shows. 2. Tilt and azimuth from clear days. 3. The scale by least squares on the weather
    forecast, errors counting linearly from 30 % of capacity on, and the usual scale as a day's forecast error.
    Stops and limited hours (runs far below what is expected) are left out.

    Args:
        weather, power: on one grid of intervals in order of time, 1-d; power as share of capacity, NaN where unknown.
    """
    expected = described.power(weather)
    bright = (weather.zenith < LOW_SUN) & (np.fmax(weather.ghi, weather.plane) > DIM)
    kept = np.where(undisturbed(power, expected, step_hours), power, np.nan)
    rows = np.flatnonzero(np.isfinite(kept) & np.isfinite(expected) & bright)
    if len(rows) < LEAST_ROWS:
        return None
    plant = replace(described, limit=ac_limit(kept[rows]))
    # given in the modules' plane, there is nothing to turn
    free = np.isnan(weather.plane[rows]).any()
    open_ = {"tilt": free and site.surface_tilt is None, "azimuth": free and site.surface_azimuth is None}
    plant = oriented(plant, open_, weather, kept, step_hours)
    days = len(rows) * step_hours / 10.0
    rows = rows[:: len(rows) // MOST_ROWS + 1]
    some = weather.take(rows)
    return replace(plant, scale=_scale(dc_power(plant.plane(some), some), kept[rows], plant, days))


def ac_limit(power: np.ndarray) -> float:
    """Return the AC limit (share) where one shows: 1 % or more of the values within 1 % of the highest; else 1."""
    top = float(np.quantile(power, 0.999))
    flat = np.mean(power >= (1 - PLATEAU[1]) * top) >= PLATEAU[0]
    return max(top, LOWEST_LIMIT) if flat and top <= 1.3 else 1.0


def _scale(dc: np.ndarray, power: np.ndarray, usual: PVPlant, days: float) -> float:
    """Return the scale of least loss; the inverter bends the line, so it takes a few straight ones."""
    scale, prior = usual.scale, (ERROR / SPREAD_SCALE) ** 2
    for _ in range(12):
        made = ac_power(dc, scale, usual.limit)
        slope = np.where(made < usual.limit, made / scale, 0.0)
        share = days / len(dc) * SHARP / np.maximum(np.abs(power - made), SHARP)
        top = (share * slope * (power - made)).sum() + prior * (usual.scale - scale)
        scale = float(np.clip(scale + top / ((share * slope * slope).sum() + prior), *SCALES))
    return scale
