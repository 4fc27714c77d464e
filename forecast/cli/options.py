"""Options that several commands share, and how their text becomes values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.errors import TimeError

if TYPE_CHECKING:
    import pandas as pd

Site = Annotated[Path, typer.Option("--site", help="The site file, which names the data files too.")]
Horizon = Annotated[str, typer.Option("--horizon", help="How far ahead, such as 4h.")]
Step = Annotated[str, typer.Option("--step", help="Length of a forecast interval, such as 15min.")]
Jobs = Annotated[int, typer.Option("--jobs", help="Processor cores to use, -1 for all.")]


def has_folder(path: Path | None, option: str) -> None:
    """Raise `FileNotFoundError` where a file could not be written; asked before the long work, not after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"{option} {path}: there is no folder {path.absolute().parent}")


def moment(text: str, option: str) -> pd.Timestamp:
    """Return a moment with its offset; `TimeError` names the option and the fix.

    >>> moment("2024-06-01T12:00Z", "--at").isoformat()
    '2024-06-01T12:00:00+00:00'
    """
    import pandas as pd  # late: --help need not wait for it

    try:
        value = pd.Timestamp(text)
    except ValueError as error:
        raise TimeError(f"{option} {text}: not a moment; write it as 2024-06-01T12:00Z") from error
    if pd.isna(value):
        raise TimeError(f"{option} {text}: not a moment; write it as 2024-06-01T12:00Z")
    if value.tzinfo is None:
        plain = f"{value:%Y-%m-%dT%H:%M}"
        raise TimeError(f"{option} {text}: has no time zone; write {plain}Z for UTC, or your offset, {plain}+01:00")
    return value
