"""CSV as it comes: encoding, delimiter and decimal mark are found where the file tells, else asked for."""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.errors import ReadingError

DELIMITERS = (";", "\t", ",", "|")
SAMPLE_LINES = 1000
_COMMA_NUMBER = re.compile(r"^[+-]?\d+,\d+$")
_THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3})+$")
_BOTH_MARKS = re.compile(r"^[+-]?\d{1,3}(\.\d{3})+,\d+$")


def read_csv(
    path: Path,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip_rows: int = 0,
    missing: Sequence[str] = (),
    text: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the table of a CSV file; `text` columns (times) stay as written.

    Raises `ReadingError` naming the file and the argument to give, where encoding or decimal mark are open.
    """
    encoding = encoding or file_encoding(path)
    lines = _sample(path, encoding, skip_rows)
    delimiter = delimiter or find_delimiter(lines)
    options: dict[str, Any] = {"sep": delimiter, "encoding": encoding, "skiprows": skip_rows}
    options |= {"skipinitialspace": True, "na_values": list(missing)}
    options["decimal"] = decimal or find_decimal(lines, delimiter, path)
    if options["decimal"] == "," and any(_BOTH_MARKS.match(cell) for cell in _cells(lines, delimiter)):
        options["thousands"] = "."
    try:
        header = pd.read_csv(path, nrows=0, **options).columns
        options["dtype"] = {name: str for name in header if name.strip() in text}
        with warnings.catch_warnings():
            # a row longer than the header loses fields, except where the line merely ends with a delimiter
            benign = lines[-1].endswith(delimiter)
            warnings.simplefilter("ignore" if benign else "error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(path, index_col=False, low_memory=False, **options)
        return frame.rename(columns=str.strip)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeError) as error:
        raise ReadingError(
            f"{path}: cannot be read as CSV with delimiter {delimiter!r} and encoding {encoding!r} "
            f"({error}); state delimiter=, decimal=, encoding= or skip_rows= (lines before the header)"
        ) from error


def file_encoding(path: Path) -> str:
    """Return the encoding that the file's bytes prove: a byte order mark, else UTF-8; else ask."""
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
        return "utf-8-sig"
    except UnicodeDecodeError as error:
        line = raw[raw.rfind(b"\n", 0, error.start) + 1 :].split(b"\n", 1)[0].strip()[:60]
        readings = ", ".join(
            f"encoding={name!r} reads {line.decode(name, 'replace')!r}" for name in ("gbk", "cp1252")
        )
        number = raw.count(b"\n", 0, error.start) + 1
        raise ReadingError(f"{path}: line {number} is not UTF-8; state the encoding: {readings}") from error


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts the lines most evenly.

    >>> find_delimiter(["time;a;b", "2024-01-01;1,5;2,5"])
    ';'
    """

    def evenness(delimiter: str) -> tuple[float, int]:
        fields = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        count, times = max(fields.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
        return (times / max(len(lines), 1) if count > 1 else 0.0, count)

    best = max(DELIMITERS, key=evenness)
    return best if evenness(best)[0] > 0 else ","


def find_decimal(lines: Sequence[str], delimiter: str, path: Path) -> str:
    """Return "," or "." by the numbers of the sample; a `ReadingError` where 1,234 may be either."""
    if delimiter == ",":
        return "."
    cells = _cells(lines, delimiter)
    commas = [cell for cell in cells if _COMMA_NUMBER.match(cell) or _BOTH_MARKS.match(cell)]
    if not commas:
        return "."
    if all(_THOUSANDS.match(cell) for cell in commas):
        raise ReadingError(
            f"{path}: the comma of {commas[0]!r} may be a decimal or a thousands mark; state decimal=',' or "
            "mend the file"
        )
    return ","


def _sample(path: Path, encoding: str, skip_rows: int) -> list[str]:
    """Return the first lines and some of the others: a night of zeros says nothing about decimal marks."""
    try:
        lines = path.read_text(encoding=encoding).splitlines()[skip_rows:]
    except (UnicodeError, LookupError) as error:
        raise ReadingError(f"{path}: cannot be read with encoding {encoding!r} ({error})") from error
    every = max(1, (len(lines) - SAMPLE_LINES) // SAMPLE_LINES)
    sample = [line for line in lines[:SAMPLE_LINES] + lines[SAMPLE_LINES::every] if line.strip()]
    if not sample:
        raise ReadingError(f"{path}: the file is empty")
    return sample


def _cells(lines: Sequence[str], delimiter: str) -> list[str]:
    return [cell.strip() for row in csv.reader(lines, delimiter=delimiter) for cell in row]
