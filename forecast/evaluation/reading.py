"""Forecasts made elsewhere, from a file."""

from __future__ import annotations

import os

import pandas as pd

from forecast.errors import ReadingError, TimeError

TIMES = ("issue_time", "valid_time", "known_at")
OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})\s*$"


def read_forecasts(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV or Parquet file of forecasts, columns as in `score`; times of a CSV carry their offset.

    Raises:
        FileNotFoundError. ReadingError: not such a file. TimeError: times without an offset.
    """
    name = os.fspath(path)
    if not os.path.exists(name):
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        if name.endswith((".parquet", ".pq")):
            return pd.read_parquet(name)
        table = pd.read_csv(name)
    except (ValueError, OSError) as error:
        raise ReadingError(f"{name}: cannot be read as a table of forecasts ({error})") from error
    for column in TIMES:
        if column in table:
            table[column] = _times(table[column], f"{name}, column {column!r}")
    return table


def _times(texts: pd.Series, what: str) -> pd.Series:
    bare = ~texts.astype(str).str.contains(OFFSET, regex=True)
    if bare.any():
        row = int(bare.to_numpy().argmax())
        raise TimeError(f"{what}, row {row}: {texts.iloc[row]!r} has no offset; write 2024-06-01T12:00Z or +01:00")
    try:
        return pd.to_datetime(texts, utc=True, format="ISO8601")
    except ValueError as error:
        raise TimeError(f"{what}: {error}; write times as 2024-06-01T12:00Z") from error
