"""Features of a PV plant: clear-sky index now and of late, and the day's memory."""

from __future__ import annotations

import numpy as np

from forecast.features.clearsky import DIM, MEMORY_DAYS, ClearSky
from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.power import row_mean
from forecast.features.windows import Rolling, WindowSums, shift

INDEX = "clear-sky index"
HOURS_NS = 3_600_000_000_000


def add_index(columns: Columns, known: Known, sky: ClearSky) -> None:
    """Add the clear-sky index: newest values, steps, means, spread."""
    k, at = known.tail(sky.index, 24)
    step = known.spec.step_ns

    columns.add("index", k[at], INDEX, "clear sky", 0)
    lags = np.arange(1, 5)
    names = ("index_lag1", "index_lag2", "index_lag3", "index_lag4")
    columns.add_block(names, k[at[:, None] - lags], INDEX, "clear sky", tuple(int(-lag * step) for lag in lags))
    for lag in (1, 4):
        columns.add(f"index_step{lag}", k[at] - k[at - lag], INDEX, "clear sky", 0)
    widths = (4, 16)
    rolling = Rolling(k, widths, at)
    moves = Rolling(np.abs(k - shift(k, 1)), widths, at)
    columns.add_block(("index_mean4", "index_mean16"), rolling.mean(), INDEX, "clear sky", 0)
    columns.add_block(("index_std4", "index_std16"), rolling.spread(widths), INDEX, "clear sky", 0)
    columns.add_block(("index_roughness4", "index_roughness16"), moves.mean(), INDEX, "clear sky", 0)


def add_day_memory(columns: Columns, known: Known, sky: ClearSky) -> None:
    """Add energy over clear-sky energy of the last hours and days, and the index of the valid time of day lately."""
    reach = MEMORY_DAYS * known.spec.per_day + 1
    clear, at = known.tail(sky.delayed, reach)
    power, _ = known.tail(known.delayed, reach)
    power = np.where(np.isfinite(clear) & (clear > DIM), power, np.float32(np.nan))
    clear = np.where(np.isfinite(power), clear, np.float32(np.nan))
    given, wanted = WindowSums(power, reach, at), WindowSums(clear, reach, at)
    for hours in (1, 2, 4, 10, 24, 48, 72, 168):
        width = max(hours * HOURS_NS // known.spec.step_ns, 1)
        bottom = wanted.sum(width)
        ratio = np.full_like(bottom, np.nan)
        np.divide(given.sum(width), bottom, out=ratio, where=bottom > DIM)
        columns.add(f"day_index_{hours}h", ratio, INDEX, "day memory", 0)
    days = _index_days_ago(known, sky)
    flat = days.reshape(-1, MEMORY_DAYS)
    mean = row_mean(flat)
    spread = np.sqrt(row_mean((flat - mean[:, None]) ** 2))
    columns.add("slot_index_1d", days[..., 0], INDEX, "day memory", None)
    columns.add("slot_index_7d", mean.reshape(days.shape[:-1]), INDEX, "day memory", None)
    columns.add("slot_spread_7d", spread.reshape(days.shape[:-1]), INDEX, "day memory", None)


def _index_days_ago(known: Known, sky: ClearSky) -> np.ndarray:
    """Clear-sky index (n, L, 7) at the valid time of day, back from the newest day that is wholly known."""
    per_day = known.spec.per_day
    first = -(-(known.leads + known.late) // per_day)
    place = (known.valid - first * per_day)[..., None] - np.arange(MEMORY_DAYS) * per_day
    clear, power = sky.over_grid()[place], known.block[place]
    out = np.full_like(clear, np.nan)
    np.divide(power, clear, out=out, where=clear > DIM)
    return np.asarray(np.clip(out, np.float32(0), np.float32(2)))


def add_sun(columns: Columns, known: Known, sky: ClearSky) -> None:
    """Add clear-sky power and the sun's place at the middle of the valid interval."""
    clear = sky.at_valid()
    now = sky.delayed[known.issue]
    columns.add("clear", clear, "share of capacity", "sun", None)
    columns.add("clear_step", clear - now[:, None], "share of capacity", "sun", None)
    index = sky.index[known.issue]
    columns.add("smart", clear * index[:, None], "share of capacity", "clear sky", 0)
    sun = known.sun
    if sun is not None:
        columns.add("sun_elevation", sun.elevation[known.valid], "degrees", "sun", None)
        columns.add("sun_azimuth_sin", sun.azimuth_sin[known.valid], "1", "sun", None)
        columns.add("sun_azimuth_cos", sun.azimuth_cos[known.valid], "1", "sun", None)
        columns.add("sun_plane", sun.plane[known.valid], "W/m²", "sun", None)
