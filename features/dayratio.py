"""What a day's output was worth: its energy over what the day's weather should have given, hour by hour."""

from __future__ import annotations

import hashlib
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
from forecast.features.spec import Spec, Table
from forecast.timegrid import NS_PER_DAY, duration_ns

HOUR_NS = duration_ns("1h")
LEAST_HOURS = 3
LEAST_RATIO = 0.05  # below: a stop of the whole plant, not a part of it
BRIGHT = 100.0  # W/m² below which an hour of a PV plant says little
WINDY = 0.1  # share of capacity that the wind should give
MOST_TILT = 3.0  # irradiance on the modules over that on the ground
CLEAR_SKY = ""
MOST_KEPT, MOST_DAYS = 4096, 100  # ratios of so many windows, of at most so many days, are kept in a process

_kept: dict[tuple[Any, ...], tuple[np.ndarray, np.ndarray]] = {}


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
    """Return the ratios; of a window that was asked for with the same values before, those found then.

    Whoever forecasts each minute from new data asks for the same days again and again.
    """
    labels = first_ns + HOUR_NS * (1 + np.arange(days * (NS_PER_DAY // HOUR_NS)))
    power, weather = _rows_of_power(data, labels), _rows_of_weather(data, spec, driver.name, labels)
    if days > MOST_DAYS or data.curtailed is not None:
        return _made(data, spec, driver, labels, power, weather)
    read = hashlib.blake2b(digest_size=16)
    for array in (data.times("power")[power], data.values("power")[power], *(weather or ())):
        read.update(np.ascontiguousarray(array).data)
    tables = spec.observed, *spec.weather.values(), weather is None
    what = data.site, *driver.told, spec.kind, spec.power_step_ns, first_ns, days, tables, read.digest()
    found = _kept.get(what)
    if found is None:
        found = _made(data, spec, driver, labels, power, weather)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[what] = found
    return found


def _made(
    data: SiteData, spec: Spec, driver: Driver, labels: np.ndarray, rows: slice,
    weather: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    per_day = NS_PER_DAY // HOUR_NS
    power, worth = _power(data, spec, labels, rows), _worth(data, spec, driver, labels, weather)
    use = np.isfinite(power) & (worth > (WINDY if spec.kind == "wind" else BRIGHT / 1000))
    given, wanted = (np.where(use, x, 0.0).reshape(-1, per_day).sum(axis=1) for x in (power, worth))
    ratio = np.divide(given, wanted, out=np.zeros(len(wanted)), where=wanted > 0)
    enough = (use.reshape(-1, per_day).sum(axis=1) >= LEAST_HOURS) & (ratio > LEAST_RATIO)
    out = np.where(enough, np.log(np.maximum(ratio, LEAST_RATIO)), np.nan), wanted
    for array in out:
        array.setflags(write=False)  # shared by all that ask again
    return out


def _rows_of_power(data: SiteData, labels: np.ndarray) -> slice:
    return _between(data.times("power"), labels[0] - HOUR_NS - cleaning.LOOKBACK_NS, labels[-1])


def _between(times: np.ndarray, after: int, until: int) -> slice:
    return slice(int(times.searchsorted(after, side="right")), int(times.searchsorted(until, side="right")))


def _power(data: SiteData, spec: Spec, labels: np.ndarray, rows: slice) -> np.ndarray:
    """Return hourly clean power as a share of capacity, missing where it was limited from outside."""
    flags = data.power_flags(rows.start, rows.stop, spec.power_step_ns)
    share = np.where(flags == 0, data.values("power")[rows], np.nan) / data.site.capacity_kw
    hourly = _hourly(data.times("power")[rows], share, spec.power_step_ns, labels)
    return np.where(data.limited(labels, HOUR_NS), np.nan, hourly)


def _worth(
    data: SiteData, spec: Spec, driver: Driver, labels: np.ndarray, weather: tuple[np.ndarray, np.ndarray] | None
) -> np.ndarray:
    """Return what each hour's weather should have given, up to a factor: power by the curve, or W/m² / 1000."""
    if driver.name == CLEAR_SKY:
        return _sun(data, labels).plane.astype(np.float64) / 1000
    values = np.full(len(labels), np.nan) if weather is None else _weather(spec, driver.name, labels, *weather)
    if driver.curve is not None:
        return driver.curve(values).astype(np.float64)
    if driver.tilted:
        sun = _sun(data, labels)
        tilted = np.divide(sun.plane, sun.ghi, out=np.ones(len(labels)), where=sun.ghi > BRIGHT)
        values = values * np.minimum(tilted, MOST_TILT)
    return values / 1000


def _sun(data: SiteData, labels: np.ndarray) -> solar.Sun:
    return solar.sun(data.site, int(labels[0]), len(labels), HOUR_NS)


def _rows_of_weather(
    data: SiteData, spec: Spec, name: str, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the labels and values of an input around some hours; None for the clear sky, and where there is none."""
    if name == CLEAR_SKY:
        return None
    source, column = name.split(":", 1)
    table = _table(spec, source)
    there = data.has("observed") if source == "observed" else isinstance(data.nwp.get(source), pd.DataFrame)
    if table is None or not there:
        return None
    times, near = data.times(source), 2 * table.step_ns  # a coarse value is read up to the next one
    rows = _between(times, labels[0] - cleaning.LOOKBACK_NS - near, labels[-1] + near)
    return times[rows], data.values(source)[rows, data.columns(source).index(column)]


def _table(spec: Spec, source: str) -> Table | None:
    return spec.observed if source == "observed" else spec.weather[source]


def _weather(spec: Spec, name: str, labels: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return hourly means of possible values."""
    source, column = name.split(":", 1)
    table = _table(spec, source)
    assert table is not None
    flags = cleaning.weather_flags(column, times, values, table.step_ns, source == "observed")
    return _hourly(times, np.where(flags == 0, values, np.nan), table.step_ns, labels)


def _hourly(times: np.ndarray, values: np.ndarray, step_ns: int, labels: np.ndarray) -> np.ndarray:
    """Return means over hours; values further apart than that linearly between their middles."""
    if step_ns > HOUR_NS:
        return between(times - step_ns // 2, values[:, None], labels - HOUR_NS // 2, step_ns)[:, 0].astype(np.float64)
    whole = max(HOUR_NS // step_ns, 1)
    return block_means(times, values[:, None], int(labels[0]), HOUR_NS, len(labels), whole)[:, 0].astype(np.float64)
