"""One file of a site: what stands in it, and its inputs ready for SiteData."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.reading.columns import ColumnMap, is_energy, numbers, read_columns
from forecast.data.reading.instants import read_times
from forecast.data.reading.runs import read_runs
from forecast.data.reading.table import need_column, read_table
from forecast.errors import ReadingError, SettingsError
from forecast.timegrid import index_ns, usual_step_ns

INPUTS = ("power", "observed", "nwp", "available_kw", "curtailed")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file, or several of one form such as one a month, and how to read it; as `from_file` has it."""

    path: Any
    time: str | Sequence[str] | None = None
    power: str | Mapping[str, str] | None = None
    unit: str = "kW"
    observed: ColumnMap | None = None
    nwp: ColumnMap | None = None
    name: str = "nwp"
    init_time: str | None = None
    lead_time: str | None = None
    available_kw: str | Mapping[str, str] | None = None
    curtailed: str | None = None
    timezone: str | None = None
    label: Any = "end"
    delay: Any = "0min"
    dayfirst: bool | None = None
    time_format: str | None = None
    where: Mapping[str, Any] | None = None
    format: str | None = None
    sheet: str | int | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip_rows: int = 0
    missing: Sequence[str] = ()


def read_source(source: Source, capacity_kw: float) -> dict[str, Any]:
    """Return the inputs of one source that are stated: {"power": Series, "observed": DataFrame, …}.

    Raises the errors of `read_table`, `read_times` and `read_columns`.
    """
    paths = list(source.path) if isinstance(source.path, list | tuple) else [source.path]
    if not paths:
        raise SettingsError("path is an empty list; name at least one file")
    parts = [_read_one(source, path, capacity_kw) for path in paths]
    if len(parts) == 1:
        return parts[0]
    return {name: _one_after_another([part[name] for part in parts]) for name in parts[0]}


def _read_one(source: Source, path: Any, capacity_kw: float) -> dict[str, Any]:
    time = [source.time] if isinstance(source.time, str) else list(source.time or ())
    frame = read_table(
        path,
        format=source.format,
        delimiter=source.delimiter,
        decimal=source.decimal,
        encoding=source.encoding,
        skip_rows=source.skip_rows,
        missing=source.missing,
        sheet=source.sheet,
        text=[*time, *filter(None, (source.init_time,))],
        where=source.where,
    )
    if source.init_time is not None or source.lead_time is not None:
        return {"nwp": read_runs(frame, source, path)}
    out = _inputs(frame.set_axis(_times(frame, time, source, path)), source, path, capacity_kw)
    if not out:
        raise SettingsError(f"{path}: nothing is read from this file; state some of {', '.join(INPUTS)}")
    return out


def _inputs(frame: pd.DataFrame, source: Source, path: Any, capacity_kw: float) -> dict[str, Any]:
    power = {"column": source.power} if isinstance(source.power, str) else source.power
    maps: dict[str, Any] = {
        "power": None if power is None else {"power": {"unit": source.unit, **power}},
        "observed": source.observed,
        "nwp": source.nwp,
        "available_kw": None if source.available_kw is None else {"available_kw": source.available_kw},
    }
    stated = {name: columns for name, columns in maps.items() if columns}
    energy = any(is_energy(entry) for columns in stated.values() for entry in _entries(columns))
    hours = _hours(frame.index) if energy else None
    out: dict[str, Any] = {}
    for name, columns in stated.items():
        table = read_columns(frame, columns, path, hours=hours, capacity_kw=capacity_kw)
        out[name] = table if name in ("observed", "nwp") else table[name]
    if source.curtailed is not None:
        out["curtailed"] = _yes_or_no(need_column(frame, source.curtailed, path), path)
    return out


def _entries(columns: Any) -> list[Any]:
    return list(columns.values()) if isinstance(columns, Mapping) else []


def _times(frame: pd.DataFrame, time: Sequence[str], source: Source, path: Any) -> pd.DatetimeIndex:
    if not time:
        columns = ", ".join(frame.columns[:10])
        raise SettingsError(f"{path}: time= is not stated; name the column of times, one of {columns}")
    column = need_column(frame, time[0], path)
    for more in time[1:]:  # date and time of day in columns of their own
        column = column.astype(str).str.cat(need_column(frame, more, path).astype(str), sep=" ")
    return read_times(
        column,
        where=f"{path}, column {', '.join(map(repr, time))}",
        timezone=source.timezone,
        dayfirst=source.dayfirst,
        time_format=source.time_format,
    )


def _hours(index: pd.Index) -> float:
    return usual_step_ns(np.sort(index_ns(index)), "energy per interval") / 3_600_000_000_000


def _yes_or_no(column: pd.Series, path: Any) -> pd.Series:
    values = pd.Series(numbers(column, path), index=column.index, name="curtailed").dropna()
    odd = ~values.isin((0.0, 1.0))
    if odd.any():
        raise ReadingError(
            f"{path}, column {column.name!r}: {values[odd].iloc[0]:g} at {values[odd].index[0]}; "
            "expected true and false, or 1 and 0"
        )
    return values.astype(bool)


def _one_after_another(parts: list[Any]) -> Any:
    if isinstance(parts[0], pd.Series | pd.DataFrame):
        return pd.concat(parts)
    import xarray as xr

    return xr.concat(parts, dim="init_time").sortby("init_time")
