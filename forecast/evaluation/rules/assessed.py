"""One part of a rule applied to one model's forecasts of one site, point by point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.evaluation.rules.clock import Runs
from forecast.evaluation.rules.points import chosen_points
from forecast.rules import Part, Rule
from forecast.rules.exempting import COUNTED, Points, excluded
from forecast.rules.judging import Judged, judge
from forecast.rules.rule import PERIODS
from forecast.timegrid import NS_PER_HOUR

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Assessed:
    """The points (n,) that a part looks at, what became of them, and when they were.

    Attributes:
        why: place in `REASONS`; point_penalty, unreported_penalty: each point's share [the rule's unit].
        unreported: no forecast was there. run_ns, day, month, hour: of each point.
    """

    part: Part
    points: Points
    why: IntArray
    judged: Judged
    point_penalty: FloatArray
    unreported: BoolArray
    unreported_penalty: FloatArray
    run: IntArray
    run_ns: IntArray
    day: IntArray
    month: IntArray
    step_ns: int

    def errors(self, codes: IntArray, n: int) -> FloatArray:
        """Return the error of each group: the mean of its periods; of groups finer than a period, their own."""
        used = self.why == COUNTED
        if self._finer(codes):
            points = replace(self.points, period=codes)
            return judge(points, used, self.part, np.arange(n), self.step_ns / NS_PER_HOUR).period_error
        last = np.zeros(len(self.judged.period_error), dtype=np.int64)
        last[self.points.period] = codes  # a period belongs to the group of its last point
        known = np.isfinite(self.judged.period_error)
        total = np.bincount(last[known], self.judged.period_error[known], n)
        count = np.bincount(last[known], minlength=n)
        mean: FloatArray = np.divide(total, count, out=np.full(n, np.nan), where=count > 0)
        return mean

    def _finer(self, codes: IntArray) -> bool:
        """Return whether some period lies in several groups that lie in no other period."""
        by_group, by_period = len(np.unique(codes)), len(np.unique(self.points.period))
        return by_group > by_period

    def penalties(self, codes: IntArray, n: int) -> FloatArray:
        """Return the penalty of each group, the sum of its points' shares; NaN: none on record, or no point counts."""
        total = np.bincount(codes, self.point_penalty, minlength=n)
        count = np.bincount(codes, self.why == COUNTED, minlength=n)
        return np.where(count > 0, total, np.nan)

    def unreported_penalties(self, codes: IntArray, n: int) -> FloatArray:
        """Return what runs that were not reported cost."""
        return np.asarray(np.bincount(codes, np.nan_to_num(self.unreported_penalty), minlength=n), dtype=np.float64)

    def runs(self, codes: IntArray, n: int) -> tuple[IntArray, IntArray]:
        """Return how many runs of each group were reported whole, and how many were due (by their last point)."""
        runs = int(self.run.max(initial=-1)) + 1
        whole, last = np.ones(runs, dtype=bool), np.zeros(runs, dtype=np.int64)
        whole[self.run[self.unreported]] = False
        last[self.run] = codes
        there = np.bincount(self.run, minlength=runs) > 0
        due = np.bincount(last[there], minlength=n)
        return np.bincount(last[there & whole], minlength=n), due

    def keys(self, name: str, causes: tuple[str, ...]) -> IntArray:
        """Return the number by which points are grouped."""
        if name == "cause":
            side = np.where(self.points.forecast > self.points.measured, 0, 1)
            return np.where(self.unreported, causes.index("not reported"), side).astype(np.int64)
        if name == "hour":
            return np.floor(self.points.hour).astype(np.int64)
        return {"run": self.run_ns, "day": self.day, "month": self.month}[name]


def assessed_part(
    runs: Runs, power: FloatArray, capacity_kw: float, step_ns: int, rule: Rule, part: Part, leads: BoolArray | None
) -> Assessed | None:
    """Return what a part makes of forecasts (runs, leads) [kW]; None where they do not reach its points."""
    chosen = chosen_points(runs, part, rule.reported_by) if leads is None else np.broadcast_to(leads, power.shape)
    if not chosen.any():
        return None
    run = np.nonzero(chosen)[0]
    day, month = runs.day[chosen], runs.month[chosen]
    by = {"run": run, "day": day, "month": month}
    _, period = np.unique(by[part.period], return_inverse=True)
    points = Points(
        measured=runs.measured[chosen],
        forecast=power[chosen],
        capacity=np.full(len(run), capacity_kw),
        curtailed=runs.curtailed[chosen],
        outage=runs.outage[chosen],
        dark=runs.dark[chosen],
        hour=runs.hour[chosen],
        period=period,
        day=day,
    )
    missing = ~np.isfinite(points.forecast)
    points, why = excluded(points, rule, part)
    done = judge(points, why == COUNTED, part, _groups_of(period, by, part), step_ns / NS_PER_HOUR)
    spread = _capped(done.point_penalty, points, month, rule, step_ns)
    unreported = _unreported(missing, points, run, month, rule, step_ns)
    return Assessed(
        part,
        points,
        why.astype(np.int64),
        done,
        spread,
        missing,
        unreported,
        run,
        runs.issue_ns[run],
        day,
        month,
        step_ns,
    )


def _groups_of(period: IntArray, by: dict[str, IntArray], part: Part) -> IntArray:
    """Return the number of the group that each period is judged in: that of its last point."""
    assert PERIODS.index(part.judged) >= PERIODS.index(part.period)
    last = np.zeros(int(period.max()) + 1, dtype=np.int64)
    last[period] = by[part.judged]
    return np.unique(last, return_inverse=True)[1]


def _capped(penalty: FloatArray, points: Points, month: IntArray, rule: Rule, step_ns: int) -> FloatArray:
    """Return the points' penalties, those of a month scaled down to what a month may cost at most."""
    if rule.month_cap is None:
        return penalty
    _, code = np.unique(month, return_inverse=True)
    total, most = np.bincount(code, penalty), rule.month_cap * _energy_mwh(points, code, step_ns)
    share = np.divide(most, total, out=np.ones_like(total), where=total > most)
    return np.asarray(penalty * share[code])


def _unreported(
    missing: BoolArray, points: Points, run: IntArray, month: IntArray, rule: Rule, step_ns: int
) -> FloatArray:
    """Return what each missing point costs by the reporting rate: equal shares of its month's charge."""
    out = np.full(len(missing), np.nan)
    terms = rule.reporting
    if terms is None or not (terms.energy_share_per_percent or terms.energy_share_per_run):
        return out
    _, code = np.unique(month, return_inverse=True)
    n = int(code.max()) + 1
    pairs = np.unique(np.stack([code, run], axis=1), axis=0)
    lacking = np.unique(np.stack([code[missing], run[missing]], axis=1), axis=0)
    due, gone = np.bincount(pairs[:, 0], minlength=n), np.bincount(lacking[:, 0], minlength=n)
    share = terms.energy_share_per_percent * 100 * gone / due + terms.energy_share_per_run * gone
    charge = np.minimum(share, terms.month_cap) * _energy_mwh(points, code, step_ns)
    count = np.bincount(code[missing], minlength=n)
    out[missing] = (charge / np.maximum(count, 1))[code[missing]]
    return out


def _energy_mwh(points: Points, month: IntArray, step_ns: int) -> FloatArray:
    """Return the energy measured in each month; what was not measured is not there."""
    energy = np.nan_to_num(np.maximum(points.measured, 0.0)) / 1000 * step_ns / NS_PER_HOUR
    return np.asarray(np.bincount(month, energy), dtype=np.float64)
