"""site.toml: a site and the files its data stand in, written once and read by every command."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.data.reading.merge import build
from forecast.data.reading.source import Source
from forecast.errors import InputTypeError, ReadingError, SettingsError
from forecast.site import PVSite, Site, WindSite, site_from_dict
from forecast.suggest import suggestion

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData

_TABLES = ("site", "data", "files", "plan", "neighbours")
_SITES: dict[Any, type[Site]] = {"pv": PVSite, "wind": WindSite}


def from_toml(
    path: str | os.PathLike[str], record: str | None = None, *, folder: str | os.PathLike[str] | None = None
) -> SiteData:
    """Return the SiteData that a site file describes; docs/site_toml.md has the format.

    Args:
        path: the site file. record: the table to read, for a file that describes several sites.
        folder: where relative paths start; the site file's own folder by default.

    Raises:
        ReadingError: no such file, no such record, or not TOML. SettingsError: unknown or missing keys, with
        the nearest known one. SiteError: a site that cannot be. And the errors of `from_file`.
    """
    file = Path(path)
    document = _document(file)
    where = str(file)
    if record is not None:
        tables = [name for name, value in document.items() if isinstance(value, dict) and "site" in value]
        if record not in tables:
            raise ReadingError(f"{file}: no record {record!r}{suggestion(record, tables)}")
        document, where = document[record], f"{file}, [{record}]"
    _known(document, _TABLES, where)
    base = Path(folder) if folder is not None else file.parent
    site = _site(_table(document, "site", where), where)
    sources = [_source(table, base, f"{where}, {name}") for name, table in _file_tables(document, where)]
    return build(site, sources, plan=_plan(document, where), neighbours=_neighbours(document, base, where))


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ReadingError(f"{file}: no such file") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise ReadingError(f"{file}: is not TOML: {error}") from error


def _known(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    names = list(known)
    for key in table:
        if key not in names:
            raise SettingsError(f"{where}: unknown key {key!r}{suggestion(key, names)}")


def _table(document: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    if not isinstance(document.get(name), dict):
        raise SettingsError(f"{where}: there is no table [{name}]")
    return dict(document[name])


def _site(table: dict[str, Any], where: str) -> Site:
    if table.get("kind") not in _SITES:
        raise SettingsError(f"{where}, site: kind is {table.get('kind')!r}, expected 'pv' or 'wind'")
    names = [field.name for field in fields(_SITES[table["kind"]])]
    _known(table, ["kind", *names], f"{where}, site")
    if missing := [key for key in ("name", "capacity_kw") if key not in table]:
        raise SettingsError(f"{where}, site: {missing[0]} is missing")
    return site_from_dict(table)


def _file_tables(document: Mapping[str, Any], where: str) -> list[tuple[str, dict[str, Any]]]:
    if ("data" in document) == ("files" in document):
        raise SettingsError(f"{where}: state [data] for one file, or [[files]] for each of several")
    if "data" in document:
        return [("data", _table(document, "data", where))]
    files = document["files"]
    if not isinstance(files, list) or not all(isinstance(table, dict) for table in files):
        raise SettingsError(f"{where}: files is {type(files).__name__}, expected tables headed [[files]]")
    return [(f"files {number}", table) for number, table in enumerate(files, start=1)]


def _source(table: dict[str, Any], base: Path, where: str) -> Source:
    _known(table, (field.name for field in fields(Source)), where)
    if "path" not in table:
        raise SettingsError(f"{where}: path is missing")
    path = table["path"]
    wrong = [one for one in (path if isinstance(path, list) else [path]) if not isinstance(one, str)]
    if wrong:
        raise InputTypeError(f"{where}: path holds {wrong[0]!r}, expected a file's path, or a list of them")
    # an absolute path stays as it is
    paths = [base / one for one in path] if isinstance(path, list) else base / path
    return Source(**{**table, "path": paths})


def _plan(document: Mapping[str, Any], where: str) -> Any:
    if "plan" not in document:
        return None
    import pandas as pd

    if not isinstance(document["plan"], list):
        kind = type(document["plan"]).__name__
        raise SettingsError(f"{where}: plan is {kind}, expected tables headed [[plan]]")
    return pd.DataFrame(document["plan"])


def _neighbours(document: Mapping[str, Any], base: Path, where: str) -> dict[str, SiteData] | None:
    if "neighbours" not in document:
        return None
    table = _table(document, "neighbours", where)
    for name, value in table.items():
        if not isinstance(value, str):
            raise InputTypeError(f"{where}, neighbours: {name} is {value!r}, expected a site file's path")
    return {name: from_toml(base / value) for name, value in table.items()}
