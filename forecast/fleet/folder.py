"""A folder of results site by site: whole files, names that any file system takes, and the settings they came from."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forecast.data import SiteData
from forecast.errors import InputTypeError, SettingsError
from forecast.version import VERSION

MARK = "fleet.json"
MOST_LETTERS = 120  # of a file's name; longer ones are cut and end in a hash

#: what stands for a site's data: the data, the path of a site file, or a function that a worker calls to read it
Source = SiteData | str | os.PathLike[str] | Callable[[], SiteData]


def read_source(source: Source) -> SiteData:
    """Return the data that a source stands for; raises `InputTypeError` where it gives something else."""
    if isinstance(source, SiteData):
        return source
    found = source() if callable(source) else SiteData.from_toml(source)
    if not isinstance(found, SiteData):
        raise InputTypeError(f"the function that reads a site gave {type(found).__name__}, expected SiteData")
    return found


def checked_settings(settings: dict[str, Any]) -> str:
    """Return settings as one text that differs where they do."""
    return json.dumps({"quarterhour": VERSION, **settings}, sort_keys=True, default=str)


def claimed(folder: Any, settings: dict[str, Any]) -> Path:
    """Return the folder, made where it is missing, with its settings beside the results.

    Raises:
        SettingsError: it holds results of other settings.
    """
    path, wanted = Path(folder), checked_settings(settings)
    path.mkdir(parents=True, exist_ok=True)
    mark = path / MARK
    if not mark.exists():
        write_whole(mark, lambda part: part.write_text(wanted, encoding="utf-8"))
    have = mark.read_text(encoding="utf-8")
    if have != wanted:
        raise SettingsError(f"{path} holds results of other settings ({_difference(have, wanted)}); use another folder")
    return path


def _difference(have: str, wanted: str) -> str:
    try:
        old, new = json.loads(have), json.loads(wanted)
        names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    except (ValueError, AttributeError):
        return f"{MARK} cannot be read"
    return "; ".join(f"{name}: {old.get(name)} there, {new.get(name)} now" for name in names)[:500]


def file_of(folder: Path, name: str, ending: str) -> Path:
    """Return the file of a site: its name with what file systems do not take as %XX.

    >>> file_of(Path("fleet"), "North/7 é", ".qh").name
    'North%2F7 %C3%A9.qh'
    """
    safe = quote(name, safe=" ()+,=@")
    safe = safe.replace(".", "%2E") if set(safe) <= {"."} or safe.startswith(".") else safe
    if len(safe) > MOST_LETTERS:
        safe = f"{safe[:MOST_LETTERS]}%{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return folder / (safe + ending)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` write a file beside `path` and put it there at the end, so that none is ever half there."""
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        write(part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def reason_of(error: BaseException) -> str:
    """Return an error as one line."""
    return f"{type(error).__name__}: {error}"
