"""Small synthetic plants for the tests: plain functions, fixed seeds, with the gaps and oddities of real records."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from forecast import Forecaster, PVSite, SiteData, WindSite
from forecast.design import Design
from forecast.features.featureset import FeatureSet, fit_features
from forecast.features.spec import read_spec
from forecast.timegrid import duration_ns
from forecast.training import training_times

START = pd.Timestamp("2024-03-01 00:00", tz="UTC")
WIND_CAPACITY, PV_CAPACITY = 2050.0, 480.0


def wandering(rng: np.random.Generator, count: int, memory: float, start: float = 0.0) -> np.ndarray:
    """Return an autoregressive series of mean 0 and variance 1; `memory` = correlation of neighbours."""
    steps = rng.normal(size=count) * np.sqrt(1 - memory**2)
    out = np.empty(count)
    last = start
    for i, step in enumerate(steps):
        last = memory * last + step
        out[i] = last
    return out


def labels(days: float, step: str, tz: str, start: pd.Timestamp = START) -> pd.DatetimeIndex:
    """Return period-ending labels over so many days."""
    step_ = pd.Timedelta(step)
    return pd.date_range(start + step_, start + pd.Timedelta(days=days), freq=step_).tz_convert(tz)


def memory_of(step: str, hours: float) -> float:
    """Return the correlation of neighbours for a correlation time in hours."""
    return float(np.exp(-pd.Timedelta(step) / pd.Timedelta(hours=hours)))


def wind_site(name: str = "ridge", **changes: Any) -> WindSite:
    place = {"latitude": 48.45, "longitude": 5.59, "altitude_m": 410.0, "timezone": "Europe/Paris"}
    return WindSite(name, WIND_CAPACITY, **(place | {"hub_height_m": 80.0} | changes))


def pv_site(name: str = "roof", position: bool = True, **changes: Any) -> PVSite:
    place = {"latitude": 40.1, "longitude": 116.3, "surface_tilt": 30.0, "surface_azimuth": 180.0} if position else {}
    return PVSite(name, PV_CAPACITY, timezone="Asia/Shanghai", **(place | changes))


def wind_power(speed: np.ndarray) -> np.ndarray:
    """Return the share of capacity of a plain turbine: nothing below 3 m/s, everything from 12 to 24 m/s."""
    share = np.clip((speed**3 - 27) / (12.0**3 - 27), 0, 1)
    return np.where(speed > 24, 0.0, share)


def clear_sky_share(index: pd.DatetimeIndex, latitude: float = 40.1, longitude: float = 116.3) -> np.ndarray:
    """Return a rough clear-sky power: the sine of the sun's elevation, from the day's number and the solar hour."""
    utc = index.tz_convert("UTC")
    hour = utc.hour + utc.minute / 60 - (utc[1] - utc[0]) / pd.Timedelta("1h") / 2 + longitude / 15
    tilt = np.deg2rad(23.45) * np.sin(2 * np.pi * (utc.day_of_year - 81) / 365)
    here = np.deg2rad(latitude)
    height = np.sin(here) * np.sin(tilt) + np.cos(here) * np.cos(tilt) * np.cos(np.deg2rad(15 * (hour - 12)))
    return np.clip(np.asarray(height, dtype=float), 0, None)


def with_gaps(rng: np.random.Generator, table: Any, drop: float = 0.01, blank: float = 0.02) -> Any:
    """Return a table with single rows and one day's morning dropped, and other values missing."""
    keep = rng.random(len(table)) > drop
    day = len(table) // 3
    keep[day : day + max(len(table) // 160, 3)] = False
    keep[[0, -1]] = True
    out = table[keep].copy()
    hit = rng.random(out.shape) < blank
    hit[0], hit[-1] = False, False
    return out.mask(hit)


def wind(
    days: float = 24,
    step: str = "15min",
    *,
    site: WindSite | None = None,
    seed: int = 1,
    nwp: bool = True,
    observed_step: str | None = None,
    nwp_step: str = "1h",
    **options: Any,
) -> SiteData:
    """Return a wind farm with mast (speed, direction, temperature) and a weather forecast that errs."""
    rng = np.random.default_rng(seed)
    fine = labels(days + 3, step, "Europe/Paris")
    hours = np.arange(len(fine)) * (pd.Timedelta(step) / pd.Timedelta("1h"))
    slow = 7.5 + 2.5 * wandering(rng, len(fine), memory_of(step, 18)) + 0.8 * np.sin(2 * np.pi * hours / 24)
    speed = np.clip(slow + 0.9 * wandering(rng, len(fine), memory_of(step, 0.7)), 0.2, None)
    turn = 250 + 70 * wandering(rng, len(fine), memory_of(step, 30))
    power = pd.Series(WIND_CAPACITY * wind_power(speed) - 8.0 * (speed < 3), index=fine, name="power")
    power += 6 * rng.normal(size=len(power)) * (power > 0)
    mast = pd.DataFrame(
        {
            "wind_speed": speed * 0.93 + 0.15 * rng.normal(size=len(fine)),
            "wind_direction": turn % 360,
            "temp_air": 9 + 5 * np.sin(2 * np.pi * (hours - 9) / 24) + rng.normal(size=len(fine)),
        },
        index=fine,
    ).clip(lower=0)
    end = START + pd.Timedelta(days=days)
    runs = pd.DataFrame({"wind_speed_100m": slow + 0.7 * wandering(rng, len(fine), memory_of(step, 6)),
                         "wind_direction_100m": turn % 360}, index=fine).clip(lower=0)  # fmt: skip
    every = max(round(pd.Timedelta(nwp_step) / pd.Timedelta(step)), 1)
    power, mast = power[power.index <= end], mast[mast.index <= end]
    if observed_step is not None:
        mast = mast.resample(observed_step, label="right", closed="right").mean()
    return SiteData(
        site or wind_site(),
        with_gaps(rng, power),
        observed=with_gaps(rng, mast),
        nwp=runs.iloc[every - 1 :: every].tz_convert("UTC") if nwp else None,
        **options,
    )


def pv(
    days: float = 44,
    step: str = "15min",
    *,
    site: PVSite | None = None,
    seed: int = 2,
    nwp: bool = True,
    observed: bool = True,
    **options: Any,
) -> SiteData:
    """Return a PV plant with a pyranometer and a weather forecast that errs."""
    rng = np.random.default_rng(seed)
    fine = labels(days + 3, step, "Asia/Shanghai")
    clear = clear_sky_share(fine)
    sky = np.clip(0.75 + 0.3 * wandering(rng, len(fine), memory_of(step, 30)), 0.15, 1)
    index = np.clip(sky + 0.12 * wandering(rng, len(fine), memory_of(step, 0.5)), 0.05, 1.1)
    power = pd.Series(PV_CAPACITY * np.clip(0.95 * clear * index, 0, 1), index=fine, name="power")
    power -= 0.6 * (clear == 0)  # own use at night
    warmth = 12 + 9 * clear + rng.normal(size=len(fine))
    ghi = pd.DataFrame({"ghi": 1000 * clear * index, "temp_air": warmth}, index=fine)
    runs = pd.DataFrame({"ghi": 1000 * clear * np.clip(sky + 0.1 * rng.normal(size=len(fine)), 0, 1.1)}, index=fine)
    every = max(round(pd.Timedelta("1h") / pd.Timedelta(step)), 1)
    runs = runs.resample("1h", label="right", closed="right").mean() if every > 1 else runs
    end = START + pd.Timedelta(days=days)
    power, ghi = power[power.index <= end], ghi[ghi.index <= end]
    return SiteData(
        site or pv_site(),
        with_gaps(rng, power),
        observed=with_gaps(rng, ghi) if observed else None,
        nwp=runs.tz_convert("UTC") if nwp else None,
        **options,
    )


def forecaster(model: Any = "reference", **changes: Any) -> Forecaster:
    """Return a forecaster of three leads, an hour and a half at most."""
    settings = {"horizon": "45min", "step": "15min", "quantiles": (0.05, 0.25, 0.5, 0.75, 0.95)}
    return Forecaster(model=model, **(settings | changes))


def rebuilt(data: SiteData, **changes: Any) -> SiteData:
    """Return the same data with some inputs replaced (`None` takes one away)."""
    have = {
        "power": data.power,
        "observed": data.observed,
        "nwp": data.nwp or None,
        "available_kw": data.available_kw,
        "curtailed": data.curtailed,
        "plan": None if data.plan is None else data.plan.iloc[:, :5],
        "neighbours": data.neighbours,
        "delay": {name: pd.Timedelta(value, unit="ns") for name, value in data.delays.items()} | data.drawn,
    } | changes
    return SiteData(data.site, have.pop("power"), **have)


def nanoseconds(moments: Any) -> np.ndarray:
    """Return sorted issue times as the int64 nanoseconds that designs take."""
    return pd.DatetimeIndex(moments).as_unit("ns").asi8


def features_of(data: SiteData, leads: tuple[int, ...] = (1, 2, 5), step: str = "15min", own: Any = ()) -> FeatureSet:
    """Return the features of a site as a forecaster would fit them."""
    spec = read_spec(data, duration_ns(step), leads)
    return fit_features([data], [spec], [training_times(data, spec, 1)], tuple(own))[0]


def by_name(design: Design) -> dict[str, np.ndarray]:
    """Return a design's features by name, (n,) or (n, L)."""
    out = {column.name: design.common[:, i] for i, column in enumerate(design.common_columns)}
    return out | {column.name: design.lead[:, :, i] for i, column in enumerate(design.lead_columns)}


def same_bits(a: Design, b: Design) -> list[str]:
    """Return the names of what differs between two designs in a single bit."""
    arrays = ("common", "lead", "now", "index", "clear", "up", "slot", "season", "scale", "issue_ns", "leads")
    wrong = [name for name in arrays if getattr(a, name).tobytes() != getattr(b, name).tobytes()]
    here, there = by_name(a), by_name(b)
    return wrong + [name for name in here if here[name].tobytes() != there[name].tobytes()]


@cache
def small_design(kind: str = "wind") -> Design:
    """Return some hundred rows of a plant's features and truth, three leads."""
    data = pv() if kind == "pv" else wind()
    features = features_of(data)
    times = data.times("power")
    return features.design(data, times[len(times) // 5 :: 7])


def weather_runs(days: float, seed: int = 8) -> Any:
    """Return runs of a weather model, one every six hours, each with its own error."""
    import xarray as xr

    inits = pd.date_range(START.tz_localize(None), periods=int(days * 4), freq="6h").as_unit("ns")
    leads = pd.timedelta_range("0h", "12h", freq="1h").as_unit("ns")
    values = np.random.default_rng(seed).gamma(4, 2, size=(len(inits), len(leads)))
    return xr.Dataset(
        {"wind_speed_100m": (("init_time", "lead_time"), values)}, {"init_time": inits, "lead_time": leads}
    )


def weather_members(days: float, seed: int = 9) -> Any:
    """Return runs of three members, one every twelve hours, three-hourly, with a direction and gaps."""
    import xarray as xr

    inits = pd.date_range(START.tz_localize(None), periods=int(days * 2), freq="12h").as_unit("ns")
    leads = pd.timedelta_range("0h", "36h", freq="3h").as_unit("ns")
    rng = np.random.default_rng(seed)
    speed = rng.gamma(4, 2, size=(len(inits), len(leads), 3))
    speed[rng.random(speed.shape) < 0.03] = np.nan
    dims = ("init_time", "lead_time", "member")
    quantities = {"wind_speed_10m": (dims, speed), "wind_direction_10m": (dims, rng.uniform(0, 360, speed.shape))}
    return xr.Dataset(quantities, {"init_time": inits, "lead_time": leads, "member": [0, 1, 2]})
