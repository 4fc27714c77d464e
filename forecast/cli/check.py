"""`quarterhour check`: what is wrong with the data, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from forecast.data import SiteData

WIDE = 220
COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}


def check(
    files: Annotated[list[Path], typer.Argument(help="Site files (.toml), or tables: CSV, Parquet, Excel, netCDF.")],
    record: Annotated[str | None, typer.Option("--record", help="One record of a site file that has several.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Where a site file's paths start.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Of tables: pv or wind.")] = None,
    capacity_kw: Annotated[float | None, typer.Option("--capacity-kw", help="Of tables: the plant's capacity.")] = None,
    latitude: Annotated[float | None, typer.Option("--latitude", help="Of tables: degrees north.")] = None,
    longitude: Annotated[float | None, typer.Option("--longitude", help="Of tables: degrees east.")] = None,
    time: Annotated[str | None, typer.Option("--time", help="Of tables: the column of times.")] = None,
    power: Annotated[str | None, typer.Option("--power", help="Of tables: the column of power.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Of tables: the clock of naive times.")] = None,
    unit: Annotated[str, typer.Option("--unit", help="Of tables: the unit of power.")] = "kW",
) -> None:
    """Tell what is wrong with data: clocks, gaps, sensors, units, limits. No value is changed."""
    from forecast.audit import check as findings

    for file in files:
        if file.suffix.lower() == ".toml":
            sites = _of_site_file(file, record, folder)
        else:
            options = {"time": time, "power": power, "timezone": timezone, "unit": unit}
            sites = _of_table(file, kind, capacity_kw, latitude, longitude, options)
        for name, data in sites:
            _print(name, findings(data))


def _of_site_file(file: Path, record: str | None, folder: Path | None) -> Iterator[tuple[str, SiteData]]:
    import tomllib

    from forecast.data import SiteData

    names: list[str | None] = [record]
    if record is None and file.is_file():
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        if "site" not in document:
            names = [name for name, table in document.items() if isinstance(table, dict) and "site" in table] or [None]
    for name in names:
        data = SiteData.from_toml(file, name, folder=folder)
        yield f"{file}, {name or data.site.name}", data


def _of_table(
    file: Path, kind: str | None, capacity_kw: float | None, latitude: float | None, longitude: float | None,
    options: dict[str, str | None],
) -> Iterator[tuple[str, SiteData]]:  # fmt: skip
    from forecast.data.reading import from_file
    from forecast.site import PVSite, WindSite

    if kind not in ("pv", "wind") or capacity_kw is None:
        raise SettingsError(f"{file}: a table needs --kind pv or --kind wind, and --capacity-kw; or give a site.toml")
    site_type = PVSite if kind == "pv" else WindSite
    site = site_type(file.stem, capacity_kw, latitude=latitude, longitude=longitude)
    yield str(file), from_file(file, site, **options)  # type: ignore[arg-type]


def _print(name: str, table: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:  # a file or a pipe has no edge to fold at
        console = Console(width=WIDE)
    if table.empty:
        console.print(f"{name}: nothing found", markup=False, highlight=False)
        return
    out = Table(title=name, title_justify="left", show_lines=False)
    for column in ("what", "input", "from", "to", "n", "severity", "sure", "detail", "what is done"):
        short = column not in ("detail", "what is done")
        out.add_column(column, justify="right" if column in ("n", "sure") else "left", overflow="fold", no_wrap=short)
    for row in table.itertuples():
        times = [str(moment)[:16] for moment in (row.start, row.end)]
        texts = (row.what, row.input, *times, str(row.n), row.severity, f"{row.sure:.2f}", row.detail, row.treatment)
        out.add_row(*map(str, texts), style=COLOURS[str(row.severity)])
    console.print(out)
