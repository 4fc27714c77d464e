"""Power by physics from the weather forecast: at the valid times, and how wrong it was of late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.errors import BundleError, ColumnError
from forecast.features.ahead import Ahead
from forecast.features.clearsky import ClearSky
from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.spec import Spec
from forecast.features.weather import delayed_like
from forecast.features.windows import Rolling
from forecast.physics import (
    Plant,
    PVPlant,
    PVWeather,
    WindPlant,
    described_pv,
    described_wind,
    fit_pv,
    fit_wind,
    pv_weather,
)
from forecast.physics.turbine import SPEEDS
from forecast.site import PVSite
from forecast.storage.typed import one_array, parameters, read_as
from forecast.timegrid import NS_PER_DAY, to_index

HOUR_NS = 3_600_000_000_000
POWER, ERROR, ERROR_MEAN = "physical_power", "physical_error", "physical_error_mean"
DIM = 0.05  # share of capacity of clear-sky power below which an error over it says nothing
MOST_OFF = np.float32(1.5)


def described_plant(data: SiteData) -> Plant:
    """Return the plant as its site describes it.

    Raises:
        SiteError: a PV site without a position, a turbine type that is not known.
    """
    return described_pv(data.site) if isinstance(data.site, PVSite) else described_wind(data.site)


def fitted_plant(data: SiteData, known: Known) -> Plant:
    """Return the plant fitted to the power known over the grid; as described where there is too little of it.

    Raises:
        ColumnError: weather forecasts that tell neither irradiance (PV) nor wind speed (wind).
    """
    plant = described_plant(data)
    power = known.target.astype(np.float64)
    hours = known.spec.step_ns / HOUR_NS
    if isinstance(plant, PVPlant):
        weather = _pv_weather(known, known.weather, np.arange(known.count))
        if weather is None:
            raise _no_column(data, known.spec, "irradiance: a column ghi, or dni and dhi, or poa_global")
        assert isinstance(data.site, PVSite)
        return fit_pv(plant, data.site, weather, power, hours) or plant
    speed = plant.speed(known.weather, known.weather.names)
    if speed is None:
        raise _no_column(data, known.spec, "wind speed: a column wind_speed, wind_speed_10m, wind_speed_100m …")
    return fit_wind(plant, speed, power, hours) or plant


def _no_column(data: SiteData, spec: Spec, what: str) -> ColumnError:
    tables = spec.weather | {name: table for name, table in spec.runs.items() if not table.near}
    have = [f"{name}:{column}" for name, table in tables.items() for column in table.columns]
    return ColumnError(
        f"site {data.site.name!r}: model='physical' needs weather forecasts (nwp=) that tell {what}; "
        f"there are {', '.join(have[:20]) or 'none'}"
    )


def add_physical(columns: Columns, known: Known, sky: ClearSky | None, plant: Plant) -> None:
    """Add `physical_power` at the valid times; where power is known, its error now and over the last three hours.

    Power and, for wind, errors are shares of capacity; for PV errors are shares of clear-sky power.
    """
    columns.add(POWER, expected(known, plant, ahead=True), "share of capacity", "weather forecast")
    if not known.spec.has_power:
        return
    error, unit = known.delayed - delayed_like(known, expected(known, plant, ahead=False)), "share of capacity"
    if sky is not None:
        over = np.full_like(error, np.nan)
        with np.errstate(invalid="ignore"):
            np.divide(error, sky.delayed, out=over, where=sky.delayed > DIM)
        error, unit = np.clip(over, -MOST_OFF, MOST_OFF), "share of clear-sky power"
    per_hour = max(HOUR_NS // known.spec.step_ns, 1)
    width = 1 << max(round(np.log2(3 * per_hour)), 1)  # the doubled width nearest to three hours
    error, at = known.tail(error, width)
    columns.add(ERROR, error[at], unit, "power", 0)
    columns.add(ERROR_MEAN, Rolling(error, (width,), at).mean()[:, 0], unit, "power", 0)


def expected(known: Known, plant: Plant, ahead: bool) -> np.ndarray:
    """Return power (share of capacity, float32) by physics: over the grid, or at the valid times as known at issue.

    Missing where the weather is.
    """
    table = known.weather
    values, place = (Ahead(known, 0, 0).at(), known.valid) if ahead else (table.array, np.arange(known.count))
    weather = {name: values[..., i] for i, name in enumerate(table.names)}
    if isinstance(plant, PVPlant):
        seen = _pv_weather(known, weather, place)
        power = None if seen is None else plant.power(seen)
    else:
        speed = plant.speed(weather, table.names)
        power = None if speed is None else plant.power(speed)
    if power is None:
        return np.full(place.shape, np.nan, dtype=np.float32)
    share: np.ndarray = np.clip(power, 0.0, 1.0).astype(np.float32)
    return share


def _pv_weather(known: Known, weather: Mapping[str, np.ndarray], place: np.ndarray) -> PVWeather | None:
    sun = known.sun
    if sun is None:
        return None
    zenith = 90.0 - sun.elevation[place].astype(np.float64)
    turn = np.rad2deg(np.arctan2(sun.azimuth_sin[place].astype(np.float64), sun.azimuth_cos[place].astype(np.float64)))
    days = np.unique(known.labels // NS_PER_DAY, return_inverse=True)
    day = to_index(days[0] * NS_PER_DAY, "UTC").day_of_year.to_numpy()[days[1]]
    return pv_weather(weather, known.weather.names, zenith, turn % 360.0, day[place].astype(np.float64))


def plant_parts(plant: Plant) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return plain values and arrays that `plant_from_parts` reads back."""
    values = {field.name: getattr(plant, field.name) for field in fields(plant)}
    if isinstance(plant, PVPlant):
        return {"kind": "pv", **values}, {}
    return {"kind": "wind", **{k: v for k, v in values.items() if k != "curve"}}, {"plant_curve": values["curve"]}


def plant_from_parts(values: dict[str, Any], arrays: dict[str, np.ndarray], kind: str) -> Plant:
    """Return the plant of a `"pv"` or `"wind"` site that `plant_parts` described."""
    rest = {key: value for key, value in values.items() if key != "kind"}
    if values.get("kind") != kind:
        raise BundleError(f"the plant is of kind {values.get('kind')!r}, its site of kind {kind!r}")
    if kind == "pv":
        plant: PVPlant = read_as(PVPlant, rest, "plant")
        if not (abs(plant.tilt) <= 180 and abs(plant.azimuth) <= 720 and plant.scale > 0 and plant.limit > 0):
            raise BundleError(f"no plant is so: {plant}")
        return plant
    curve = one_array(arrays, "plant_curve", 1)
    if curve.shape != SPEEDS.shape:
        raise BundleError(f"plant_curve has {len(curve)} values, expected {len(SPEEDS)}")
    return WindPlant(curve, **parameters(WindPlant, rest, "plant"))
