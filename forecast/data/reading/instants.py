"""The time column: text, numbers or timestamps become tz-aware labels; nothing about a clock is guessed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data.reading.zones import checked_timezone, localize
from forecast.errors import ReadingError

_OFFSET = r"\d:\d{2}.*?\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)$"
_YEAR_FIRST = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:\D|$)"
_YEAR_LAST = r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?:\D|$)"
_MIDNIGHT_24 = r"[ T]24:00(?::00)?"
_UNIX_FORMATS = {"unix": 1.0, "unix_ms": 1e-3}
_FIRST_UNIX, _LAST_UNIX = 473_385_600.0, 4_102_444_800.0  # the years 1985 to 2099


def read_times(
    column: pd.Series,
    *,
    where: str,
    timezone: str | None = None,
    dayfirst: bool | None = None,
    time_format: str | None = None,
) -> pd.DatetimeIndex:
    """Return the labels of a time column, tz-aware.

    Args:
        column: timestamps, text or numbers.
        where: file and column, for the errors.
        timezone: the clock of a naive column; for labels with their own offset, the zone to show them in.
        dayfirst: True for 31.12.2024, False for 12/31/2024; needed only for such dates.
        time_format: as for `datetime.strptime`; or `"unix"` (seconds since 1970), `"unix_ms"`.

    Raises:
        ReadingError: naming file, column, row and what to state.
    """
    if not len(column):
        raise ReadingError(f"{where}: there is no row")
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0])
        raise ReadingError(f"{where}, row {row + 1}: the time is missing; drop such rows first")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = pd.DatetimeIndex(column)
    elif time_format in _UNIX_FORMATS:
        times = _unix(_numbers(column, where), where, time_format)
    else:
        times = _from_text(_as_text(column, where, time_format), where, dayfirst, time_format)
    if times.tz is None:
        return localize(times, timezone, where)
    return times if timezone is None else times.tz_convert(checked_timezone(timezone, where))


def _as_text(column: pd.Series, where: str, time_format: str | None) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        if time_format is None:
            raise ReadingError(
                f"{where}: the times are numbers such as {column.iloc[0]:.15g}; state time_format='unix', "
                "'unix_ms', or for example '%Y%m%d%H%M' for digits that spell a date"
            )
        column = column.astype("int64")
    return column.map(str).astype(object).str.strip()


def _unix(values: np.ndarray, where: str, time_format: str) -> pd.DatetimeIndex:
    seconds = values * _UNIX_FORMATS[time_format]
    odd = ~((seconds >= _FIRST_UNIX) & (seconds < _LAST_UNIX))
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise ReadingError(
            f"{where}, row {row + 1}: {values[row]:.15g} with time_format={time_format!r} is not between the "
            "years 1985 and 2099; state 'unix' for seconds, 'unix_ms' for milliseconds, or '%Y%m%d%H%M' for "
            "digits that spell a date"
        )
    whole = np.rint(seconds * 1e3).astype("int64")  # milliseconds: no plant's clock is finer
    return pd.DatetimeIndex(whole.astype("datetime64[ms]"), tz="UTC")


def _from_text(
    written: pd.Series, where: str, dayfirst: bool | None, time_format: str | None
) -> pd.DatetimeIndex:
    late = written.str.contains(_MIDNIGHT_24).to_numpy(dtype=bool)
    # 24:00 ends the day, where other clocks say 00:00 of the next
    text = (
        written.where(~late, written.str.replace(_MIDNIGHT_24, " 00:00", regex=True))
        if late.any()
        else written
    )
    if time_format is not None:
        parsed = pd.to_datetime(text, format=time_format, errors="coerce", utc="%z" in time_format)
        remedy = f"it does not fit time_format={time_format!r}"
    else:
        text, remedy = _year_first(text, where, dayfirst)
        parsed = _from_iso(text, where)
    if parsed.isna().any():
        row = int(np.flatnonzero(parsed.isna())[0])
        raise ReadingError(f"{where}, row {row + 1}: {written.iloc[row]!r} is not a time; {remedy}")
    times = pd.DatetimeIndex(parsed)
    return times + pd.to_timedelta(late.astype(int), unit="D") if late.any() else times


def _from_iso(text: pd.Series, where: str) -> pd.Series:
    aware = text.str.contains(_OFFSET).to_numpy(dtype=bool)
    if aware.any() and not aware.all():
        row = int(np.flatnonzero(~aware)[0])
        raise ReadingError(
            f"{where}, row {row + 1}: {text.iloc[row]!r} has no offset, but {text[aware].iloc[0]!r} has; "
            "write all times with an offset, or all without"
        )
    iso = (
        text.str.replace("UTC", "Z", regex=False).str.replace(" Z", "Z", regex=False) if aware.any() else text
    )
    parsed = pd.to_datetime(iso, format="ISO8601", errors="coerce", utc=True)
    return parsed if aware.any() else parsed.dt.tz_localize(None)


def _year_first(text: pd.Series, where: str, dayfirst: bool | None) -> tuple[pd.Series, str]:
    """Return dates as year-month-day, and the remedy for those that are none."""
    if text.str.contains(_YEAR_FIRST).all():
        dashed = text.str.replace(r"^(\d{4})[/.](\d{1,2})[/.]", r"\1-\2-", regex=True)
        return dashed, "expected year-month-day"
    year_last = text.str.contains(_YEAR_LAST).to_numpy(dtype=bool)
    if not year_last.any():
        row = int(np.flatnonzero(~text.str.contains(_YEAR_FIRST))[0])
        raise ReadingError(
            f"{where}, row {row + 1}: {text.iloc[row]!r} is not a time this reader knows; state "
            "time_format=, for example '%Y%m%d%H%M', '%d.%m.%y %H:%M' or 'unix' (seconds since 1970)"
        )
    if dayfirst is None:
        first = text[year_last].iloc[0]
        raise ReadingError(f"{where}: {first!r} may be day-month or month-day; state dayfirst=True or False")
    order = r"\3-\2-\1" if dayfirst else r"\3-\1-\2"
    turned = text.str.replace(
        r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})[, ]*", order + " ", regex=True
    ).str.strip()
    return turned, f"read with dayfirst={dayfirst}; is it dayfirst={not dayfirst}?"


def _numbers(column: pd.Series, where: str) -> np.ndarray:
    numbers: Any = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if np.isnan(numbers).any():
        row = int(np.flatnonzero(np.isnan(numbers))[0])
        raise ReadingError(
            f"{where}, row {row + 1}: {column.iloc[row]!r} is not a number of seconds since 1970"
        )
    return np.asarray(numbers)
