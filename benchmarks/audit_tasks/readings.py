"""The records in which named faults are looked for: as sites.toml loads them, or as a user would read them at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import records

import forecast as fc


def load(record: str, folder: Path) -> fc.SiteData:
    """Return a record of sites.toml, or one of the same files read as a user would at first."""
    return SPECIAL[record](folder) if record in SPECIAL else records.load_site(record, folder)


def _cuee_phases(folder: Path) -> fc.SiteData:
    site = fc.PVSite("cuee_pv", 5.8, latitude=13.736, longitude=100.53, timezone="Asia/Bangkok")
    phases = {f"phase_{x}": f"power_{x}_kw" for x in "abc"}
    return fc.SiteData.from_parquet(folder / "cuee_pv/cuee_1min.parquet", site, time="timestamp", power="power_kw",
                                    timezone="Asia/Bangkok", observed={"ghi": "irr_wm2", **phases})  # fmt: skip


def _station04_as_listed(folder: Path) -> fc.SiteData:
    data = records.load_site("pvod.station04", folder)
    return fc.SiteData(replace(data.site, capacity_kw=20000.0), data.power, observed=data.observed, nwp=data.nwp)


def _haute_borne_timestamp(folder: Path) -> fc.SiteData:
    right = records.load_site("la_haute_borne.R80711_era5", folder)
    scada = fc.SiteData.from_parquet(folder / "la_haute_borne/R80711.parquet", right.site, time="timestamp",
                                     power="power_kw", observed={"wind_speed": "ws_ms"})  # fmt: skip
    return fc.SiteData(right.site, scada.power, observed=scada.observed, nwp=right.nwp, label={"era5": "instant"})


def _pvdaq_as_kw(folder: Path) -> fc.SiteData:
    site = fc.PVSite("pvdaq50", 3.4, latitude=39.74, longitude=-105.17)
    return fc.SiteData.from_parquet(folder / "pvdaq50_pvanalytics/ac_power_15min.parquet", site, time="timestamp",
                                    power="ac_power_raw")  # fmt: skip


def _dagang_raw(folder: Path) -> fc.SiteData:
    path = folder / "jilin_wind/shuanglong_group_15min.parquet"
    raw = [name for name in pd.read_parquet(path).columns if name.startswith("dagang") and name.endswith("_raw")]
    return fc.SiteData.from_parquet(path, fc.WindSite("dagang", 222010), time="timestamp", timezone="Asia/Shanghai",
                                    power="dagang_power_mw", unit="MW",
                                    observed={_named(name): name for name in raw})  # fmt: skip


def _named(name: str) -> str:
    short = name.removeprefix("dagang_").removesuffix("_raw")
    kinds = {"ws": "wind_speed", "wd": "wind_direction", "temp": "temp_air", "t_": "temp_air", "pres": "pressure",
             "rh": "relative_humidity", "hum": "relative_humidity"}  # fmt: skip
    return next((f"{full}_{short}" for part, full in kinds.items() if short.startswith(part)), short)


SPECIAL: dict[str, Callable[[Path], fc.SiteData]] = {
    "cuee phases": _cuee_phases,
    "station04 at 20 MW": _station04_as_listed,
    "la_haute_borne timestamp": _haute_borne_timestamp,
    "pvdaq50 read as kW": _pvdaq_as_kw,
    "dagang raw": _dagang_raw,
}
