"""Makes a folder to try the scheduler in, from data that ship inside: model, backtest, CSV drops, weather runs.

python try_it.py FOLDER
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import forecast as fc

STEP, TRAINED, BEGIN, END = "10min", "60D", "50D", "12h"  # the last 50 days are promised, the last 12 hours are live


def main(folder: Path) -> None:
    """Fit, backtest and write everything into a folder."""
    record = fc.datasets.load("la_haute_borne")
    live = record.power.index[-1].floor("h").tz_convert("UTC") - pd.Timedelta(END)
    first = live - pd.Timedelta(BEGIN)
    runs = weather_runs(record, first - pd.Timedelta(TRAINED), live + pd.Timedelta(END))
    data = fc.SiteData(record.site, record.power, observed=record.observed, nwp=runs, delay={"nwp": "5h"})
    data = data.between(first - pd.Timedelta(TRAINED), live + pd.Timedelta(END))
    forecaster = fc.Forecaster(model="ridge", step=STEP, horizon="160min").fit(data.until(first))
    folder.mkdir(parents=True, exist_ok=True)
    forecaster.save(folder / "model.qh")
    result = fc.backtest({"ours": forecaster}, data, first, live, every="2h", refit="never", progress=False)
    result.save(folder / "backtest.nc")
    write_drops(folder / "drops", data, live)
    write_runs(folder / "weather", runs)
    shutil.copy(Path(__file__).with_name("scheduler.toml"), folder)
    print(f"ready: {folder}, live from {live:%Y-%m-%dT%H:%MZ} to {live + pd.Timedelta(END):%Y-%m-%dT%H:%MZ}")


def weather_runs(record: fc.SiteData, begin: pd.Timestamp, end: pd.Timestamp) -> xr.Dataset:
    """Return runs every six hours of the reanalysis that ships inside: a stand-in, it knows what happened."""
    table = next(iter(record.nwp.values())).tz_convert("UTC").tz_localize(None)
    inits = pd.date_range(begin.floor("6h"), end, freq="6h").tz_localize(None)
    leads = pd.timedelta_range("0h", "18h", freq="1h")
    rows = [table.reindex(init + leads, method="nearest") for init in inits]
    shape = (len(inits), len(leads))
    dims = ("init_time", "lead_time")
    values = {name: (dims, np.stack([row[name] for row in rows]).reshape(shape)) for name in table}
    return xr.Dataset(values, {"init_time": inits, "lead_time": leads})


def write_drops(folder: Path, data: fc.SiteData, live: pd.Timestamp) -> None:
    """Write one drop of all that was before, then one for every half hour; a file's time is when it came."""
    folder.mkdir(exist_ok=True)
    table = pd.concat([data.power.rename("power_kw"), data.observed], axis=1).tz_convert("UTC")
    for end, part in table.groupby(table.index.ceil("30min").where(table.index > live, live)):
        path = folder / f"scada_{end:%Y%m%dT%H%M}.csv"
        part.rename_axis("time").to_csv(path, date_format="%Y-%m-%dT%H:%M:%SZ")
        os.utime(path, (end.timestamp(),) * 2)


def write_runs(folder: Path, runs: xr.Dataset) -> None:
    """Write the newest runs, a file each, from the time on at which it was published."""
    folder.mkdir(exist_ok=True)
    for init in pd.DatetimeIndex(runs["init_time"].values[-12:]):
        path = folder / f"run_{init:%Y%m%dT%H}.nc"
        runs.sel(init_time=[init]).to_netcdf(path, engine="h5netcdf")
        published = init.tz_localize("UTC") + pd.Timedelta("5h")
        os.utime(path, (published.timestamp(),) * 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
