"""From points that count to errors, scores and penalties, and each point's share of a penalty."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.rules.deviations import DEVIATIONS
from forecast.rules.exempting import Points
from forecast.rules.measures import MEASURES
from forecast.rules.rule import Part, Penalty

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
KW_PER_MW = 1000.0


class Judged(NamedTuple):
    """Error of each period, error and penalty of each group of periods that is judged, penalty of each point.

    NaN where nothing counts; penalties are NaN where the rule's is not on record.
    """

    period_error: FloatArray
    error: FloatArray
    penalty: FloatArray
    point_penalty: FloatArray


def judge(points: Points, used: BoolArray, part: Part, group: IntArray, step_hours: float) -> Judged:
    """Return what a part makes of its points; `group` (periods,) numbers the group that each period is judged in.

    A penalty of a whole group is shared out to its points by what they add to its error, so that it can be summed
    over hours, days or causes.
    """
    if part.deviation:
        return _charged(points, used, part, group, step_hours)
    periods, groups = len(group), int(group.max(initial=-1)) + 1
    measure = MEASURES[part.measure]
    p, f, c = points.measured[used], points.forecast[used], points.capacity[used]
    period = points.period[used]
    loss, weight = measure.terms(p, f, c, **part.params)
    error = _period_error(loss, weight, period, periods, part)
    some = np.isfinite(error)
    mean = _ratio(np.bincount(group[some], error[some], groups), np.bincount(group[some], minlength=groups))
    of_point = group[period]
    share = _shares(loss, period, periods, largest=measure.largest) * np.where(some, error, 0.0)[period]
    share = _shares(share, of_point, groups)
    penalty = _shortfall(mean, part, points, used, of_point, groups)
    spread = np.full(len(used), np.nan if part.penalty is None else 0.0)
    spread[used] = penalty[of_point] * share
    return Judged(error, mean, penalty, spread)


def _period_error(loss: FloatArray, weight: FloatArray, period: IntArray, periods: int, part: Part) -> FloatArray:
    measure = MEASURES[part.measure]
    count = np.bincount(period, minlength=periods)
    if measure.largest:
        error = np.full(periods, -np.inf)
        np.maximum.at(error, period, loss)
    else:
        total, over = np.bincount(period, loss, periods), np.bincount(period, weight, periods)
        error = np.divide(total, over, out=np.zeros(periods), where=over > 0)  # no error at all: 0
    error = np.sqrt(error) if measure.root else error
    error = np.minimum(error, 1.0) if measure.clipped else error
    return np.where(count > 0, error, np.nan)


def _shares(loss: FloatArray, group: IntArray, groups: int, *, largest: bool = False) -> FloatArray:
    """Return each point's share of its group's loss; where there is none, equal shares."""
    if largest:
        most = np.full(groups, -np.inf)
        np.maximum.at(most, group, loss)
        loss = (loss == most[group]).astype(np.float64)
    finite = np.where(np.isfinite(loss), loss, 1.0)
    total, count = np.bincount(group, finite, groups), np.bincount(group, minlength=groups)
    empty = total[group] <= 0
    out = np.divide(finite, total[group], out=np.zeros_like(finite), where=~empty)
    out[empty] = 1.0 / count[group[empty]]
    return out


def _shortfall(
    error: FloatArray, part: Part, points: Points, used: BoolArray, group: IntArray, groups: int
) -> FloatArray:
    if part.penalty is None or part.threshold is None:
        return np.full(groups, np.nan)
    count = np.bincount(group, minlength=groups)
    capacity = _ratio(np.bincount(group, points.capacity[used], groups), count) / KW_PER_MW
    # an accuracy has no side: under and over are the same number
    factor = _ratio(np.bincount(group, factors(part.penalty, points.hour[used])[1], groups), count)
    short = np.maximum(part.threshold - (1.0 - error), 0.0)
    short = np.where(short > 1e-12, short, 0.0)
    size = short / part.penalty.per_share * capacity / part.penalty.per_mw
    return np.asarray(size * factor * (count if part.penalty.times_points else 1.0))


def _charged(points: Points, used: BoolArray, part: Part, group: IntArray, step_hours: float) -> Judged:
    """Deviation energy: each point has its own penalty; the error is the share of points beyond what is allowed."""
    periods, groups = len(group), int(group.max(initial=-1)) + 1
    period = points.period[used]
    cost, beyond = charge(points, used, part, step_hours)
    spread = np.zeros(len(used))
    spread[used] = cost
    error = _ratio(np.bincount(period, beyond, periods), np.bincount(period, minlength=periods))
    total = np.bincount(group[period], cost, groups)
    count = np.bincount(group[period], minlength=groups)
    mean = _ratio(np.bincount(group[period], beyond, groups), count)
    return Judged(error, mean, np.where(count > 0, total, np.nan), spread)


def charge(points: Points, used: BoolArray, part: Part, step_hours: float) -> tuple[FloatArray, BoolArray]:
    """Return what each counted point costs by a deviation rule, and whether it lies beyond what is allowed."""
    assert part.penalty is not None
    p, f = points.measured[used], points.forecast[used]
    excess = DEVIATIONS[part.deviation](p, f, points.capacity[used], points.curtailed[used], **part.params)
    under, over = factors(part.penalty, points.hour[used])
    energy = excess / KW_PER_MW * step_hours / part.penalty.per_mwh
    return np.asarray(energy * np.where(p > f, under, over)), excess > 0


def factors(penalty: Penalty, hour: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the factors for power under and over what was measured, by the local time of day [h]."""
    under, over = np.full(hour.shape, penalty.under), np.full(hour.shape, penalty.over)
    for slot in penalty.slots:
        inside = np.zeros(hour.shape, dtype=bool)
        for start, end in slot.hours:
            inside |= (hour >= start) & (hour < end)
        under[inside], over[inside] = slot.under, slot.over
    return under, over


def _ratio(total: NDArray[Any], count: NDArray[Any]) -> FloatArray:
    mean: FloatArray = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return mean
