"""The benchmark records: data as benchmarks/sites.toml loads them, and the stored rows to compare on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd

from forecast.data import SiteData

SITES = Path(__file__).resolve().parent / "sites.toml"

#: the twelve records of the stored test rows, in the order of the published table
RECORDS = (
    "stategrid_pv.site1_50mw",
    "stategrid_pv.site3_30mw",
    "pvod.station01",
    "pvod.station02",
    "pvod.station04",
    "pvod.station07",
    "cuee_pv.15min",
    "la_haute_borne.R80711",
    "turkey_t1",
    "paddle_wind",
    "jilin_wind.first",
    "jilin_wind.second",
)

#: records whose power is the mean of a finer one
AVERAGED = {"cuee_pv.15min": "15min"}
MOST_MISSING = 0.2


def names() -> tuple[str, ...]:
    """Return every record that `load_site` knows."""
    tables = tomllib.loads(SITES.read_text(encoding="utf-8"))
    return tuple(name for name, table in tables.items() if "site" in table)


def load_site(name: str, data_dir: str | Path) -> SiteData:
    """Return a record's data."""
    data: SiteData = SiteData.from_toml(SITES, name, folder=data_dir)
    return data if name not in AVERAGED else _averaged(data, AVERAGED[name])


def load_rows(name: str, data_dir: str | Path) -> pd.DataFrame:
    """Return the stored rows: issue_time (UTC), lead (steps), and shares of capacity actual … script.

    They lie in ../reference/rows from the data. `actual` is as measured, own use negative; `persistence` and the other
    forecasts are cut at 0.
    """
    folder = Path(data_dir).parent / "reference" / "rows"
    rows = pd.read_parquet(folder / f"{name}.parquet")
    return rows.assign(issue_time=pd.to_datetime(rows["issue_time"], utc=True))


def _averaged(data: SiteData, step: str) -> SiteData:
    """Return the data with power as means over (t - step, t]; a mean needs 80 % of its values."""
    assert data.power is not None
    blocks = data.power.resample(step, closed="right", label="right")
    full = pd.Timedelta(step) // pd.Timedelta(data.power_step_ns, unit="ns")
    power = blocks.mean().where(blocks.count() >= (1 - MOST_MISSING) * full)
    delay = {name: pd.Timedelta(value, unit="ns") for name, value in data.delays.items()}
    return SiteData(data.site, power, observed=data.observed, nwp=data.nwp or None, delay=delay)
