"""Weather runs from a long table: one row an initialisation and lead becomes a Dataset over both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.data.reading.columns import numbers, read_columns
from forecast.data.reading.instants import read_times
from forecast.data.reading.table import need_column
from forecast.errors import ReadingError, SettingsError

if TYPE_CHECKING:
    import xarray as xr

    from forecast.data.reading.source import Source


def read_runs(frame: pd.DataFrame, source: Source, path: Any) -> xr.Dataset:
    """Return the mapped weather as a Dataset with dims `init_time` (UTC without zone) and `lead_time`.

    The lead column holds durations, or hours as numbers. Raises `ReadingError` where a run has a lead twice.
    """
    if source.init_time is None or source.lead_time is None or not source.nwp:
        raise SettingsError(f"{path}: weather runs need init_time, lead_time and nwp, all three")
    if source.power is not None or source.observed:
        raise SettingsError(
            f"{path}: a file of weather runs holds nothing else; read power and observed from another"
        )
    init_utc: pd.Index = (
        read_times(
            need_column(frame, source.init_time, path),
            where=f"{path}, column {source.init_time!r}",
            timezone=source.timezone,
            dayfirst=source.dayfirst,
            time_format=source.time_format,
        )
        .tz_convert("UTC")
        .tz_localize(None)
    )
    leads = _leads(need_column(frame, source.lead_time, path), path)
    weather = read_columns(frame, source.nwp, path)
    weather.index = pd.MultiIndex.from_arrays([init_utc, leads], names=["init_time", "lead_time"])
    twice = weather.index.duplicated()
    if twice.any():
        init_time, lead = weather.index[twice][0]
        raise ReadingError(
            f"{path}: {int(twice.sum())} rows repeat a run and lead, first {init_time} + {lead}; "
            "state where={column: value} if the file holds several sites or members"
        )
    return weather.to_xarray()


def _leads(column: pd.Series, path: Any) -> pd.Index:
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return pd.TimedeltaIndex(column)
    return pd.to_timedelta(numbers(column, path) * 3600.0, unit="s")
