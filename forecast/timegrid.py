"""Steps, leads and labels: time as whole nanoseconds UTC, so that no library's clock decides a forecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import InputTypeError, StepError, TimeError

NS_PER_DAY = 86_400_000_000_000
NS_PER_HOUR = 3_600_000_000_000
_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def duration_ns(value: Any, name: str = "step") -> int:
    """Return a duration such as `"15min"` in nanoseconds; a typed error for anything else.

    >>> duration_ns("15min") // 10**9
    900
    """
    try:
        delta = pd.Timedelta(value)
    except (ValueError, TypeError) as error:
        raise StepError(
            f"{name}={value!r} is not a duration; expected a text such as '15min' or '4h', or a Timedelta"
        ) from error
    if pd.isna(delta):
        raise StepError(f"{name}={value!r} is not a duration; expected a text such as '15min' or '4h'")
    return int(delta.as_unit("ns").value)


def step_text(step_ns: int) -> str:
    """Return the shortest usual text of a duration.

    >>> step_text(duration_ns("900s")), step_text(duration_ns("4h")), step_text(duration_ns("90min"))
    ('15min', '4h', '90min')
    """
    for unit, size in (("D", NS_PER_DAY), ("h", NS_PER_HOUR), ("min", 60_000_000_000), ("s", 10**9)):
        if step_ns % size == 0 and step_ns:
            return f"{step_ns // size}{unit}"
    return f"{step_ns}ns"


def index_ns(index: pd.Index, what: str = "index") -> np.ndarray:
    """Return a tz-aware DatetimeIndex as int64 nanoseconds UTC; a naive one is an error that names the fix."""
    if not isinstance(index, pd.DatetimeIndex):
        raise InputTypeError(
            f"{what}: the index is {type(index).__name__} of {index.dtype}, expected a DatetimeIndex; "
            "use pd.to_datetime(..., utc=True)"
        )
    if index.tz is None:
        raise TimeError(
            f"{what}: the index has no time zone; say which clock it is: "
            "index.tz_localize('UTC') or tz_localize('Europe/Paris')"
        )
    if index.hasnans:
        raise TimeError(f"{what}: {int(np.count_nonzero(index.isna()))} label(s) are missing (NaT); drop those rows")
    return np.asarray(index.asi8 * _NS[index.unit])


def moment_ns(value: Any, name: str = "at") -> int:
    """Return one tz-aware moment in nanoseconds UTC."""
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise TimeError(f"{name}={value!r} is not a moment in time") from error
    if pd.isna(moment):
        raise TimeError(f"{name} is missing (NaT); give a tz-aware moment")
    if moment.tzinfo is None:
        raise TimeError(f"{name}={value!r} has no time zone; write pd.Timestamp({str(value)!r}, tz='UTC')")
    return int(moment.as_unit("ns").value)


def to_index(times_ns: np.ndarray, tz: Any, name: str | None = None) -> pd.DatetimeIndex:
    """Return int64 nanoseconds UTC as a DatetimeIndex in the zone `tz`."""
    return pd.DatetimeIndex(np.asarray(times_ns, dtype=np.int64), tz=tz, name=name)


def to_moment(time_ns: int, tz: Any) -> pd.Timestamp:
    """Return one moment, int nanoseconds UTC, in the zone `tz`."""
    return pd.Timestamp(int(time_ns), unit="ns", tz="UTC").tz_convert(tz)


def usual_step_ns(times_ns: np.ndarray, what: str = "power") -> int:
    """Return the commonest distance of neighbouring labels; needs two labels."""
    if len(times_ns) < 2:
        raise TimeError(f"{what}: {len(times_ns)} value(s); at least two are needed to know the step")
    apart = times_ns[1:] - times_ns[:-1]
    for likely in (apart[0], apart[len(apart) // 2]):  # what most have is the commonest, and cheap to see
        if likely > 0 and 2 * np.count_nonzero(apart == likely) > len(apart):
            return int(likely)
    steps, counts = np.unique(apart, return_counts=True)
    positive = steps > 0
    if not positive.any():
        raise TimeError(f"{what}: all labels are the same; at least two different ones are needed")
    return int(steps[positive][np.argmax(counts[positive])])


def usual_phase_ns(times_ns: np.ndarray, step_ns: int) -> int:
    """Return where labels stand within the step: 0 for 00:00, 00:15 …, seven minutes for 00:07, 00:22 …."""
    phases = times_ns % step_ns
    if len(phases) and 2 * np.count_nonzero(phases == phases[0]) > len(phases):
        return int(phases[0])
    phases, counts = np.unique(phases, return_counts=True)
    return int(phases[np.argmax(counts)])


def floor_to(times_ns: Any, step_ns: int, phase_ns: int = 0) -> Any:
    """Return the newest grid points (multiples of the step, shifted by the phase) not after the times."""
    return (times_ns - phase_ns) // step_ns * step_ns + phase_ns


def evenly(first_ns: int, last_ns: int, apart_ns: int) -> np.ndarray:
    """Return first, first + apart … up to and with last.

    Not `np.arange(first, last + 1, apart)`: it counts in floats, which cannot tell nanoseconds of today apart, and
    drops the last one.

    >>> bool(evenly(0, 6 * 10**18, 10**18)[-1] == 6 * 10**18)
    True
    """
    return first_ns + apart_ns * np.arange((last_ns - first_ns) // apart_ns + 1, dtype=np.int64)


def grids_of(times_ns: np.ndarray, step_ns: int) -> Iterator[tuple[np.ndarray, int, int, np.ndarray]]:
    """Yield the grids that times (any shape) lie on: which do, the grid's first time and length, their places on it.

    >>> [(first, count, place.tolist()) for _, first, count, place in grids_of(np.array([10, 31, 40]), 10)]
    [(10, 4, [0, 3]), (31, 1, [0])]
    """
    phase = times_ns % step_ns
    for one in np.unique(phase):
        here = phase == one
        first, last = int(times_ns[here].min()), int(times_ns[here].max())
        yield here, first, (last - first) // step_ns + 1, (times_ns[here] - first) // step_ns


def any_within(times_ns: np.ndarray, flags: np.ndarray, labels_ns: np.ndarray, step_ns: int) -> np.ndarray:
    """Return whether a flag at some (rising) time is set within (label − step, label], in the shape of the labels.

    >>> any_within(np.array([1, 2, 3]), np.array([False, True, False]), np.array([1, 2, 3, 4]), 2).tolist()
    [False, True, True, False]
    """
    so_far = np.r_[0, np.cumsum(flags)]
    low, high = (np.searchsorted(times_ns, labels_ns - back, side="right") for back in (step_ns, 0))
    return np.asarray(so_far[high] > so_far[low])


def whole_multiple(coarse_ns: int, fine_ns: int) -> int:
    """Return how many fine steps make a coarse one; a typed error unless that is a whole number."""
    if coarse_ns <= 0 or coarse_ns % fine_ns:
        raise StepError(
            f"step {step_text(coarse_ns)} is not a whole multiple of the power's own step "
            f"{step_text(fine_ns)}; choose a multiple, or resample the power"
        )
    return coarse_ns // fine_ns


def ceil_div(a: int, b: int) -> int:
    """Return a / b rounded up."""
    return -(-a // b)
