"""Any file as one table: CSV, Parquet, Excel or netCDF, chosen by the ending of its name."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.reading.csvfile import read_csv
from forecast.errors import ColumnError, MissingExtraError, ReadingError, SettingsError
from forecast.suggest import suggestion

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".nc": "netcdf",
    ".nc4": "netcdf",
}


def read_table(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip_rows: int = 0,
    missing: Sequence[str] = (),
    sheet: str | int | None = None,
    text: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return the columns of a file as they are written, times unparsed, nothing cleaned.

    Args:
        path: the file. `format`: "csv", "parquet", "excel" or "netcdf" where its ending does not say.
        delimiter, decimal, encoding, skip_rows, missing: of CSV; found out where the file tells.
        sheet: of an Excel file, the first one by default.
        text: CSV columns that stay text, such as times written in digits.
        where: {column: value or list of values}, the rows to keep.

    Raises:
        ReadingError: the file is not there or cannot be read. ColumnError: a column of `where` is not there.
        MissingExtraError: Excel without openpyxl.
    """
    file = Path(path)
    if not file.is_file():
        beside = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
        raise ReadingError(f"{file}: no such file{suggestion(file.name, sorted(beside))}")
    kind = format or FORMATS.get(file.suffix.lower())
    given: dict[str, Any] = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding}
    given |= {"skip_rows": skip_rows, "missing": missing}
    if kind != "csv" and (extra := [name for name, value in given.items() if value]):
        raise SettingsError(f"{file}: {', '.join(extra)} goes with CSV only, this is {kind or 'unknown'}")
    if kind == "csv":
        frame = read_csv(file, text=text, **given)
    elif kind == "parquet":
        frame = _read_parquet(file)
    elif kind == "excel":
        frame = _read_excel(file, sheet)
    elif kind == "netcdf":
        frame = _read_netcdf(file)
    else:
        known = ", ".join(dict.fromkeys(FORMATS.values()))
        raise ReadingError(
            f"{file}: format {kind or file.suffix!r} is not known; state format=, one of {known}"
        )
    frame.columns = frame.columns.map(str)
    return _rows(frame, where, file) if where else frame


def need_column(frame: pd.DataFrame, column: str, file: Any) -> pd.Series:
    """Return one column; `ColumnError` with the nearest name if it is not there (or there twice)."""
    if column not in frame.columns:
        raise ColumnError(f"{file}: no column {column!r}{suggestion(str(column), frame.columns)}")
    if (times := int((frame.columns == column).sum())) > 1:
        raise ColumnError(f"{file}: column {column!r} is there {times} times; rename them")
    return frame[column]


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(file)
    except Exception as error:  # pyarrow and the pandas metadata inside raise many kinds for damaged files
        raise ReadingError(f"{file}: cannot be read as Parquet ({error})") from error
    return _with_index(frame)


def _read_excel(file: Path, sheet: str | int | None) -> pd.DataFrame:
    if importlib.util.find_spec("openpyxl") is None:
        raise MissingExtraError(
            f"{file}: Excel files need openpyxl; pip install 'quarterhour[excel]', or save the sheet as CSV"
        )
    try:
        return pd.read_excel(file, sheet_name=0 if sheet is None else sheet, engine="openpyxl")
    except Exception as error:  # openpyxl and zipfile raise many kinds for a damaged book or unknown sheet
        raise ReadingError(f"{file}: cannot be read as Excel, sheet {sheet!r} ({error})") from error


def _read_netcdf(file: Path) -> pd.DataFrame:
    import xarray as xr

    try:
        with xr.open_dataset(file, decode_timedelta=True) as dataset:
            return _with_index(dataset.to_dataframe())
    except Exception as error:  # HDF5, xarray and its decoders raise many kinds for damaged files
        raise ReadingError(f"{file}: cannot be read as netCDF ({error})") from error


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    # an index that carries a name or times is a column to the reader; a plain row number is not
    if any(name is not None for name in frame.index.names):
        return frame.reset_index()
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame.rename_axis("index").reset_index()
    return frame


def _rows(frame: pd.DataFrame, where: Mapping[str, Any], file: Path) -> pd.DataFrame:
    for column, wanted in where.items():
        values = need_column(frame, column, file)
        kept = frame[values.isin(wanted if isinstance(wanted, list | tuple | set) else [wanted])]
        if kept.empty:
            there = ", ".join(map(str, values.drop_duplicates().head(10)))
            raise ReadingError(f"{file}: no row has {column} = {wanted!r}; the column holds {there}")
        frame = kept
    return frame.reset_index(drop=True)
