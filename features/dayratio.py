"""What a day's output was worth: its energy over what the day's weather should have given, hour by hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData, cleaning
from forecast.data.blocks import between, block_means
from forecast.features import solar
from forecast.features.response import Curve
from forecast.features.spec import Spec
from forecast.timegrid import NS_PER_DAY, duration_ns

HOUR_NS = duration_ns("1h")
LEAST_HOURS = 3
LEAST_RATIO = 0.05  # below: a stop of the whole plant, not a part of it
BRIGHT = 100.0  # W/m² below which an hour of a PV plant says little
WINDY = 0.1  # share of capacity that the wind should give
MOST_TILT = 3.0  # irradiance on the modules over that on the ground
CLEAR_SKY = ""


@dataclass(frozen=True)
class Driver:
    """What says how much a plant should give: `source:column`, or the clear sky; wind speeds with a curve."""

    name: str
    curve: Curve | None = None
    tilted: bool = False  # measured on the ground, worth what it is on the modules

    @cached_property
    def told(self) -> tuple[Any, ...]:
        """All of it as values that can be compared."""
        curve = None if self.curve is None else (self.curve.x.tobytes(), self.curve.y.tobytes())
        return self.name, self.tilted, curve


def drivers(data: SiteData, spec: Spec, curves: dict[str, Curve]) -> list[Driver]:
    """Return what could say how much the plant should give: irradiance, the clear sky, or wind speeds with a curve."""
    columns = list(_columns(data, spec))
    if spec.kind == "wind":
        return [Driver(name, curves[name]) for name in columns if name in curves]
    found = [Driver(name) for name in columns if name.split(":")[1].split("_")[0] in ("ghi", "poa")]
    if spec.has_position:
        found += [Driver(name.name, tilted=True) for name in found if name.name.split(":")[1].startswith("ghi")]
        found.append(Driver(CLEAR_SKY))
    return found


def _columns(data: SiteData, spec: Spec) -> Iterator[str]:
    tables = ({"observed": spec.observed} if spec.observed else {}) | spec.weather
    for source, table in tables.items():
        yield from (f"{source}:{column}" for column in table.columns)


def day_ratios(data: SiteData, spec: Spec, driver: Driver, first_ns: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of each day's energy over its worth, and the worth [h of full output], (days,) float64.

    Days begin at `first_ns`; NaN: fewer than three hours of daylight (wind) with both known, or the plant stood.
    """
    tables = spec.observed, *spec.weather.values()
    what = ("day ratios", *driver.told, first_ns, days, spec.power_step_ns, tables)
    until = read_until(spec, first_ns, days)
    return data.remembered(what, until, lambda: _day_ratios(data, spec, driver, first_ns, days))


def read_until(spec: Spec, first_ns: int, days: int) -> int:
    """Return the label [ns] up to which values decide the ratios of some days."""
    # a coarser input is read up to its next value
    coarse = [table.step_ns for table in (spec.observed, *spec.weather.values()) if table and table.step_ns > HOUR_NS]
    return first_ns + days * NS_PER_DAY + 2 * max(coarse, default=0)


def _day_ratios(data: SiteData, spec: Spec, driver: Driver, first_ns: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    per_day = NS_PER_DAY // HOUR_NS
    labels = first_ns + HOUR_NS * (1 + np.arange(days * per_day))
    power = _power(data, spec, labels)
    worth = _worth(data, spec, driver, labels)
    use = np.isfinite(power) & (worth > (WINDY if spec.kind == "wind" else BRIGHT / 1000))
    given, wanted = (np.where(use, x, 0.0).reshape(days, per_day).sum(axis=1) for x in (power, worth))
    ratio = np.divide(given, wanted, out=np.zeros(days), where=wanted > 0)
    enough = (use.reshape(days, per_day).sum(axis=1) >= LEAST_HOURS) & (ratio > LEAST_RATIO)
    return np.where(enough, np.log(np.maximum(ratio, LEAST_RATIO)), np.nan), wanted


def _power(data: SiteData, spec: Spec, labels: np.ndarray) -> np.ndarray:
    """Return hourly clean power as a share of capacity, missing where it was limited from outside."""
    times, power = data.times("power"), data.values("power")
    low = np.searchsorted(times, labels[0] - HOUR_NS - cleaning.LOOKBACK_NS, side="right")
    high = np.searchsorted(times, labels[-1], side="right")
    times, power = times[low:high], power[low:high]
    flags = data.power_flags(int(low), int(high), spec.power_step_ns)
    share = np.where(flags == 0, power, np.nan) / data.site.capacity_kw
    hourly = _hourly(times, share, spec.power_step_ns, labels)
    return np.where(data.limited(labels, HOUR_NS), np.nan, hourly)


def _worth(data: SiteData, spec: Spec, driver: Driver, labels: np.ndarray) -> np.ndarray:
    """Return what each hour's weather should have given, up to a factor: power by the curve, or W/m² / 1000."""
    if driver.name == CLEAR_SKY:
        return _sun(data, labels).plane.astype(np.float64) / 1000
    values = _weather(data, spec, driver.name, labels)
    if driver.curve is not None:
        return driver.curve(values).astype(np.float64)
    if driver.tilted:
        sun = _sun(data, labels)
        tilted = np.divide(sun.plane, sun.ghi, out=np.ones(len(labels)), where=sun.ghi > BRIGHT)
        values = values * np.minimum(tilted, MOST_TILT)
    return values / 1000


def _sun(data: SiteData, labels: np.ndarray) -> solar.Sun:
    return solar.sun(data.site, int(labels[0]), len(labels), HOUR_NS)


def _weather(data: SiteData, spec: Spec, name: str, labels: np.ndarray) -> np.ndarray:
    source, column = name.split(":", 1)
    table = spec.observed if source == "observed" else spec.weather[source]
    there = data.observed if source == "observed" else data.nwp.get(source)
    if table is None or not isinstance(there, pd.DataFrame):
        return np.full(len(labels), np.nan)
    times = data.times(source)
    margin = cleaning.LOOKBACK_NS + 2 * table.step_ns
    low = np.searchsorted(times, labels[0] - margin, side="right")
    high = np.searchsorted(times, labels[-1] + margin, side="right")
    times, values = times[low:high], data.values(source)[low:high, data.columns(source).index(column)]
    flags = cleaning.weather_flags(column, times, values, table.step_ns, source == "observed")
    return _hourly(times, np.where(flags == 0, values, np.nan), table.step_ns, labels)


def _hourly(times: np.ndarray, values: np.ndarray, step_ns: int, labels: np.ndarray) -> np.ndarray:
    """Return means over hours; values further apart than that linearly between their middles."""
    if step_ns > HOUR_NS:
        return between(times - step_ns // 2, values[:, None], labels - HOUR_NS // 2, step_ns)[:, 0].astype(np.float64)
    whole = max(HOUR_NS // step_ns, 1)
    return block_means(times, values[:, None], int(labels[0]), HOUR_NS, len(labels), whole)[:, 0].astype(np.float64)
