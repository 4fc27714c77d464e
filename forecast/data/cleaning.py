"""Which values are not used and why; a flag at t looks at nothing after t and not further back than `LOOKBACK_NS`."""

from __future__ import annotations

import numpy as np

from forecast.timegrid import ceil_div, duration_ns

FLAGS = {"missing": 1, "out_of_range": 2, "frozen": 4}
LOW, HIGH = -0.05, 1.3  # share of capacity; the contract's limits of what can be real
FROZEN_AFTER_NS = duration_ns("3h")
FROZEN_AT_LEAST = 6
LOOKBACK_NS = duration_ns("24h")
REST = 0.01  # share of capacity: at rest the same value for hours is no fault

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


def power_flags(times_ns: np.ndarray, power_kw: np.ndarray, capacity_kw: float, step_ns: int) -> np.ndarray:
    """Return uint8 flags of power: missing, outside [−0.05, 1.3] × capacity, or the same value for three hours.

    A run is flagged from the moment it has lasted `FROZEN_AFTER_NS` on, so that the flag never looks ahead; values
    near zero (rest, night) and at or above 97 % of capacity (rated output) may stand still.
    """
    flags = np.zeros(len(power_kw), dtype=np.uint8)
    missing = ~np.isfinite(power_kw)
    flags[missing] = FLAGS["missing"]
    share = np.where(missing, 0.0, power_kw) / capacity_kw
    flags[~missing & ((share < LOW) | (share > HIGH))] |= FLAGS["out_of_range"]
    still = (np.abs(share) <= REST) | (share >= 0.97)
    flags[frozen(times_ns, power_kw, step_ns) & ~still & ~missing] |= FLAGS["frozen"]
    return flags


def frozen(times_ns: np.ndarray, values: np.ndarray, step_ns: int) -> np.ndarray:
    """Return where the newest six or more values, three hours or more of them, are all the same.

    Only values within `LOOKBACK_NS` count, so that what is attached before them cannot move a flag.
    """
    needed = max(FROZEN_AT_LEAST, ceil_div(FROZEN_AFTER_NS, step_ns) + 1)
    out = np.zeros(len(values), dtype=bool)
    if len(values) < needed:
        return out
    if np.count_nonzero(values[1:] == values[:-1]) < needed - 1:
        return out
    positions = np.arange(len(values))
    begin = np.maximum.accumulate(np.where(np.r_[True, values[1:] != values[:-1]], positions, 0))
    long_enough = positions - begin + 1 >= needed
    out[needed - 1 :] = times_ns[needed - 1 :] - times_ns[: len(values) - needed + 1] <= LOOKBACK_NS
    return out & long_enough


def plausible(name: str, values: np.ndarray) -> np.ndarray:
    """Return observed or forecast weather as floats with impossible values missing; unknown names pass unchanged.

    A name with a height (`wind_speed_100m`) is judged as the quantity it names.

    >>> plausible("temp_air", np.array([20.0, -3276.0]))
    array([20., nan])
    """
    out = np.array(values, dtype=np.float64)
    limits = next((PLAUSIBLE[key] for key in PLAUSIBLE if name == key or name.startswith(key + "_")), None)
    if limits is None:
        out[~np.isfinite(out)] = np.nan
    else:
        with np.errstate(invalid="ignore"):
            out[~((out >= limits[0]) & (out <= limits[1]))] = np.nan
    return out
