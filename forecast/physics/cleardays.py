"""Where a plant's modules face, read from its clear days: there the sun alone shapes the power."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.physics.pvplant import PVPlant, ac_power, dc_power
from forecast.physics.pvweather import PVWeather

LOW_SUN = 80.0  # degrees of zenith: horizons and hills are not in the model
LEAST_HOURS = 5.0  # of daylight with a measurement
WAVY = 1.2  # path of a day's power over twice its peak; 1 = up once and down once
BRIGHT = 0.8  # of the brightest day within `AROUND` days
AROUND = 20
CORE = 0.5  # of the day's peak: towards the ends of a day rows shade each other, and glass mirrors
MOST_DAYS = 40
MOST_A_DAY = 60
ERROR = 0.04  # share of the peak: what a clear day's power is off the model of it
DAY_SPREAD = 0.1  # of ln(scale) from clear day to clear day: dust and haze
SPREAD_TILT, SPREAD_AZIMUTH = 15.0, 40.0  # degrees: how far plants are from what is usual
TILTS = np.linspace(0.0, 80.0, 9)
TURNS = np.linspace(-165.0, 180.0, 24)


@dataclass(frozen=True)
class ClearDays:
    """Power and clear-sky weather of some clear days, with the day's number 0 … D − 1 of each row."""

    weather: PVWeather
    power: np.ndarray
    day: np.ndarray


def oriented(usual: PVPlant, free: dict[str, bool], weather: PVWeather, power: np.ndarray, step_hours: float) -> PVPlant:
    """Return the plant with tilt and azimuth (where `free`) fitted to its clear days; as it was without any.

    Least squares over a grid that closes in, each day scaled by itself; that the plant stands as usual counts as much
    as one clear day. Only the sun is read of the weather, no forecast.
    """
    days = clear_days(usual, weather, power, step_hours)
    if days is None or not any(free.values()):
        return usual
    tilts = TILTS if free["tilt"] else np.array([usual.tilt])
    turns = TURNS if free["azimuth"] else np.array([0.0])
    best = usual
    for closer in (1.0, 0.3, 0.1, 0.03):
        tilt0, turn0 = (0.0, 0.0) if closer == 1.0 else (best.tilt, _turn(best, usual))
        if closer < 1.0:
            tilts = tilt0 + 10.0 * closer * np.arange(-4, 5) if free["tilt"] else tilts
            turns = turn0 + 15.0 * closer * np.arange(-4, 5) if free["azimuth"] else turns
        plants = [
            replace(usual, tilt=float(np.clip(tilt, 0, 90)), azimuth=float((usual.azimuth + turn) % 360))
            for tilt in tilts for turn in turns
        ]  # fmt: skip
        best = min(plants, key=lambda plant: _loss(plant, usual, days))
    return best


def clear_days(usual: PVPlant, weather: PVWeather, power: np.ndarray, step_hours: float) -> ClearDays | None:
    """Return the clear days of a record in order of time: up once and down once, and about as bright as any near them.
    """
    # a day ends where the sun is lowest
    low = np.r_[False, (weather.zenith[1:-1] >= weather.zenith[:-2]) & (weather.zenith[1:-1] > weather.zenith[2:]), False]
    day = np.cumsum(low)
    rows = np.flatnonzero(np.isfinite(power) & (weather.zenith < LOW_SUN))
    if not len(rows):
        return None
    day, p, count = day[rows], power[rows], int(day[-1]) + 1
    sky = _clear_sky(weather.take(rows))
    hours = np.bincount(day, minlength=count) * step_hours
    together = (np.diff(rows) == 1) & (np.diff(day) == 0)
    path = np.bincount(day[1:], weights=np.where(together, np.abs(np.diff(p)), 0.0), minlength=count)
    peak, ends = np.zeros(count), np.zeros(count)
    np.maximum.at(peak, day, p)
    first, last = np.flatnonzero(np.r_[True, np.diff(day) > 0]), np.flatnonzero(np.r_[np.diff(day) > 0, True])
    ends[day[first]] += p[first] + p[last]
    full = np.bincount(day, weights=(sky.zenith < LOW_SUN) * np.cos(np.deg2rad(sky.zenith)), minlength=count)
    bright = np.divide(np.bincount(day, weights=p, minlength=count), full, out=np.zeros(count), where=full > 0)
    good = (hours >= LEAST_HOURS) & (peak > 0.1) & (path <= WAVY * np.maximum(2 * peak - ends, 0.1 * peak))
    near = np.array([bright[max(d - AROUND, 0) : d + AROUND + 1].max() for d in range(count)])
    chosen = np.flatnonzero(good & (bright >= BRIGHT * near))
    if not len(chosen):
        return None
    chosen = chosen[:: len(chosen) // MOST_DAYS + 1]
    keep = np.flatnonzero(np.isin(day, chosen) & (p >= CORE * peak[day]))
    keep = keep[:: max(len(keep) // (len(chosen) * MOST_A_DAY), 1)]
    return ClearDays(sky.take(keep), p[keep], np.unique(day[keep], return_inverse=True)[1])


def _clear_sky(weather: PVWeather) -> PVWeather:
    from pvlib import clearsky

    sky = clearsky.simplified_solis(90.0 - weather.zenith)
    nothing = np.full(weather.zenith.shape, np.nan)
    return replace(weather, plane=nothing, **{name: np.nan_to_num(np.asarray(sky[name])) for name in ("ghi", "dni", "dhi")})


def _loss(plant: PVPlant, usual: PVPlant, days: ClearDays) -> float:
    dc = dc_power(plant.plane(days.weather), days.weather)
    made = ac_power(dc, 1.0, 10.0)
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
