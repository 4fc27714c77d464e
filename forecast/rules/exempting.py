"""Which points a rule leaves out, and why; every one is counted and told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.rules.rule import Part, Rule

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

#: why a point does not count, by its code; 0 counts
REASONS = ("counted", "missing_truth", "curtailed", "outage", "night", "exempt", "no_forecast", "incomplete_day")
COUNTED, MISSING, CURTAILED, OUTAGE, NIGHT, EXEMPT, NO_FORECAST, INCOMPLETE = range(len(REASONS))


@dataclass(frozen=True)
class Points:
    """Points of one site and part, flat (n,): power [kW], NaN where unknown; what was the matter; local hour, period.

    Attributes:
        hour: local time of day of the interval's middle, in hours.
        period: number of the period that a point belongs to, 0 … ; day: number of its day.
    """

    measured: FloatArray
    forecast: FloatArray
    capacity: FloatArray
    curtailed: BoolArray
    outage: BoolArray
    dark: BoolArray
    hour: FloatArray
    period: IntArray
    day: IntArray


def excluded(points: Points, rule: Rule, part: Part) -> tuple[Points, NDArray[np.int8]]:
    """Return the points as the rule reads them (own use, missing forecasts) and the place in `REASONS` of each."""
    p, f, c = points.measured, points.forecast, points.capacity
    known, made = np.isfinite(p), np.isfinite(f)
    if rule.negative == "zero":
        p = np.maximum(p, 0.0)
    why = np.zeros(len(p), dtype=np.int8)
    why[~made] = NO_FORECAST
    with np.errstate(invalid="ignore"):
        least = np.maximum(part.least_kw, part.least_share * c)
        below = (p < rule.both_below * c) & (f < rule.both_below * c)
        why[(below | ((p < least) & (least > 0))) & known] = EXEMPT
    if rule.night == "left out":
        why[points.dark] = NIGHT
    why[~known] = MISSING
    for name, flag, code in (("curtailed", points.curtailed, CURTAILED), ("outage", points.outage, OUTAGE)):
        why[flag & (~known | (name in rule.exempt))] = code
    if rule.missing_forecast == "error 1":
        # an error of 1 is as much as what was measured, or its floor
        worst = p + np.maximum(p, part.params.get("floor", 1.0) * c)
        f, why = np.where(made, f, worst), np.where(why == NO_FORECAST, COUNTED, why)
    if rule.complete_days:
        holes = np.isin(why, (MISSING, CURTAILED, OUTAGE))
        torn = np.isin(points.day, np.unique(points.day[holes]))
        why = np.where(torn & (why == COUNTED), INCOMPLETE, why)
    return replace(points, measured=p, forecast=f), why.astype(np.int8)


def counts(why: NDArray[np.int8], groups: IntArray, n_groups: int) -> IntArray:
    """Return how many points of each group count or not, (n_groups, len(REASONS))."""
    flat = np.bincount(groups * len(REASONS) + why, minlength=n_groups * len(REASONS))
    return flat.reshape(n_groups, len(REASONS)).astype(np.int64)
