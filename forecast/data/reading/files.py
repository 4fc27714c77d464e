"""SiteData from one file: `from_csv`, `from_parquet`, and `from_file` for either, Excel and netCDF."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from forecast.data.reading.columns import ColumnMap
from forecast.data.reading.merge import build
from forecast.data.reading.source import Source
from forecast.errors import SettingsError
from forecast.site import Site
from forecast.suggest import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from forecast.data.sitedata import SiteData

Path = str | os.PathLike[str]


def from_file(
    path: Path | Sequence[Path],
    site: Site,
    *,
    time: str | Sequence[str] | None = None,
    power: str | Mapping[str, str] | None = None,
    observed: ColumnMap | None = None,
    nwp: ColumnMap | None = None,
    timezone: str | None = None,
    label: str | Mapping[str, str] = "end",
    unit: str = "kW",
    delay: Any = "0min",
    plan: pd.DataFrame | None = None,
    neighbours: Mapping[str, SiteData] | None = None,
    **more: Any,
) -> SiteData:
    """Return the SiteData that stands in one file (or several of one form): CSV, Parquet, Excel or netCDF.

    Args:
        path: the file, or a list such as one a month.
        site: `PVSite` or `WindSite`.
        time: the column of times, or two columns, date and time of day.
        power: its column, or `{"column": …, "unit": …}`.
        observed, nwp: {name: column}, {name: {"column": …, "unit": "hPa"}}, or
            {"wind_100m": {"u": …, "v": …}}.
        timezone: the clock of naive times, "UTC", "Europe/Berlin" or "+08:00".
        label: what a time marks of its interval: "end", "start" or "instant"; one value or a dict by input.
        unit: of power: W, kW, MW, GW; Wh, kWh, MWh per interval; "share" or "%" of the capacity.
        delay: how long after its label a value becomes known; one value or a dict by input.
        plan, neighbours: as for `SiteData`.
        more: available_kw, curtailed (columns); dayfirst, time_format (dates that do not start with the
            year, "unix"); where ({column: value}, the rows to keep); name, init_time, lead_time (weather
            runs in a long table); format; delimiter, decimal, encoding, skip_rows, missing (CSV); sheet
            (Excel).

    Raises:
        ReadingError: naming file, column, row and remedy. ColumnError, UnitError: with the nearest known
        name. SettingsError: an argument not known or missing. MissingExtraError: Excel without openpyxl.
    """
    known = {field.name for field in fields(Source)}
    if unknown := [key for key in more if key not in known]:
        near = suggestion(unknown[0], sorted(known))
        raise SettingsError(f"{path}: unknown argument {unknown[0]!r}{near}")
    source = Source(
        path=path,
        time=time,
        power=power,
        observed=observed,
        nwp=nwp,
        timezone=timezone,
        label=label,
        unit=unit,
        delay=delay,
        **more,
    )
    return build(site, [source], plan=plan, neighbours=neighbours)


def from_csv(path: Path | Sequence[Path], site: Site, **options: Any) -> SiteData:
    """Return the SiteData that stands in a CSV file; the arguments are those of `from_file`.

    Delimiter, decimal mark and encoding are found out where the file tells; where it does not (1,234; bytes
    that are not UTF-8; 03/04/2024) a `ReadingError` names the argument to state.
    """
    return from_file(path, site, **{"format": "csv", **options})


def from_parquet(path: Path | Sequence[Path], site: Site, **options: Any) -> SiteData:
    """Return the SiteData that stands in a Parquet file; the arguments are those of `from_file`."""
    return from_file(path, site, **{"format": "parquet", **options})
