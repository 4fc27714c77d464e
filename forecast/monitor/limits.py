"""Where charts raise an alarm: as often as stated on days drawn from the backtest's own, in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.errors import NotEnoughDataError
from forecast.evaluation.blocks import usual_length
from forecast.monitor.charts import CHARTS, MEASURES, standardised, start, step
from forecast.monitor.losses import FloatArray

YEAR = 365
YEARS = 200  # simulated
WARM_UP = 60  # days before a simulated year that do not count
LEAST_DAYS = 30
HALVINGS = 11
HIGHEST = 100.0
# How much worse the backtest's means are known than days drawn from it tell: weeks it did not see are not drawn.
UNSEEN = 1.5


@dataclass(frozen=True)
class Limits:
    """What is usual for a site: each measure's standard deviation by day, hours scored a day, each chart's threshold.

    Attributes:
        rate: false alarms a year that all charts raise together.
    """

    spread: FloatArray
    thresholds: FloatArray
    hours: float
    rate: float

    @classmethod
    def of(cls, measures: FloatArray, hours: float, rate: float, random_state: Any = 0) -> Limits:
        """Return the limits at which all charts together raise `rate` false alarms a year.

        Args:
            measures: (days, 3), what days of the backtest were like beside what other days promised.

        Years are simulated from days drawn with replacement in blocks of neighbours. Each is held against the mean and
        spread of a record that is drawn anew too, for what is promised is known from a limited record only. Each
        chart gets the same share of the rate: expected numbers of alarms add up, however charts hang together.

        Raises:
            NotEnoughDataError: fewer than 30 days.
        """
        if len(measures) < LEAST_DAYS:
            raise NotEnoughDataError(
                f"the backtest has {len(measures)} scored days; false alarms cannot be told from fewer than "
                f"{LEAST_DAYS}, better 90; run it over more days"
            )
        years = simulated(measures, YEARS, np.random.default_rng(random_state))
        low, high = np.zeros(len(CHARTS)), np.full(len(CHARTS), HIGHEST)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            often = false_alarms(years, middle) > rate / len(CHARTS)
            low, high = np.where(often, middle, low), np.where(often, high, middle)
        return cls(_spread(measures), high, float(hours), float(rate))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"spread": self.spread.tolist(), "thresholds": self.thresholds.tolist(), "hours": self.hours,
                "rate": self.rate}  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Limits:
        """Return what `to_dict` gave."""
        spread, thresholds = (np.array(values[name], dtype=np.float64) for name in ("spread", "thresholds"))
        if spread.shape != (len(MEASURES),) or thresholds.shape != (len(CHARTS),):
            raise ValueError(f"{len(thresholds)} thresholds, expected {len(CHARTS)}")
        return cls(spread, thresholds, float(values["hours"]), float(values["rate"]))


def false_alarms(years: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Return the mean number of alarms a year of each chart, on years (60 + days, years, charts)."""
    path, raised = start(years.shape[1:]), np.zeros(years.shape[1:])
    for number, day in enumerate(years):
        path, new = step(path, day, thresholds)
        if number >= WARM_UP:
            raised += new
    return np.asarray(raised.mean(axis=0) * YEAR / (len(years) - WARM_UP))


def simulated(measures: FloatArray, years: int, rng: np.random.Generator) -> FloatArray:
    """Return standardised days (60 + 365, years, charts) drawn from a record."""
    days = len(measures)
    record = measures[drawn(days, (days, years), rng)]
    off = UNSEEN * (record.mean(axis=0) - measures.mean(axis=0))
    live = measures[drawn(days, (WARM_UP + YEAR, years), rng)]
    return standardised(live - off, _spread(record))


def _spread(record: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(record.std(axis=0), np.finfo(np.float64).tiny))


def drawn(days: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return numbers of days in blocks of neighbours along the first axis; after the last comes the first."""
    length = usual_length(days)
    first = rng.integers(0, days, size=(-(-shape[0] // length), 1, shape[1]))
    places = (first + np.arange(length)[:, None]) % days
    return np.asarray(places.reshape(-1, shape[1])[: shape[0]])
