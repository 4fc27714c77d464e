"""Features of the measured power itself: newest values, steps, means, spread and extremes of the hours before."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.windows import Rolling, rows_at, widths_up_to

LAGS = (1, 2, 3, 4, 5, 6, 8, 12)
STEPS = (1, 2, 4, 8)
WIDTHS = (4, 16, 64)  # of spread and extremes
ROUGH = (4, 16)
RESTING = (8, 32)
STILL_LOW, STILL_HIGH = 0.005, 0.95
_LAGS, _STEPS = np.array(LAGS), np.array(STEPS)
UNIT, GROUP = "share of capacity", "power"


def add_power(columns: Columns, known: Known) -> None:
    """Add lags, differences, rolling means, spreads, extremes, roughness, and the shares of rest and rated output."""
    step, means = known.spec.step_ns, widths_up_to(_widest(known))
    some = tuple(width for width in WIDTHS if width in means)
    x, at = known.tail(known.delayed, max(*means, *LAGS) + 1)
    age = known.data.delays["power"] - known.age_ns
    newest = rows_at(x, at)
    columns.add("power", newest, UNIT, GROUP, age)
    columns.add_block(_named("power_lag", LAGS), x[at[:, None] - _LAGS], UNIT, GROUP, _ages(age, step))
    steps = newest[:, None] - x[at[:, None] - _STEPS]
    columns.add_block(_named("power_step", STEPS), steps, UNIT, GROUP, age)
    rolling = Rolling(x, means, at)
    columns.add_block(_named("power_mean", means), rolling.mean(), UNIT, GROUP, age)
    columns.add_block(_named("power_std", some), rolling.spread(some), UNIT, GROUP, age)
    columns.add_block(_named("power_min", some), rolling.lowest(some), UNIT, GROUP, age)
    columns.add_block(_named("power_max", some), rolling.highest(some), UNIT, GROUP, age)
    _add_manner(columns, known, age)


def _add_manner(columns: Columns, known: Known, age: int) -> None:
    """Add how rough the last steps were, and for wind how much of them was rest or rated output."""
    x, at = known.tail(known.delayed, max(*ROUGH, *RESTING) + 1)
    rough = Rolling(np.abs(x[1:] - x[:-1]), ROUGH, at - 1).mean()
    columns.add_block(_named("power_roughness", ROUGH), rough, UNIT, GROUP, age)
    if known.spec.kind == "wind":
        still = np.empty((len(x), 2), dtype=np.float32)
        still[:, 0], still[:, 1] = x <= STILL_LOW, x >= STILL_HIGH
        still[np.isnan(x)] = np.nan
        shares = Rolling(still, RESTING, at).mean()
        columns.add_block(_named("power_rest", RESTING), shares[..., 0], UNIT, GROUP, age)
        columns.add_block(_named("power_rated", RESTING), shares[..., 1], UNIT, GROUP, age)


@lru_cache(maxsize=256)
def _ages(age: int, step: int) -> tuple[int, ...]:
    return tuple(age - lag * step for lag in LAGS)


@lru_cache(maxsize=256)
def _named(name: str, widths: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{name}{width}" for width in widths)


def _widest(known: Known) -> int:
    return min(max(known.spec.per_day * (1 if known.spec.kind == "pv" else 2), 16), 1024)


def add_same_time_of_day(columns: Columns, known: Known) -> None:
    """Add power at the valid time of day, yesterday and over the last days (known before the issue time)."""
    x, per_day = known.block, known.spec.per_day
    first = -(-(known.leads + known.late) // per_day) * per_day
    columns.add("power_yesterday", x.take(known.valid - first), "share of capacity", "power")


def add_substep(columns: Columns, known: Known) -> None:
    """Add what the single values inside the newest steps say: last values, slopes, spread."""
    ratio = known.spec.ratio
    if ratio == 1:
        return
    width = min(4 * ratio, 120)
    fine = known.fine(width)
    minutes = known.spec.power_step_ns

    def add(name: str, values: np.ndarray) -> None:
        columns.add(name, values, "share of capacity", "minutes", 0 if known.data.delays["power"] == 0 else -minutes)

    newest = fine[:, 0]
    add("fine_newest", newest)
    means = first_means(fine)
    for reach in (r for r in (2, 3, 5, 10, 15, 30, 60) if r <= width):
        mean = means[:, reach - 1]
        add(f"fine_mean{reach}", mean)
        add(f"fine_above_mean{reach}", newest - mean)
    for reach in (r for r in (5, 15, 60) if r <= width):
        add(f"fine_std{reach}", np.sqrt(row_mean((fine[:, :reach] - means[:, reach - 1, None]) ** 2)))
        add(f"fine_slope{reach}", row_slope(fine[:, :reach]))
        add(f"fine_roughness{reach}", row_mean(np.abs(np.diff(fine[:, :reach], axis=1))))


def row_mean(x: np.ndarray) -> np.ndarray:
    """Return the mean of each row's finite values, added in order; missing without any."""
    return first_means(x)[:, -1]


def first_means(x: np.ndarray) -> np.ndarray:
    """Return the mean of the finite ones of each row's first values, of the first 1, 2 … all; missing without any."""
    here = np.isfinite(x)
    # a running sum adds one after the other, a plain one in blocks that depend on how many there are
    total = np.cumsum(np.where(here, x, np.float32(0)), axis=1, dtype=np.float32)
    count = np.cumsum(here, axis=1, dtype=np.float32)
    out = np.full_like(total, np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def row_slope(x: np.ndarray) -> np.ndarray:
    """Return the least-squares slope per value of each row (newest first), missing values left out."""
    back = np.arange(x.shape[1], dtype=np.float32)
    here = np.isfinite(x)
    mean = row_mean(x)
    center = row_mean(np.where(here, back[None, :], np.float32(np.nan)))
    away = np.where(here, back[None, :] - center[:, None], np.float32(np.nan))
    top, bottom = row_mean(away * (x - mean[:, None])), row_mean(away * away)
    out = np.full_like(top, np.nan)
    np.divide(-top, bottom, out=out, where=bottom > 0)
    return out
