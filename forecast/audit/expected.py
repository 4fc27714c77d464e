"""What power should have been, from the weather measured (or forecast) beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.data import cleaning
from forecast.data.cleaning import quantity_of

SUNNY = ("poa_global", "ghi", "dni")
LEAST_R = 0.7
LEAST_ROWS = 300
DAYS = 15  # on each side, for the ratio of power to irradiance
SPEED_BIN = 0.5  # m/s


@dataclass(frozen=True)
class Driver:
    """A weather column on the grid: `values` (days, intervals), and its correlation with power where it is up."""

    name: str
    values: np.ndarray
    r: float


def drivers(evidence: Evidence) -> list[Driver]:
    """Return the columns that should drive power, best first; measured ones before forecasts of equal worth."""
    if not evidence.has_power:
        return []
    wanted = SUNNY if evidence.is_pv else ("wind_speed",)
    out = []
    for (name, column), (times, values, step) in evidence.weather().items():
        if quantity_of(column) not in wanted:
            continue
        measured = name == "observed"
        good = cleaning.weather_flags(column, times, values, step, measured) == 0
        grid = evidence.on_grid(times, np.where(good, values, np.nan), step)
        out.append(Driver(f"{name}:{column}", grid, _related(evidence, grid)))
    return sorted(out, key=lambda d: -(d.r + 0.05 * d.name.startswith("observed:")))


def _related(evidence: Evidence, grid: np.ndarray) -> float:
    both = np.isfinite(grid) & np.isfinite(evidence.grid)
    if evidence.sun is not None:
        both &= evidence.sun.ghi.reshape(both.shape) > 20
    if both.sum() < LEAST_ROWS:
        return 0.0
    x, y = grid[both], evidence.grid[both]
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else 0.0


def best_driver(evidence: Evidence) -> Driver | None:
    """Return the column that tells power best, None where none does."""
    found = drivers(evidence)
    return found[0] if found and found[0].r >= LEAST_R else None


def expected(evidence: Evidence, driver: Driver) -> np.ndarray:
    """Return expected power (share of capacity) on the grid: of a power curve, or of irradiance × usual ratio."""
    return _by_ratio(evidence, driver) if evidence.is_pv else by_curve(evidence.grid, driver)[0]


def by_curve(power: np.ndarray, driver: Driver) -> tuple[np.ndarray, np.ndarray]:
    """Return the median power at each grid value's wind speed, and the usual deviation from it (median absolute)."""
    speed = driver.values
    both = np.isfinite(speed) & np.isfinite(power)
    place = np.clip(np.nan_to_num(speed) / SPEED_BIN, 0, 79).astype(np.int64)
    level, spread = np.full(80, np.nan), np.full(80, np.nan)
    for k in range(80):
        here = power[both & (place == k)]
        if len(here) >= 8:
            level[k] = np.median(here)
            spread[k] = np.median(np.abs(here - level[k]))
    known = np.flatnonzero(np.isfinite(level))
    if not len(known):
        return np.full(speed.shape, np.nan), np.full(speed.shape, np.nan)
    middles = (known + 0.5) * SPEED_BIN
    line = np.interp(np.nan_to_num(speed), middles, level[known])
    wide = np.interp(np.nan_to_num(speed), middles, spread[known])
    unknown = ~np.isfinite(speed) | (speed > middles[-1] + 2 * SPEED_BIN)
    return np.where(unknown, np.nan, line), np.where(unknown, np.nan, wide)


def _by_ratio(evidence: Evidence, driver: Driver) -> np.ndarray:
    """Irradiance × median of power / irradiance at the same time of day, over the days around."""
    x = driver.values
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(x > 0.05 * np.nanquantile(x, 0.99), evidence.grid / x, np.nan)
    usual = rolling_median(ratio, DAYS)
    return np.asarray(x * usual)


def rolling_median(values: np.ndarray, days: int) -> np.ndarray:
    """Return by column the median over the rows from `days` before to `days` after; every fifth row, then held."""
    out = np.full(values.shape, np.nan)
    filled = np.isfinite(values)
    for row in range(0, len(values), 5):
        low, high = max(row - days, 0), min(row + days + 5, len(values))
        enough = filled[low:high].sum(axis=0) >= 3
        if enough.any():
            part = np.nanmedian(values[low:high][:, enough], axis=0)
            out[row : row + 5, enough] = part
    return out
