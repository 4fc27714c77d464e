"""Which values are not used and why; a flag at t looks at nothing after t and not further back than `LOOKBACK_NS`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from forecast.timegrid import ceil_div, duration_ns

FLAGS = {"missing": 1, "out_of_range": 2, "frozen": 4, "sentinel": 8}
LOW, HIGH = -0.05, 1.3  # share of capacity; the contract's limits of what can be real
FROZEN_AFTER_NS = duration_ns("3h")
FROZEN_AT_LEAST = 6
LOOKBACK_NS = duration_ns("24h")
REST = 0.01  # share of capacity: at rest the same value for hours is no fault

MOST = np.finfo(np.float64).max

# What loggers write for "no value": nines, and the ends of 16-bit counters, plain or in tenths.
SENTINELS = (-999.0, -9999.0, -99999.0, -999999.0, -1e6, -3276.8, -32768.0, 3276.7, 32767.0, 6553.5, 65535.0)
# For power only those that no plant can deliver, also after a conversion from W or MW.
POWER_SENTINELS = tuple(value * factor for value in SENTINELS if value < 0 for factor in (1.0, 1000.0, 0.001))

# How long an instrument may show the same value, and up to which value it may do so for ever: rest, night.
STILL: dict[str, tuple[str, float]] = {
    "ghi": ("3h", 10.0),
    "dni": ("3h", 10.0),
    "dhi": ("3h", 10.0),
    "poa_global": ("3h", 10.0),
    "wind_speed": ("6h", 0.5),
    "wind_gust": ("6h", 0.5),
    "temp_air": ("12h", -np.inf),
    "pressure": ("12h", -np.inf),
}

# What instruments can show [unit of the contract]; anything else is a sentinel, an overflow or another unit.
PLAUSIBLE = {
    "ghi": (-30.0, 2000.0),
    "dni": (-30.0, 1600.0),
    "dhi": (-30.0, 1600.0),
    "poa_global": (-30.0, 2200.0),
    "temp_air": (-70.0, 70.0),
    "wind_speed": (0.0, 75.0),
    "wind_gust": (0.0, 120.0),
    "wind_direction": (-360.0, 720.0),
    "pressure": (45_000.0, 110_000.0),
    "relative_humidity": (0.0, 110.0),
}


def power_flags(
    times_ns: np.ndarray, power_kw: np.ndarray, capacity_kw: float | np.ndarray, step_ns: int
) -> np.ndarray:
    """Return uint8 flags of power: missing, outside [−0.05, 1.3] × capacity, a sentinel, or frozen for three hours.

    A run is flagged from the moment it has lasted `FROZEN_AFTER_NS` on, so that the flag never looks ahead; values
    near zero (rest, night) and at or above 97 % of capacity (rated output) may stand still.
    """
    missing = ~np.isfinite(power_kw)
    flags: np.ndarray = missing.astype(np.uint8) * np.uint8(FLAGS["missing"])
    share = np.where(missing, 0.0, power_kw) / capacity_kw
    outside = (share < LOW) | (share > HIGH)
    if outside.any():
        flags[outside] |= FLAGS["out_of_range"]
    if (power_kw < 0).any():  # as all of these are
        flags[np.isin(power_kw, POWER_SENTINELS)] |= FLAGS["sentinel"]
    moving = (np.abs(share) > REST) & (share < 0.97)
    if np.count_nonzero((power_kw[1:] == power_kw[:-1]) & moving[1:]) >= FROZEN_AT_LEAST - 1:
        flags[frozen(times_ns, power_kw, step_ns) & moving & ~missing] |= FLAGS["frozen"]
    return flags


def weather_flags(column: str, times_ns: np.ndarray, values: np.ndarray, step_ns: int, measured: bool) -> np.ndarray:
    """Return uint8 flags of a weather column: missing, impossible, a sentinel, or frozen.

    What is impossible, and how long a measured value may stand still, depends on the quantity that the name tells;
    a name that tells none is judged by `SENTINELS` only. Forecasts are never frozen.
    """
    flags = np.zeros(len(values), dtype=np.uint8)
    missing = ~np.isfinite(values)
    flags[missing] = FLAGS["missing"]
    quantity = quantity_of(column)
    if quantity is None:
        flags[np.isin(values, SENTINELS)] |= FLAGS["sentinel"]
        return flags
    low, high = PLAUSIBLE[quantity]
    flags[~missing & ((values < low) | (values > high))] |= FLAGS["out_of_range"]
    if measured and quantity in STILL:
        after, rest = _still(quantity)
        still = frozen(times_ns, values, step_ns, after) & ~missing & ~(np.abs(values) <= rest)
        flags[still] |= FLAGS["frozen"]
    return flags


def weather_kept(
    columns: tuple[str, ...], times_ns: np.ndarray, values: np.ndarray, step_ns: int, measured: bool
) -> np.ndarray:
    """Return which values (rows, columns) of a table `weather_flags` leaves alone; all columns at once."""
    low, high, unnamed = _limits(columns)
    with np.errstate(invalid="ignore"):
        good: np.ndarray = (values >= low) & (values <= high)
    if unnamed:
        told = values[:, unnamed]
        sentinels = np.zeros(told.shape, dtype=bool)
        for sentinel in SENTINELS:  # one by one: for a few rows that beats a general search
            sentinels |= told == sentinel
        good[:, unnamed] &= ~sentinels
    if measured and len(values) > FROZEN_AT_LEAST:
        rest, needed = _may_be_frozen(columns, step_ns)
        same = np.count_nonzero((values[1:] == values[:-1]) & (np.abs(values[1:]) > rest), axis=0)
        # most columns have too few equal neighbours for any run that counts
        for i in np.flatnonzero(same >= needed - 1).tolist():
            column, after = values[:, i], _still(str(quantity_of(columns[i])))[0]
            good[:, i] &= ~frozen(times_ns, column, step_ns, after) | (np.abs(column) <= rest[i])
    return good


@lru_cache(maxsize=1024)
def _limits(columns: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    quantities = [quantity_of(column) for column in columns]
    limits = [(-MOST, MOST) if quantity is None else PLAUSIBLE[quantity] for quantity in quantities]
    unnamed = [i for i, quantity in enumerate(quantities) if quantity is None]
    return np.array([low for low, _ in limits]), np.array([high for _, high in limits]), unnamed


@lru_cache(maxsize=1024)
def _may_be_frozen(columns: tuple[str, ...], step_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return by column up to which value it may stand still for ever, and how many equal values make a frozen run."""
    quantities = [quantity_of(column) for column in columns]
    rules = [None if quantity is None or quantity not in STILL else _still(quantity) for quantity in quantities]
    rest = np.array([np.inf if rule is None else rule[1] for rule in rules])
    return rest, np.array([2**31 if rule is None else _run_needed(rule[0], step_ns) for rule in rules])


@lru_cache(maxsize=64)
def _still(quantity: str) -> tuple[int, float]:
    after, rest = STILL[quantity]
    return duration_ns(after), rest


@lru_cache(maxsize=4096)
def quantity_of(column: str) -> str | None:
    """Return the quantity that a column's name tells, with or without a height; None for a name that tells none.

    >>> quantity_of("wind_speed_100m"), quantity_of("output")
    ('wind_speed', None)
    """
    return next((key for key in PLAUSIBLE if column == key or column.startswith(key + "_")), None)


def _run_needed(after_ns: int, step_ns: int) -> int:
    """Return how many equal values in a row make a frozen run."""
    return max(FROZEN_AT_LEAST, ceil_div(after_ns, step_ns) + 1)


def frozen(times_ns: np.ndarray, values: np.ndarray, step_ns: int, after_ns: int = FROZEN_AFTER_NS) -> np.ndarray:
    """Return where the newest six or more values, `after_ns` or more of them, are all the same.

    Only values within `LOOKBACK_NS` count, so that what is attached before them cannot move a flag.
    """
    needed = _run_needed(after_ns, step_ns)
    out = np.zeros(len(values), dtype=bool)
    if len(values) < needed:
        return out
    if np.count_nonzero(values[1:] == values[:-1]) < needed - 1:
        return out
    changes = np.cumsum(values[1:] != values[:-1])
    same = np.r_[changes[needed - 2] == 0, changes[needed - 1 :] == changes[: len(values) - needed]]
    out[needed - 1 :] = same & (times_ns[needed - 1 :] - times_ns[: len(values) - needed + 1] <= LOOKBACK_NS)
    return out
