"""Small plants, the bundles and the input files that mutants are made of; the same bytes for the same seed."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import forecast as fc
from forecast.models import Blend, Boosted, Cosine, Network, Physical, Pooled, Ridge

START = pd.Timestamp("2025-04-01", tz="UTC")
CAPACITY = 2000.0
DAYS = 14
BUNDLES = ("wind blend", "pv pooled", "wind physical", "pv ridge")
FILES = ("csv", "parquet", "netcdf", "toml")
TOML = """
[site]
kind = "wind"
name = "waves"
capacity_kw = 2000
timezone = "Europe/Paris"
[data]
path = "table.csv"
time = "time"
timezone = "UTC"
power = {column = "power", unit = "kW"}
observed = {wind_speed = "wind_speed", temp_air = {column = "temp_air", unit = "degC"}}
delay = {power = "15min", observed = "10min"}
[[plan]]
start = 2025-04-03T00:00:00Z
end = 2025-04-03T06:00:00Z
available_kw = 1500.0
limit_kw = 900.0
known_at = 2025-04-01T00:00:00Z
"""


def waves(count: int, *periods: float) -> np.ndarray:
    steps = np.arange(count)[:, None] + np.array([[7.0, 1.0, 23.0, 5.0]])[:, : len(periods)]
    return np.asarray(np.sin(2 * np.pi * steps / np.array(periods)).mean(axis=1))


@cache
def table(kind: str, days: int = DAYS) -> pd.DataFrame:
    count = days * 96
    index = pd.date_range(START + pd.Timedelta("15min"), periods=count, freq="15min", name="time")
    if kind == "wind":
        speed = 8 + 6 * waves(count, 61.7, 17.3, 411.0)
        power = CAPACITY * np.clip((speed / 12) ** 3, 0, 1)
        return pd.DataFrame({"power": power, "wind_speed": speed + waves(count, 3.1), "temp_air": 9 + speed}, index)
    height = np.clip(np.sin(2 * np.pi * (np.arange(count) / 96 - 0.25)), 0, None)
    ghi = 900 * height * (0.7 + 0.3 * waves(count, 61.7, 9.3))
    return pd.DataFrame({"power": CAPACITY * ghi / 1000, "ghi": ghi, "temp_air": 12 + 8 * height}, index)


@cache
def data(kind: str) -> fc.SiteData:
    frame = table(kind)
    if kind == "wind":
        site: fc.WindSite | fc.PVSite = fc.WindSite("waves", CAPACITY, latitude=48.4, longitude=5.6, hub_height_m=80.0)
        weather = pd.DataFrame({"wind_speed_100m": frame["wind_speed"] + waves(len(frame), 29.0)})
    else:
        site = fc.PVSite("waves", CAPACITY, latitude=48.4, longitude=0.0, surface_tilt=30.0, surface_azimuth=180.0)
        weather = pd.DataFrame({"ghi": frame["ghi"] * (1 + 0.2 * waves(len(frame), 29.0))})
    return fc.SiteData(site, frame["power"], observed=frame.drop(columns="power"), nwp=weather.iloc[3::4])


def forecaster(name: str) -> fc.Forecaster:
    """Return a fitted forecaster of one of `BUNDLES`, each of other parts."""
    models = {
        "wind blend": Blend([Boosted(trees=6, leaves=5, least_rows=15), Network(units=4, rounds=3)]),
        "pv pooled": Blend([Pooled(trees=6, leaves=5), Cosine(cosines=20)]),
        "wind physical": Physical(),
        "pv ridge": Ridge(),
    }
    adapt = "1D" if name in ("wind blend", "pv ridge") else None
    made = fc.Forecaster(models[name], horizon="1h", quantiles=(0.05, 0.5, 0.95), adapt=adapt, objective="median")
    return made.fit(data(name.split()[0]).until(START + pd.Timedelta("12D")))


def bundle(name: str, folder: Path) -> bytes:
    forecaster(name).save(folder / "model.qh")
    return (folder / "model.qh").read_bytes()


def file(form: str) -> bytes:
    """Return an input file of one of `FILES`."""
    frame = table("wind", 3)
    if form == "toml":
        return TOML.encode()
    if form == "csv":
        return frame.round(4).to_csv().encode()
    buffer = io.BytesIO()
    if form == "parquet":
        frame.to_parquet(buffer)
    else:
        blob = frame.tz_localize(None).to_xarray().to_netcdf(engine="h5netcdf")
        buffer.write(bytes(blob))
    return buffer.getvalue()
