"""Watches one site: what it promised, what came, and where its charts stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.monitor import charts
from forecast.monitor.counters import count_forecast, count_power, last_day, new_counters
from forecast.monitor.days import DaySums, day_numbers, day_sums, lead_groups, measures
from forecast.monitor.limits import Limits
from forecast.monitor.losses import FloatArray, IntArray, loss_names
from forecast.monitor.promised import Promised
from forecast.monitor.recorded import Recorded
from forecast.monitor.rolling import WINDOWS, rolling
from forecast.timegrid import NS_PER_DAY, to_index

KEPT_DAYS = 2 * max(WINDOWS.values())
ENOUGH_HOURS = 0.5  # of those that a day of the backtest has


class SiteWatch:
    """Forecasts and outcomes of one site against its promise, in memory that does not grow.

    Days within `keep_ns` of the newest issue time are summed anew whenever somebody looks, so that late and corrected
    values count; older ones are closed: their sums and the charts' state are all that is left of them.
    """

    def __init__(self, recorded: Recorded, promised: Promised, limits: Limits, keep_ns: int) -> None:
        self.recorded, self.promised, self.limits, self.keep_ns = recorded, promised, limits, keep_ns
        self.counters = new_counters()
        self.closed: dict[int, DaySums] = {}
        self.until_day: int | None = None  # the last day that is closed
        self.path = charts.start((len(charts.CHARTS),))
        self.raised = np.zeros(len(charts.CHARTS), dtype=np.int64)
        self.since: list[int | None] = [None] * len(charts.CHARTS)

    # ---------------------------------------------------------------- what comes

    def forecast(self, frame: pd.DataFrame) -> None:
        """Record a forecast, and close the days that are over for good."""
        again = self.recorded.add_forecast(frame)
        count_forecast(self.counters, frame, again)
        newest = self.recorded.newest_ns
        assert newest is not None
        self._close(int(day_numbers(np.array([newest - self.keep_ns]), self.promised.zone)[0]) - 1)

    def outcome(self, labels: IntArray, values: FloatArray, limited: NDArray[np.bool_]) -> None:
        """Record measured power; labels sorted, each once."""
        newest = self.recorded.newest_ns
        if newest is not None and self.until_day is not None:
            oldest = self.recorded.needed_from(self._end_of(self.until_day))
            last = newest + int(self.recorded.leads[-1]) * self.recorded.step_ns
            self.counters["power"]["ahead"] += int(np.count_nonzero(labels > last))
            inside = (labels > oldest) & (labels <= last)
            labels, values, limited = labels[inside], values[inside], limited[inside]
        if len(labels):
            count_power(self.counters, self.recorded.add_power(labels, values, limited))
        if newest is None and len(self.recorded.labels_ns):  # nothing is forecast yet: keep what may be asked for
            self.recorded.drop(int(self.recorded.labels_ns[-1]) - self.keep_ns)

    def _close(self, day: int) -> None:
        if self.until_day is not None and day <= self.until_day:
            return
        open_days = self._open()
        for number in sorted(number for number in open_days if number <= day):
            self.closed[number] = open_days[number]
            self.path, new = self._charts(self.path, open_days[number])
            self._count(number, self.path, new, self.raised, self.since)
        self.until_day = day
        self.closed = {number: sums for number, sums in self.closed.items() if number > day - KEPT_DAYS}
        self.recorded.drop(self._end_of(day))

    def _end_of(self, day: int) -> int:
        midnight = to_index(np.array([(day + 1) * NS_PER_DAY]), None)
        local = midnight.tz_localize(self.promised.zone, ambiguous=np.array([True]), nonexistent="shift_forward")
        return int(local.as_unit("ns").asi8[0])

    # ---------------------------------------------------------------- where it stands

    def _open(self) -> dict[int, DaySums]:
        rows = self.recorded.rows()
        late = day_numbers(rows.valid_ns, self.promised.zone) if len(rows.valid_ns) else rows.valid_ns
        if self.until_day is not None:
            rows = rows.only(late > self.until_day)
        rows = rows.counted()
        return day_sums(rows, self.promised.expected(rows), self.promised.levels, self.promised.zone, self._group)

    @property
    def _group(self) -> IntArray:
        groups = lead_groups(self.recorded.leads.tolist())
        return np.repeat(np.arange(len(groups)), [len(group) for group in groups])

    def _charts(self, path: charts.Path, sums: DaySums) -> tuple[charts.Path, NDArray[np.bool_]]:
        if sums.hours < ENOUGH_HOURS * self.limits.hours:
            return path, np.zeros(len(charts.CHARTS), dtype=bool)
        day = charts.standardised(measures(sums), self.limits.spread)
        return charts.step(path, day, self.limits.thresholds)

    @staticmethod
    def _count(
        number: int, path: charts.Path, new: NDArray[np.bool_], raised: IntArray, since: list[int | None]
    ) -> None:
        raised += new
        for i, active in enumerate(path.alarm.tolist()):
            since[i] = (number if since[i] is None else since[i]) if active else None

    def status(self) -> dict[str, Any]:
        """Return scores, alarms and counters as plain values."""
        open_days = self._open()
        newest, measured = self.recorded.newest_ns, self.recorded.labels_ns
        path, raised, since = self.path, self.raised.copy(), list(self.since)
        # a day is judged once it is over and its last outcome is there
        over = int(day_numbers(measured[-1:] + 1, self.promised.zone)[0]) if len(measured) else -1
        for number in sorted(number for number in open_days if number < over):
            path, new = self._charts(path, open_days[number])
            self._count(number, path, new, raised, since)
        days = self.closed | open_days
        groups, names = lead_groups(self.recorded.leads.tolist()), loss_names(self.promised.levels)
        today = int(day_numbers(np.array([newest]), self.promised.zone)[0]) if newest is not None else 0
        return {
            "newest_issue_time": _text(newest),
            "newest_outcome": _text(int(measured[-1]) if len(measured) else None),
            "scores": rolling(days, today, groups, names),
            "alarms": {
                name: {
                    "active": bool(path.alarm[i]),
                    "since": None if since[i] is None else str(np.datetime64(since[i], "D")),
                    "raised": int(raised[i]),
                    "sum": float(path.sums[i]),
                    "threshold": float(self.limits.thresholds[i]),
                }
                for i, name in enumerate(charts.CHARTS)
            },
            "false_alarms_per_year": self.limits.rate,
            "last_day": self._last_day(newest),
            "counters": {**self.counters, "levels": dict(self.counters["levels"]),
                         "reasons": dict(self.counters["reasons"]), "power": dict(self.counters["power"])},
        }  # fmt: skip

    def _last_day(self, newest: int | None) -> dict[str, int]:
        recorded = self.recorded
        if newest is None:
            return {}
        return last_day(recorded.labels_ns, recorded.flags(), recorded.limited, newest, recorded.power_step_ns)

    # ---------------------------------------------------------------- restarts

    def to_dict(self) -> dict[str, Any]:
        """Return the whole state as plain values."""
        recorded = self.recorded
        return {
            "leads": recorded.leads.tolist(), "step_ns": recorded.step_ns, "capacity_kw": recorded.capacity_kw,
            "recorded": recorded.to_dict(), "promised": self.promised.to_dict(), "limits": self.limits.to_dict(),
            "keep_ns": self.keep_ns, "counters": self.counters, "until_day": self.until_day,
            "closed": {str(day): [part if isinstance(part, int) else part.tolist() for part in sums]
                       for day, sums in self.closed.items()},
            "path": charts.path_to_dict(self.path), "raised": self.raised.tolist(), "since": self.since,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SiteWatch:
        """Return the watch that `to_dict` gave."""
        promised = Promised.from_dict(values["promised"])
        recorded = Recorded(
            np.array(values["leads"], dtype=np.int64), promised.levels, int(values["step_ns"]),
            float(values["capacity_kw"]),
        )  # fmt: skip
        recorded.restore(values["recorded"])
        out = cls(recorded, promised, Limits.from_dict(values["limits"]), int(values["keep_ns"]))
        out.counters, out.until_day = values["counters"], values["until_day"]
        out.closed = {
            int(day): DaySums(int(sums[0]), *(np.array(part, dtype=np.float64) for part in sums[1:]))
            for day, sums in values["closed"].items()
        }
        out.path, out.since = charts.path_from_dict(values["path"]), list(values["since"])
        out.raised = np.array(values["raised"], dtype=np.int64)
        return out


def _text(moment_ns: int | None) -> str | None:
    return None if moment_ns is None else to_index(np.array([moment_ns]), "UTC")[0].isoformat()
