"""Where a plant's modules face, read from its clear days: there the sun alone shapes the power."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.physics.pvplant import PVPlant, ac_power, dc_power
from forecast.physics.pvweather import PVWeather, clear_sky

LOW_SUN = 80.0  # degrees of zenith: horizons and hills are not in the model
LEAST_HOURS = 5.0  # of daylight with a measurement
LEAST_PEAK = 0.1  # share of capacity
WAVY = 1.2  # path of a day's power over twice its peak; 1 = up once and down once
BRIGHT = 0.8  # of the brightest day within `AROUND` days
AROUND = 20
CORE = 0.5  # of the day's peak: towards the ends of a day rows shade each other, and glass mirrors
MOST_DAYS = 40
MOST_A_DAY = 60
UNCUT = 1.3  # AC limit (share) that no DC power of 1 at standard conditions reaches
ERROR = 0.04  # share of the peak: what a clear day's power is off the model of it
DAY_SPREAD = 0.1  # of ln(scale) from clear day to clear day: dust and haze
SPREAD_TILT, SPREAD_AZIMUTH = 15.0, 40.0  # degrees: how far plants are from what is usual
TILTS = np.linspace(0.0, 80.0, 9)
TURNS = np.linspace(-165.0, 180.0, 24)
AWAY = np.arange(-4.0, 5.0)


@dataclass(frozen=True)
class ClearDays:
    """Power and clear-sky weather of some clear days, with the day's number 0 … D − 1 of each row."""

    weather: PVWeather
    power: np.ndarray
    day: np.ndarray


def oriented(
    usual: PVPlant, free: dict[str, bool], weather: PVWeather, power: np.ndarray, step_hours: float
) -> PVPlant:
    """Return the plant with tilt and azimuth (where `free`) fitted to its clear days; as it was without any.

    Least squares over a grid that closes in, each day scaled by itself; that the plant stands as usual counts as much
    as one clear day. Only the sun is read of the weather, no forecast.
    """
    days = clear_days(weather, power, step_hours)
    if days is None or not any(free.values()):
        return usual
    tilts = TILTS if free["tilt"] else np.array([usual.tilt])
    turns = TURNS if free["azimuth"] else np.array([0.0])
    best = _best(usual, days, tilts, turns)
    for closer in (3.0, 1.0, 0.3):
        tilts = best.tilt + closer * AWAY if free["tilt"] else tilts
        turns = _turn(best, usual) + 1.5 * closer * AWAY if free["azimuth"] else turns
        best = _best(usual, days, tilts, turns)
    return best


def _best(usual: PVPlant, days: ClearDays, tilts: np.ndarray, turns: np.ndarray) -> PVPlant:
    plants = [
        replace(usual, tilt=float(np.clip(tilt, 0, 90)), azimuth=float((usual.azimuth + turn) % 360))
        for tilt in tilts
        for turn in turns
    ]
    return min(plants, key=lambda plant: _loss(plant, usual, days))


def clear_days(weather: PVWeather, power: np.ndarray, step_hours: float) -> ClearDays | None:
    """Return the clear days of a record: power goes up once and down once, and is as bright as on any day near them."""
    # a day ends where the sun is lowest
    z = weather.zenith
    day = np.cumsum(np.r_[False, (z[1:-1] >= z[:-2]) & (z[1:-1] > z[2:]), False])
    rows = np.flatnonzero(np.isfinite(power) & (z < LOW_SUN))
    if not len(rows):
        return None
    day, p, sky = day[rows], power[rows], clear_sky(weather.take(rows))
    peak = np.zeros(int(day[-1]) + 1)
    np.maximum.at(peak, day, p)
    chosen = np.flatnonzero(_smooth(rows, day, p, peak, step_hours) & _bright(day, p, sky.zenith))
    if not len(chosen):
        return None
    chosen = chosen[:: len(chosen) // MOST_DAYS + 1]
    keep = np.flatnonzero(np.isin(day, chosen) & (p >= CORE * peak[day]))
    keep = keep[:: max(len(keep) // (len(chosen) * MOST_A_DAY), 1)]
    return ClearDays(sky.take(keep), p[keep], np.unique(day[keep], return_inverse=True)[1])


def _smooth(rows: np.ndarray, day: np.ndarray, p: np.ndarray, peak: np.ndarray, step_hours: float) -> np.ndarray:
    """Return the days whose power has a path not much longer than from its first value to its peak to its last."""
    together = (np.diff(rows) == 1) & (np.diff(day) == 0)
    path = np.bincount(day[1:], weights=np.where(together, np.abs(np.diff(p)), 0.0), minlength=len(peak))
    change = np.diff(day) > 0
    ends = np.bincount(day, weights=p * (np.r_[True, change].astype(float) + np.r_[change, True]), minlength=len(peak))
    hours = np.bincount(day, minlength=len(peak)) * step_hours
    smooth: np.ndarray = path <= WAVY * np.maximum(2 * peak - ends, 0.1 * peak)
    return smooth & (hours >= LEAST_HOURS) & (peak > LEAST_PEAK)


def _bright(day: np.ndarray, p: np.ndarray, zenith: np.ndarray) -> np.ndarray:
    """Return the days whose energy for the sun's height is near the most of any day around them."""
    from scipy.ndimage import maximum_filter1d

    sun = np.bincount(day, weights=np.cos(np.deg2rad(zenith)))
    energy = np.divide(np.bincount(day, weights=p), sun, out=np.zeros(len(sun)), where=sun > 0)
    bright: np.ndarray = energy >= BRIGHT * maximum_filter1d(energy, 2 * AROUND + 1, mode="nearest")
    return bright


def _loss(plant: PVPlant, usual: PVPlant, days: ClearDays) -> float:
    dc = dc_power(plant.plane(days.weather), days.weather)
    made = ac_power(dc, 1.0, UNCUT)
    count = int(days.day[-1]) + 1
    total = np.bincount(days.day, weights=made * made, minlength=count)
    scale = np.bincount(days.day, weights=made * days.power, minlength=count) / np.maximum(total, 1e-9)
    scale = np.clip(scale, 0.05, 5.0)
    made = np.minimum(made * scale[days.day], plant.limit)
    wrong = np.bincount(days.day, weights=(days.power - made) ** 2, minlength=count)
    size = np.bincount(days.day, weights=days.power**2, minlength=count)
    beside = np.log(scale) - np.median(np.log(scale))
    prior = ((plant.tilt - usual.tilt) / SPREAD_TILT) ** 2 + (_turn(plant, usual) / SPREAD_AZIMUTH) ** 2
    away = wrong / size / ERROR**2 + (beside / DAY_SPREAD) ** 2
    return float(np.sum(np.log1p(away)) + prior)


def _turn(plant: PVPlant, usual: PVPlant) -> float:
    return (plant.azimuth - usual.azimuth + 180) % 360 - 180
