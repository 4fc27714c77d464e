"""The one place that says what was known at an issue time: every input on the forecast's grid, delayed as it was."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from forecast.data import SiteData, cleaning
from forecast.data.blocks import between
from forecast.features import solar
from forecast.features.columns import with_start
from forecast.features.knownpower import KnownPower
from forecast.features.runs import Runs
from forecast.features.seriestable import NOTHING, SeriesTable, component_names, components, side_by_side
from forecast.features.spec import Table
from forecast.timegrid import NS_PER_DAY, ceil_div

# before the issue time: how far back weather, measured or forecast, is read (the longer of the two)
NEAR_NS = 2 * NS_PER_DAY
NEAR_STEPS = 24


class Known(KnownPower):
    """Every input on the grid of issue times, see `forecast.features.knownpower`; NaN where there is none."""

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
    if (phase == phase[0]).all():
        return [np.arange(len(issue_ns))]
    return [np.flatnonzero(phase == value) for value in np.unique(phase)]
