"""A naive clock becomes a tz-aware one; hours that a clock leaves open are settled by order or refused."""

from __future__ import annotations

import re
import zoneinfo

import numpy as np
import pandas as pd

from forecast.errors import ReadingError
from forecast.suggest import suggestion
from forecast.timegrid import NS_PER_DAY

_FIXED = re.compile(r"^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$")
_FIXED_REMEDY = "if this clock ignores summer time, state its fixed offset, for example timezone='+01:00'"


def checked_timezone(timezone: str | None, where: str) -> str:
    """Return a time zone's name, fixed offsets as "+01:00"; `ReadingError` if it is missing or unknown.

    >>> checked_timezone("UTC+8", "file")
    '+08:00'
    """
    if timezone is None:
        raise ReadingError(
            f"{where}: the times have no zone; state the clock: timezone='UTC', 'Europe/Berlin' or '+08:00'"
        )
    if match := _FIXED.match(str(timezone)):
        sign, hours, minutes = match.groups()
        return f"{sign}{int(hours):02d}:{minutes or '00'}"
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        near = suggestion(str(timezone), sorted(zoneinfo.available_timezones())).split(" Known are")[0]
        raise ReadingError(f"{where}: timezone {timezone!r} is not known{near}") from error
    return timezone


def localize(times: pd.DatetimeIndex, timezone: str | None, where: str) -> pd.DatetimeIndex:
    """Return naive labels, in the order of the file, on the clock `timezone`.

    An hour that the clock shows twice is settled where the labels jump back once: before is summer time,
    after is not. Raises `ReadingError` naming row and remedy where the order does not tell, and for times
    that the clock skips.
    """
    zone = checked_timezone(timezone, where)
    skipped = _missing(times, zone, ambiguous=np.ones(len(times), dtype=bool), nonexistent="NaT")
    if skipped.any():
        row = int(np.flatnonzero(skipped)[0])
        raise ReadingError(
            f"{where}, row {row + 1}: {times[row]} does not exist in {zone} (clocks were put forward); "
            f"{_FIXED_REMEDY}"
        )
    doubtful = np.flatnonzero(_missing(times, zone, ambiguous="NaT", nonexistent="raise"))
    summer = np.ones(len(times), dtype=bool)
    if len(doubtful):
        # some exports list the newest row first; time runs from their end
        forward = doubtful if times[0] <= times[-1] else doubtful[::-1]
        summer[forward] = _before_the_jump(times, forward, zone, where)
    return times.tz_localize(zone, ambiguous=summer)


def _missing(times: pd.DatetimeIndex, zone: str, *, ambiguous: object, nonexistent: str) -> np.ndarray:
    out = times.tz_localize(zone, ambiguous=ambiguous, nonexistent=nonexistent)  # type: ignore[arg-type]
    return np.asarray(out.isna())


def _before_the_jump(times: pd.DatetimeIndex, rows: np.ndarray, zone: str, where: str) -> np.ndarray:
    """Return for each doubtful row whether it lies before the one backward jump of its night."""
    clock = times.as_unit("ns").asi8[rows]
    # an hour that comes twice lies within one date
    night = np.unique(clock // NS_PER_DAY, return_inverse=True)[1]
    same = night[1:] == night[:-1]
    back = np.r_[False, (np.diff(clock) <= 0) & same]
    jumps = np.bincount(night[back], minlength=night.max() + 1)
    unclear = jumps[night] != 1
    if unclear.any():
        first = int(np.flatnonzero(unclear)[0])
        what = "happens once" if jumps[night[first]] == 0 else "is out of order"
        raise ReadingError(
            f"{where}, row {rows[first] + 1}: {times[rows[first]]} comes twice in {zone} (clocks were put "
            f"back), here it {what}; write the times with their offset, or drop the hour; {_FIXED_REMEDY}"
        )
    return np.asarray(pd.Series(back).groupby(night).cumsum() == 0)
