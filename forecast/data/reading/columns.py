"""A column map: names the library knows on the left, a file's columns and their units on the right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.data.reading.table import need_column
from forecast.data.reading.units import UNITS, convert
from forecast.errors import ColumnError, InputTypeError, ReadingError, SettingsError
from forecast.suggest import suggestion

Array = npt.NDArray[np.float64]
ColumnMap = Mapping[str, str | Mapping[str, str]]

_ENTRY_KEYS = ("column", "unit", "u", "v")
_WIND = re.compile(r"^((?:.*_)?wind)((?:_\d+(?:\.\d+)?m)?)$")


def read_columns(
    frame: pd.DataFrame,
    columns: ColumnMap,
    file: Any,
    *,
    hours: float | None = None,
    capacity_kw: float | None = None,
) -> pd.DataFrame:
    """Return the mapped columns as floats in the library's units, under the library's names.

    An entry is a column's name, `{"column": …, "unit": …}`, or `{"u": …, "v": …}`: wind towards east and
    north, which makes of `wind_100m` the columns `wind_speed_100m` and `wind_direction_100m`. `hours` and
    `capacity_kw` as in `convert`. Raises `ColumnError`, `UnitError`, `ReadingError` (not a number, with its
    row), `SettingsError` (an entry of another form).
    """
    if not isinstance(columns, Mapping):
        raise InputTypeError(
            f"{file}: the column map is {type(columns).__name__}, expected a dict such as "
            "{'ghi': 'my_column'}"
        )
    out: dict[str, Array] = {}
    for name, entry in columns.items():
        keys = _entry(name, entry, file)
        if "u" in keys:
            out.update(_wind(frame, name, keys, file))
        else:
            values = numbers(need_column(frame, keys["column"], file), file)
            if "unit" in keys:
                values = convert(values, keys["unit"], name=name, hours=hours, capacity_kw=capacity_kw)
            out[name] = values
    return pd.DataFrame(out, index=frame.index)


def numbers(column: pd.Series, file: Any) -> Array:
    """Return a column as floats; `ReadingError` naming the first row that holds something else.

    >>> numbers(pd.Series(["1.5", None]), "file.csv")
    array([1.5, nan])
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.kind in "mM":
        raise ReadingError(f"{file}, column {column.name!r} holds times, expected numbers; is the map right?")
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isnan(values) & ~column.isna().to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = str(column.iloc[row])
        remedy = "decimal=','" if re.fullmatch(r"[+-]?[\d.]*,\d+", value.strip()) else f"missing=[{value!r}]"
        raise ReadingError(
            f"{file}, column {column.name!r}, row {row + 1}: {value!r} is not a number "
            f"({int(bad.sum())} such rows); state {remedy}, or mend the file"
        )
    return values


def _entry(name: str, entry: Any, file: Any) -> dict[str, str]:
    keys = {"column": entry} if isinstance(entry, str) else dict(entry) if isinstance(entry, Mapping) else {}
    if unknown := [key for key in keys if key not in _ENTRY_KEYS]:
        near = suggestion(unknown[0], _ENTRY_KEYS)
        raise SettingsError(f"{file}: {name}: unknown key {unknown[0]!r}{near}")
    if not ({"column"} <= set(keys) <= {"column", "unit"} or {"u", "v"} <= set(keys) <= {"u", "v", "unit"}):
        raise SettingsError(
            f"{file}: {name} = {entry!r}; expected a column's name, {{column, unit}}, or {{u, v}} for wind"
        )
    return keys


def _wind(frame: pd.DataFrame, name: str, keys: dict[str, str], file: Any) -> dict[str, Array]:
    match = _WIND.match(name)
    if match is None:
        raise ColumnError(f"{file}: {name}: u and v make wind; call it 'wind' or for example 'wind_100m'")
    before, height = match.groups()
    east, north = (numbers(need_column(frame, keys[one], file), file) for one in ("u", "v"))
    speed = np.hypot(east, north)
    if "unit" in keys:
        speed = convert(speed, keys["unit"], name="wind_speed")
    # u and v say where the wind goes; the direction is where it comes from
    direction = np.degrees(np.arctan2(-east, -north)) % 360.0
    return {f"{before}_speed{height}": speed, f"{before}_direction{height}": direction}


def is_energy(entry: Any) -> bool:
    """Return whether a map's entry is energy per interval, which needs the interval's length."""
    unit = str(entry.get("unit")) if isinstance(entry, Mapping) else ""
    return unit in UNITS and UNITS[unit].quantity == "energy"
