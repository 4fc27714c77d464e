"""The one place that says what was known at an issue time: every input on the forecast's grid, delayed as it was."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from forecast.data import SiteData, cleaning
from forecast.data.available import available_kw
from forecast.data.blocks import between, block_means, place_of
from forecast.features import solar
from forecast.features.columns import with_start
from forecast.features.inservice import InService
from forecast.features.runs import Runs
from forecast.features.seriestable import NOTHING, SeriesTable, component_names, components, side_by_side
from forecast.features.spec import Spec, Table
from forecast.timegrid import NS_PER_DAY, ceil_div

# before the issue time: how far back weather, measured or forecast, is read (the longer of the two)
NEAR_NS = 2 * NS_PER_DAY
NEAR_STEPS = 24
AHEAD = 1  # steps after the last lead that weather features read
LOWEST_SHARE = 0.05  # of the capacity in service, below which a share says nothing


class Known:
    """Inputs on the grid of issue times that share one phase, as arrays over labels `first + j × step`.

    `delayed` arrays hold at j what was known at that label; `block` holds the interval's power itself, which an
    issue time at j knows only where its label is `late` steps back or more.

    Attributes:
        issue: (n,) places of the issue times; leads: (L,) steps; count: labels on the grid.

    Args:
        reach_ns: how far back features read, where that is less than `spec.lookback_ns`.
    """

    def __init__(
        self,
        data: SiteData,
        spec: Spec,
        issue_ns: np.ndarray,
        in_service: InService | None = None,
        reach_ns: int | None = None,
    ) -> None:
        self.data, self.spec, self.issue_ns, self._told = data, spec, issue_ns, in_service
        step = spec.step_ns
        self.late = ceil_div(data.delays["power"], step)
        back = ceil_div(spec.lookback_ns if reach_ns is None else reach_ns, step) + self.late
        first, last = (int(issue_ns[0]),) * 2 if len(issue_ns) == 1 else (int(issue_ns.min()), int(issue_ns.max()))
        self.first = first - back * step
        self.count = (last - first) // step + back + spec.leads[-1] + AHEAD + 1
        self.issue = (issue_ns - self.first) // step
        self._places = back, (last - first) // step + back  # of the first and the last issue time
        self.leads = np.array(spec.leads, dtype=np.int64)
        self.sections = 1  # grids of sites behind one another, see `forecast.features.many`

    @property
    def labels(self) -> np.ndarray:
        """Return the grid's labels [ns]."""
        return self.first + np.arange(self.count) * self.spec.step_ns

    def after_issue(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels [ns] from the first issue time on, and the places (n, L) of the valid times in them."""
        first = self._places[0]
        return self.first + np.arange(first, self.count) * self.spec.step_ns, self.valid - first

    @cached_property
    def valid(self) -> np.ndarray:
        """Places (n, L) of the valid times."""
        return self.issue[:, None] + self.leads[None, :]

    @property
    def age_ns(self) -> int:
        """How far the newest known value's label lies behind an issue time: the delay in whole steps of the power."""
        step = self.spec.power_step_ns
        return ceil_div(self.data.delays["power"], step) * step

    def tail(self, x: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the part of x that windows of `steps` steps before the issue times can see, and these places in it."""
        start = max(self._places[0] - steps, 0)
        return x[start : self._places[1] + 1], self.issue - start

    # ---------------------------------------------------------------- power

    @cached_property
    def _power(self) -> tuple[np.ndarray, np.ndarray]:
        """Clean power as a share of the capacity in service, with its labels."""
        if not self.data.has("power"):
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        low, high = self._rows_of_power
        times, power = self.data.times("power")[low:high], self.data.values("power")[low:high]
        capacity = self.data.site.capacity_kw
        if self.data.available_kw is None:
            told = self._told_at(times + self.data.delays["power"])  # looks at more days than the flags below
            flags = self.data.power_flags(low, high, self.spec.power_step_ns)
            return times, np.where(flags == 0, power, np.nan) / capacity / told
        flags = self.data.power_flags(low, high, self.spec.power_step_ns)
        in_service = available_kw(self.data, times + self.data.delays["power"])
        share = np.where((flags == 0) & (in_service >= LOWEST_SHARE * capacity), power, np.nan) / in_service
        return times, share

    def _told_at(self, known_ns: np.ndarray) -> np.ndarray | float:
        """Share of the capacity that was in service by what could be told at each moment."""
        if self._told is None or not len(known_ns):
            return 1.0
        first, shares, always = self._told_by_day
        if always is not None:
            return always
        found: np.ndarray = shares[self._told.day(self.data, known_ns) - first]
        return found

    @cached_property
    def _told_by_day(self) -> tuple[int, np.ndarray, float | None]:
        """The first day that any moment asks for, the share of each day from then on, and that of all if it is one."""
        assert self._told is not None
        low, high = self._rows_of_power
        times, delay = self.data.times("power"), self.data.delays["power"]
        ends = [self.first + place * self.spec.step_ns for place in self._places]
        ends += [int(times[low]) + delay, int(times[high - 1]) + delay] if high > low else []
        first, last = (int(self._told.day(self.data, end)) for end in (min(ends), max(ends)))
        shares = self._told.by_day(self.data, self.spec, first, last)
        # nearly always all of the capacity: one number for all moments is the same, and sooner there
        return first, shares, float(shares[0]) if (shares == shares[0]).all() else None

    @cached_property
    def _rows_of_power(self) -> tuple[int, int]:
        """Which rows of power decide the grid."""
        times = self.data.times("power")
        start = self.first - 2 * self.spec.step_ns - self.data.delays["power"]
        lead_in = self.spec.history_needed_ns - self.spec.lookback_ns
        low = times.searchsorted(start - lead_in, side="right")
        high = times.searchsorted(self.first + self.count * self.spec.step_ns, side="right")
        return int(low), int(high)

    @cached_property
    def scale(self) -> np.ndarray:
        """What a share of the capacity in service is worth at the issue times, as a share of the stated capacity."""
        if self._told is None or self.data.available_kw is not None or not self.data.has("power"):
            return np.ones(len(self.issue_ns))
        told = self._told_at(self.issue_ns)
        return told if isinstance(told, np.ndarray) else np.full(len(self.issue_ns), told)

    @cached_property
    def block(self) -> np.ndarray:
        """Mean power (share) of each interval, whenever it became known."""
        times, share = self._power
        return self._blocks(times, share[:, None], self.spec.ratio)[:, 0]

    @cached_property
    def delayed(self) -> np.ndarray:
        """Mean power (share) of the newest step that was known at each label."""
        delay = self.data.delays["power"]
        if delay == 0:
            return self.block
        times, share = self._power
        return self._blocks(times + delay, share[:, None], self.spec.ratio)[:, 0]

    @cached_property
    def target(self) -> np.ndarray:
        """Mean power (share) to learn from: the block where output was not limited from outside."""
        if self.data.curtailed is None:
            return self.block
        hit = self.data.limited(self.labels, self.spec.step_ns)
        return np.where(hit, np.float32(np.nan), self.block)

    def fine(self, width: int) -> np.ndarray:
        """Return the newest `width` single values known at each issue time, (n, width), newest first."""
        times, share = self._power
        step = self.spec.power_step_ns
        start = int(self.issue_ns.min()) - width * step
        place = place_of(times + self.data.delays["power"], start, step)
        values = np.full((int(self.issue_ns.max()) - start) // step + 1, np.nan, dtype=np.float32)
        inside = (place >= 0) & (place < len(values))
        values[place[inside]] = share[inside]
        newest = (self.issue_ns - start) // step
        return values[newest[:, None] - np.arange(width)[None, :]]

    # ---------------------------------------------------------------- other inputs

    @cached_property
    def observed(self) -> SeriesTable:
        """Local measurements as known at each label; directions as two components."""
        table = self.spec.observed
        if table is None:
            return NOTHING
        if not self.data.has("observed"):
            return self._absent(table)
        times, values = self._cut(self.data, "observed", table, self.data.delays["observed"])
        return self._carried(times + self.data.delays["observed"], values, table)

    def _carried(self, known: np.ndarray, values: np.ndarray, table: Table) -> SeriesTable:
        names, out = component_names(table.columns), self._blocks(known, values, 1)
        for _ in range(ceil_div(table.step_ns, self.spec.step_ns) - 1):  # a coarser input lasts until its next value
            out[1:] = np.where(np.isnan(out[1:]), out[:-1], out[1:])
        return SeriesTable(names, out)

    def _absent(self, table: Table) -> SeriesTable:
        names = component_names(table.columns)
        return SeriesTable(names, np.full((self.count, len(names)), np.nan, dtype=np.float32))

    @cached_property
    def neighbours(self) -> SeriesTable:
        """Power of other sites (share of their capacity) as known at each label."""
        tables = [self._neighbour(name, near_step) for name, near_step in self.spec.neighbours.items()]
        return side_by_side(tables)

    def _neighbour(self, name: str, near_step: int) -> SeriesTable:
        near = self.data.neighbours.get(name)
        table = Table(("power",), near_step)
        if near is None or near.power is None:
            return SeriesTable((name,), self._absent(table).array)
        times, power = self._cut(near, "power", table, near.delays["power"])
        share = power / near.site.capacity_kw
        share[(share < cleaning.LOW) | (share > cleaning.HIGH)] = np.nan
        return SeriesTable((name,), self._carried(times + near.delays["power"], share, table).array)

    @cached_property
    def weather(self) -> SeriesTable:
        """Weather of each interval, `source:column`: by valid time, then as the runs of its time had it."""
        if not self.own_runs:
            return self.frames
        return side_by_side([self.frames, self.as_of] if self.spec.weather else [self.as_of])

    @cached_property
    def frames(self) -> SeriesTable:
        """Weather forecasts by valid time; vintage unknown, so known at every issue time."""
        return side_by_side([self._one_source(name, table) for name, table in self.spec.weather.items()])

    @cached_property
    def runs(self) -> dict[str, tuple[tuple[str, ...], Runs | None]]:
        """Run-wise sources by name: their columns `source:quantity`, and the runs where there are any."""
        out: dict[str, tuple[tuple[str, ...], Runs | None]] = {}
        for name, table in self.spec.runs.items():
            names = component_names(table.columns)
            data = self.data.neighbours.get(table.near) if table.near else self.data
            there = data is not None and table.source in data.run_sources and len(data.inits(table.source)) > 0
            runs = Runs(data, table.source, table.columns) if data is not None and there else None
            out[name] = (with_start(f"{name}:", names), runs)
        return out

    @property
    def own_runs(self) -> dict[str, tuple[tuple[str, ...], Runs | None]]:
        """The site's own run-wise sources, as `runs`."""
        return {name: found for name, found in self.runs.items() if not self.spec.runs[name].near}

    @cached_property
    def as_of(self) -> SeriesTable:
        """What the newest run known at each label said of the interval that ends there, up to the last issue."""
        near = max(NEAR_NS, NEAR_STEPS * self.spec.step_ns) + self.age_ns
        start = max(self._places[0] - near // self.spec.step_ns, 0)
        stop = self._places[1] + 1
        labels = self.labels[start:stop]
        tables = []
        for names, runs in self.own_runs.values():
            array = np.full((self.count, len(names)), np.nan, dtype=np.float32)
            if runs is not None:
                array[start:stop] = runs.best(labels, labels[:, None], self.spec.step_ns)[:, 0]
            tables.append(SeriesTable(names, array))
        return side_by_side(tables)

    def _one_source(self, name: str, table: Table) -> SeriesTable:
        if isinstance(self.data.nwp.get(name), pd.DataFrame):
            times, values = self._cut(self.data, name, table, 2 * table.step_ns)
            found = self._on_grid(times, values, table, self.data.labels[name])
        else:
            found = self._absent(table)
        return SeriesTable(with_start(f"{name}:", found.names), found.array)

    def _on_grid(self, times: np.ndarray, values: np.ndarray, table: Table, label: str) -> SeriesTable:
        names = component_names(table.columns)
        if table.step_ns <= self.spec.step_ns:
            return SeriesTable(names, self._blocks(times, values, 1))
        middle = times - (0 if label == "instant" else table.step_ns // 2)
        return SeriesTable(names, between(middle, values, self.labels - self.spec.step_ns // 2, table.step_ns))

    def _cut(self, data: SiteData, name: str, table: Table, more: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels and values of a table around the grid: in the fitted columns, impossible values missing.

        Directions are two components each, see `component_names`.
        """
        times = data.times(name)
        margin = 2 * (self.spec.step_ns + table.step_ns) + more
        near = max(NEAR_NS, NEAR_STEPS * self.spec.step_ns) + self.age_ns
        start = max(self.first, self.first + self._places[0] * self.spec.step_ns - near)
        # a flag may need what stands before the first value it judges
        first = int(times.searchsorted(start - margin - cleaning.LOOKBACK_NS, side="right"))
        high = int(times.searchsorted(self.first + self.count * self.spec.step_ns + margin, side="right"))
        if name == "power":
            return times[first:high], data.values(name)[first:high, None]
        low = int(times.searchsorted(start - margin, side="right"))
        what = ("clean", table.columns, table.step_ns)
        clean = data.by_row(name, what, first, low, high, lambda a, b: _clean(data, name, table, a, b))
        return times[low:high], clean

    def _blocks(self, times: np.ndarray, values: np.ndarray, whole: int) -> np.ndarray:
        return block_means(times, values, self.first, self.spec.step_ns, self.count, whole)

    @cached_property
    def sun(self) -> solar.Sun | None:
        """The sun over the grid's intervals; None without a position."""
        if not self.spec.has_position or not self.data.site.has_position:
            return None
        return solar.sun(self.data.site, self.first, self.count, self.spec.step_ns)


def _clean(data: SiteData, name: str, table: Table, low: int, high: int) -> np.ndarray:
    """Return rows of a table in the fitted columns, impossible values missing, directions as components."""
    times, values = data.times(name)[low:high], data.values(name)[low:high]
    have = data.columns(name)
    if have != table.columns:
        values = values[:, [have.index(column) for column in table.columns]]
    good = cleaning.weather_kept(table.columns, times, values, table.step_ns, name == "observed")
    return components(table.columns, np.where(good, values, np.nan))


def group_by_phase(issue_ns: np.ndarray, step_ns: int) -> list[np.ndarray]:
    """Return the rows of issue times that stand at the same place within a step."""
    if len(issue_ns) == 1:
        return [np.zeros(1, dtype=np.int64)]
    phase = issue_ns % step_ns
    return [np.flatnonzero(phase == value) for value in np.unique(phase)]
