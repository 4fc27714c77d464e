"""Capacity in service, told causally from output over weather: strings and turbines that were lost or added.

The level m(d) of a day d is the median of the last n days' log(energy / worth). Where it has left the level seen in
training by more than `LEAST`, the capacity in service is exp(m(d) − level) of the stated one, else all of it. n is the
smallest number of days for which two neighbouring medians of the training record stay within `LEAST`: a day's noise,
and how long dull weather lasts, decide how fast a loss is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.errors import BundleError
from forecast.features.dayratio import CLEAR_SKY, Driver, day_ratios, drivers, read_until
from forecast.features.response import Curve
from forecast.features.spec import Spec
from forecast.storage.typed import read_as
from forecast.timegrid import NS_PER_DAY, duration_ns

LEAST = 0.25  # of the logarithm: what the weather's own ups and downs must not reach
DAYS = (4, 5, 7, 10, 14)
QUIET = 0.95  # of the differences of neighbouring medians that must stay within LEAST / MARGIN
MARGIN = 2.0
MONTH, STEADY = 30, 0.8  # that share of the medians must stay within LEAST over a month: no season, no drift
HIGH = 0.9  # quantile of the levels that stands for all of the capacity
WINDOW = 40  # days back that the newest n with a value may lie
FEW = 2  # times the number of days: how far back they mostly lie
WORTHY = 0.3  # of a good day's worth; duller days say too little
LEAST_LEVELS = 40
HOUR_NS = duration_ns("1h")
LOWEST, HIGHEST = 0.1, 3.0


@dataclass(frozen=True)
class InService:
    """How a site's capacity in service is told: by which input, over how many days, against which level.

    Attributes:
        offset_ns: when a day begins after UTC midnight. usual: the share in service where nothing can be told.
    """

    driver: Driver
    days: int
    level: float
    worth: float
    usual: float
    offset_ns: int

    @property
    def reach_ns(self) -> int:
        """How far back the days that decide may lie."""
        return (WINDOW + 2) * NS_PER_DAY

    def share(self, data: SiteData, spec: Spec, known_ns: np.ndarray) -> np.ndarray:
        """Return the share of the stated capacity that was in service as known at each moment (rising), float64."""
        day = self.day(data, known_ns)
        first = int(day[0])
        found: np.ndarray = self.by_day(data, spec, first, int(day[-1]))[day - first]
        return found

    def day(self, data: SiteData, known_ns: Any) -> Any:
        """Return the day whose share is known at each moment: the first one that is not over."""
        return (known_ns - self._late(data) - self.offset_ns) // NS_PER_DAY

    def by_day(self, data: SiteData, spec: Spec, first: int, last: int) -> np.ndarray:
        """Return the shares of the days from first to last, float64; not to be written to."""

        def make() -> np.ndarray:
            level = self._levels(data, spec, first, last, FEW * self.days)
            # a median looks at the newest values only: with so many of them, older days say nothing
            return self._from_level(self._levels(data, spec, first, last, WINDOW) if np.isnan(level[0]) else level)

        what = (*self._rule, first, last, spec.power_step_ns, spec.observed, *spec.weather.values())
        return data.remembered(what, read_until(spec, self.offset_ns + first * NS_PER_DAY, last - first), make)

    def _levels(self, data: SiteData, spec: Spec, first: int, last: int, back: int) -> np.ndarray:
        """Return the levels of the days from first to last, by values of at most so many days before the first."""
        back = min(back, WINDOW)
        begin = self.offset_ns + (first - back) * NS_PER_DAY
        values, worth = day_ratios(data, spec, self.driver, begin, last - first + back)
        return _levels(np.where(worth >= self.worth, values, np.nan).tobytes(), self.days)[back:]

    @cached_property
    def _rule(self) -> tuple[Any, ...]:
        numbers = self.days, self.level, self.worth, self.usual, self.offset_ns
        return ("in service", *self.driver.told, *numbers)

    def _from_level(self, level: np.ndarray) -> np.ndarray:
        away = level - self.level
        share = np.where(np.abs(away) > LEAST, np.clip(np.exp(away), LOWEST, HIGHEST), 1.0)
        return np.where(np.isnan(level), self.usual, share)

    def _late(self, data: SiteData) -> int:
        measured = self.driver.name.startswith("observed:")
        return max(data.delays["power"], data.delays["observed"] if measured else 0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a manifest; the curve goes by the driver's name."""
        return {
            "driver": self.driver.name, "tilted": self.driver.tilted, "days": self.days, "level": self.level,
            "worth": self.worth, "usual": self.usual, "offset_ns": self.offset_ns,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any], curves: dict[str, Curve]) -> InService:
        """Return what `to_dict` described."""
        told = read_as(_Told, values, "in_service")
        if (
            not 0 < told.days <= WINDOW
            or abs(told.offset_ns) > NS_PER_DAY
            or abs(told.level) > 50
            or not told.usual > 0
        ):
            raise BundleError(f"in_service cannot be so: {told}")
        if told.driver != CLEAR_SKY and ":" not in told.driver:
            raise BundleError(f"in_service: the driver {told.driver[:80]!r} is no input")
        driver = Driver(told.driver, curves.get(told.driver), told.tilted)
        return cls(driver, told.days, told.level, told.worth, told.usual, told.offset_ns)


@dataclass(frozen=True)
class _Told:
    """What a manifest says."""

    driver: str
    tilted: bool
    days: int
    level: float
    worth: float
    usual: float
    offset_ns: int


def levels(values: np.ndarray, days: int) -> np.ndarray:
    """Return for each day, and the one after the last, the median of the newest `days` values before it.

    Missing where fewer of the `WINDOW` days before have a value.
    """
    padded = np.full(WINDOW + len(values), np.nan)
    padded[WINDOW:] = values
    windows = padded[np.arange(WINDOW - 1, len(padded))[:, None] - np.arange(WINDOW)]  # newest first
    here = np.isfinite(windows)
    newest = np.where(here & (np.cumsum(here, axis=1) <= days), windows, np.nan)
    ordered = np.sort(newest, axis=1)[:, :days]
    middle: np.ndarray = (ordered[:, (days - 1) // 2] + ordered[:, days // 2]) / 2
    return np.where(np.isnan(ordered[:, -1]), np.nan, middle)


@lru_cache(maxsize=4096)
def _levels(values: bytes, days: int) -> np.ndarray:
    """Return `levels` of float64 values; forecasts of one day ask for the same again and again."""
    found = levels(np.frombuffer(values), days)
    found.setflags(write=False)
    return found


def fit_in_service(
    data: SiteData, spec: Spec, curves: dict[str, Curve], first_ns: int, last_ns: int
) -> InService | None:
    """Return how the capacity in service is told at a site, None where no input tells it well enough.

    Args:
        first_ns, last_ns: what of the record to learn from; a stated `available_kw` makes an estimate needless.
    """
    if data.available_kw is not None or spec.power_step_ns > HOUR_NS:
        return None
    offset = _midnight(data)
    begin = -(-(first_ns - offset) // NS_PER_DAY) * NS_PER_DAY + offset
    days = (last_ns - begin) // NS_PER_DAY
    found = [] if days < LEAST_LEVELS else list(_candidates(data, spec, curves, begin, days))
    if not found:
        return None
    _, driver, number, worth, level = min(found, key=lambda one: one[0])  # the steadiest
    seen = level[np.isfinite(level)]
    told = InService(driver, number, float(np.quantile(seen, HIGH)), worth, 1.0, offset)
    usual = float(told._from_level(seen[-1:])[0])
    return InService(driver, number, told.level, worth, usual, offset)


def _candidates(
    data: SiteData, spec: Spec, curves: dict[str, Curve], begin: int, days: int
) -> Iterator[tuple[float, Driver, int, float, np.ndarray]]:
    """Yield (drift in a month, input, days with a value, least worth, levels) of the inputs that tell well enough."""
    for driver in drivers(data, spec, curves):
        values, size = day_ratios(data, spec, driver, begin, days)
        good = np.isfinite(values)
        if good.sum() < LEAST_LEVELS:
            continue
        worth = WORTHY * float(np.quantile(size[good], 0.9))
        values = np.where(size >= worth, values, np.nan)
        for number in DAYS:
            level = levels(values, number)
            drift = _moved(level, MONTH, STEADY)
            if _moved(level, number, QUIET) <= LEAST / MARGIN and drift <= LEAST:
                yield drift, driver, number, worth, level
                break


def _moved(level: np.ndarray, days: int, share: float) -> float:
    """Return how far a share of the levels moves at most within some days; for ever where there are too few."""
    moves = np.abs(level[days:] - level[:-days])
    moves = moves[np.isfinite(moves)]
    return float(np.quantile(moves, share)) if len(moves) >= LEAST_LEVELS else np.inf


def _midnight(data: SiteData) -> int:
    """Return when the sun's midnight is after UTC's, in whole hours; 0 without a position."""
    longitude = data.site.longitude
    return 0 if longitude is None else -round(longitude / 15) * HOUR_NS
