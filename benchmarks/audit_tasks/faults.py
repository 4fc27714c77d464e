"""Faults put into a clean record: each returns the spoiled data and when it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import forecast as fc

DAY = pd.Timedelta("1D")
MARGIN = 30  # days at both ends that a lasting fault keeps away from


@dataclass(frozen=True)
class Spoiled:
    data: fc.SiteData
    start: pd.Timestamp


Fault = Callable[[fc.SiteData, np.random.Generator], Spoiled | None]


def with_power(data: fc.SiteData, power: pd.Series, observed: pd.DataFrame | None = None) -> fc.SiteData:
    return fc.SiteData(data.site, power, observed=data.observed if observed is None else observed,
                       nwp=data.nwp or None)  # fmt: skip


def some_day(data: fc.SiteData, rng: np.random.Generator, margin: int = MARGIN) -> pd.Timestamp:
    index = data.power.index
    days = (index[-1] - index[0]) // DAY - 2 * margin
    first = index[0].tz_convert(data.site.timezone or "UTC").normalize()
    return first + (margin + int(rng.integers(max(days, 1)))) * DAY


def shift(minutes: int) -> Fault:
    """From a day on all labels of the logger lie later (or earlier)."""

    def spoil(data: fc.SiteData, rng: np.random.Generator) -> Spoiled:
        start, by = some_day(data, rng), pd.Timedelta(minutes=minutes * int(rng.choice([-1, 1])))
        moved = [None if table is None else table.set_axis(table.index.where(table.index <= start, table.index + by))
                 for table in (data.power, data.observed)]  # fmt: skip
        return Spoiled(with_power(data, *moved), start)

    return spoil


def summer_time(data: fc.SiteData, rng: np.random.Generator) -> Spoiled | None:
    """Labels are a local clock with summer time that was read as UTC."""
    zone = str(rng.choice(["Europe/Paris", "America/New_York"]))
    days = pd.date_range(data.power.index[0].normalize(), data.power.index[-1], freq="D").tz_convert("UTC")
    offset = np.array([t.utcoffset().total_seconds() for t in days.tz_convert(zone)])
    change = np.flatnonzero(np.diff(offset))
    change = change[(change > 15) & (change < len(days) - 15)]
    if not len(change) or data.power_step_ns >= 3.6e12:
        return None
    moved = [None if table is None else table.set_axis(
        table.index.tz_convert(zone).tz_localize(None).tz_localize("UTC").tz_convert(table.index.tz)
    ) for table in (data.power, data.observed)]  # fmt: skip
    return Spoiled(with_power(data, *moved), days[change[0] + 1])


def freeze(data: fc.SiteData, rng: np.random.Generator) -> Spoiled | None:
    """Power shows the same value for three hours, in the middle of what the plant gives."""
    values = data.power.to_numpy().copy()
    n = int(round(pd.Timedelta("3h") / pd.Timedelta(data.power_step_ns)))
    top = np.nanquantile(values, 0.995)
    if n < 4:
        return None
    inner = pd.Series((values > 0.08 * top) & (values < 0.9 * top)).rolling(n + 1).min().to_numpy() == 1
    steady = np.r_[np.full(n, False), data.power.index[n:] - data.power.index[:-n] == pd.Timedelta("3h")]
    ends = np.flatnonzero(inner & steady)
    if not len(ends):
        return None
    end = int(rng.choice(ends))
    values[end - n : end + 1] = values[end - n]
    return Spoiled(with_power(data, pd.Series(values, data.power.index)), data.power.index[end - n])


def thousand(data: fc.SiteData, rng: np.random.Generator) -> Spoiled:
    """From a day on power is in W and read as kW."""
    start = some_day(data, rng, 5)
    return Spoiled(with_power(data, data.power.where(data.power.index <= start, data.power * 1000)), start)


def lost(data: fc.SiteData, rng: np.random.Generator) -> Spoiled:
    """From a day on a fifth of the capacity is gone."""
    start = some_day(data, rng)
    return Spoiled(with_power(data, data.power.where(data.power.index <= start, data.power * 0.8)), start)


def curtailed(data: fc.SiteData, rng: np.random.Generator) -> Spoiled | None:
    """A week in which output is held at half of what the plant reaches; it must cost six hours' output or more."""
    half = 0.5 * float(data.power.quantile(0.995))
    for _ in range(20):
        start = some_day(data, rng, 5)
        week = (data.power.index > start) & (data.power.index <= start + 7 * DAY)
        held = week & (data.power > half).to_numpy()
        if held.sum() * data.power_step_ns >= 6 * 3.6e12:
            power = data.power.mask(held, half)
            return Spoiled(with_power(data, power), data.power.index[held][0])
    return None


SUN, WEATHER, ANY = "PV", "measured weather", "any"
# name, fault, findings that tell it, and what a record must have for the fault to be seen at all
FAULTS: tuple[tuple[str, Fault, tuple[str, ...], str], ...] = (
    ("shift by 15 min", shift(15), ("clock_shift",), SUN),
    ("shift by 60 min", shift(60), ("clock_shift",), SUN),
    ("summer time", summer_time, ("dst_hole", "dst_double", "clock_shift"), ANY),
    ("3 h frozen", freeze, ("frozen",), ANY),
    ("unit x 1000", thousand, ("unit",), ANY),
    ("20 % of capacity lost", lost, ("capacity_changed",), WEATHER),
    ("a week held at 50 %", curtailed, ("curtailment",), ANY),
)
