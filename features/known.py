"""The one place that says what was known at an issue time: every input on the forecast's grid, delayed as it was."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from forecast.data import SiteData, cleaning
from forecast.data.blocks import block_means, place_of
from forecast.features import solar
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
    """

    def __init__(self, data: SiteData, spec: Spec, issue_ns: np.ndarray) -> None:
        self.data, self.spec, self.issue_ns = data, spec, issue_ns
        step = spec.step_ns
        self.late = ceil_div(data.delays["power"], step)
        back = ceil_div(spec.lookback_ns, step) + self.late
        first, last = int(issue_ns.min()), int(issue_ns.max())
        self.first = first - back * step
        self.count = (last - first) // step + back + spec.leads[-1] + AHEAD + 1
        self.issue = (issue_ns - self.first) // step
        self.leads = np.array(spec.leads, dtype=np.int64)

    @property
    def labels(self) -> np.ndarray:
        """Return the grid's labels [ns]."""
        return self.first + np.arange(self.count) * self.spec.step_ns

    @property
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
        start = max(int(self.issue.min()) - steps, 0)
        return x[start : int(self.issue.max()) + 1], self.issue - start

    # ---------------------------------------------------------------- power

    @cached_property
    def _power(self) -> tuple[np.ndarray, np.ndarray]:
        """Clean power as a share of the capacity in service, with its labels."""
        if self.data.power is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        times = self.data.times("power")
        start = self.first - 2 * self.spec.step_ns - self.data.delays["power"]
        lead_in = self.spec.history_needed_ns - self.spec.lookback_ns
        low = np.searchsorted(times, start - lead_in, side="right")
        high = np.searchsorted(times, self.first + self.count * self.spec.step_ns, side="right")
        times, power = times[low:high], self.data.values("power")[low:high]
        capacity = self.data.site.capacity_kw
        flags = cleaning.power_flags(times, power, capacity, self.spec.power_step_ns)
        in_service = available_kw(self.data, times + self.data.delays["power"])
        share = np.where((flags == 0) & (in_service >= LOWEST_SHARE * capacity), power, np.nan) / in_service
        return times, share

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
        limited = self.data.curtailed
        flag = np.nan_to_num(limited.to_numpy(dtype=np.float64)) > 0
        hit = np.zeros(self.count, dtype=bool)
        place = place_of(self.data.times("curtailed")[flag], self.first, self.spec.step_ns)
        hit[place[(place >= 0) & (place < self.count)]] = True
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
    def observed(self) -> dict[str, np.ndarray]:
        """Local measurements as known at each label, by column; directions as two components."""
        table = self.spec.observed
        if table is None:
            return {}
        if self.data.observed is None:
            return self._split(table.columns, np.full((self.count, len(table.columns)), np.nan, dtype=np.float32))
        times, values = self._cut(self.data, "observed", table, self.data.delays["observed"])
        return self._carried(times + self.data.delays["observed"], values, table)

    def _carried(self, known: np.ndarray, values: np.ndarray, table: Table) -> dict[str, np.ndarray]:
        values, names = _components(table.columns, values)
        out = self._blocks(known, values, 1)
        for _ in range(ceil_div(table.step_ns, self.spec.step_ns) - 1):  # a coarser input lasts until its next value
            out[1:] = np.where(np.isnan(out[1:]), out[:-1], out[1:])
        return dict(zip(names, out.T.copy(), strict=True))

    def _split(self, columns: tuple[str, ...], values: np.ndarray) -> dict[str, np.ndarray]:
        values, names = _components(columns, values)
        return dict(zip(names, values.T, strict=True))

    @cached_property
    def neighbours(self) -> dict[str, np.ndarray]:
        """Power of other sites (share of their capacity) as known at each label."""
        out = {}
        for name, near_step in self.spec.neighbours.items():
            near = self.data.neighbours.get(name)
            values = np.full(self.count, np.nan, dtype=np.float32)
            if near is not None and near.power is not None:
                table = Table(("power",), near_step)
                times, power = self._cut(near, "power", table, near.delays["power"])
                share = power / near.site.capacity_kw
                share[(share < cleaning.LOW) | (share > cleaning.HIGH)] = np.nan
                values = self._carried(times + near.delays["power"], share, table)["power"]
            out[name] = values
        return out

    @cached_property
    def weather(self) -> dict[str, np.ndarray]:
        """Weather forecasts by valid time, `source:column`; vintage unknown, so known at every issue time."""
        out = {}
        for name, table in self.spec.weather.items():
            frame = self.data.nwp.get(name)
            if isinstance(frame, pd.DataFrame):
                times, raw = self._cut(self.data, name, table, 2 * table.step_ns)
                by_column = self._on_grid(times, raw, table, self.data.labels[name])
            else:
                by_column = self._split(table.columns, np.full((self.count, len(table.columns)), np.nan, np.float32))
            out.update({f"{name}:{column}": values for column, values in by_column.items()})
        return out

    def _on_grid(self, times: np.ndarray, values: np.ndarray, table: Table, label: str) -> dict[str, np.ndarray]:
        values, names = _components(table.columns, values)
        if table.step_ns <= self.spec.step_ns:
            grid = self._blocks(times, values, 1)
        else:
            middle = times - (0 if label == "instant" else table.step_ns // 2)
            grid = between(middle, values, self.labels - self.spec.step_ns // 2, table.step_ns)
        return dict(zip(names, grid.T.copy(), strict=True))

    def _cut(self, data: SiteData, name: str, table: Table, more: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels and values of a table around the grid, in the fitted columns, impossible values missing."""
        times, values = data.times(name), data.values(name)
        margin = 2 * (self.spec.step_ns + table.step_ns) + more
        near = max(NEAR_NS, NEAR_STEPS * self.spec.step_ns) + self.age_ns
        start = max(self.first, int(self.issue_ns.min()) - near)
        # a flag may need what stands before the first value it judges
        low = np.searchsorted(times, start - margin - cleaning.LOOKBACK_NS, side="right")
        high = np.searchsorted(times, self.first + self.count * self.spec.step_ns + margin, side="right")
        times = times[low:high]
        values = values[low:high] if values.ndim == 2 else values[low:high, None]
        if name != "power" and data.columns(name) != table.columns:
            have = data.columns(name)
            values = values[:, [have.index(column) for column in table.columns]]
        if name == "power":
            return times, values
        flags = [
            cleaning.weather_flags(column, times, values[:, i], table.step_ns, name == "observed")
            for i, column in enumerate(table.columns)
        ]
        keep = np.searchsorted(times, start - margin, side="right")
        return times[keep:], np.where(np.stack(flags, axis=1) == 0, values, np.nan)[keep:]

    def _blocks(self, times: np.ndarray, values: np.ndarray, whole: int) -> np.ndarray:
        return block_means(times, values, self.first, self.spec.step_ns, self.count, whole)

    @cached_property
    def sun(self) -> solar.Sun | None:
        """The sun over the grid's intervals; None without a position."""
        if not self.spec.has_position or not self.data.site.has_position:
            return None
        return solar.sun(self.data.site, self.first, self.count, self.spec.step_ns)


def available_kw(data: SiteData, known_ns: np.ndarray) -> np.ndarray:
    """Return the capacity in service [kW] as known at each moment, the last value carried on."""
    capacity = data.site.capacity_kw
    if data.available_kw is None or not len(data.available_kw):
        return np.full(len(known_ns), capacity)
    times = data.times("available_kw") + data.delays["available_kw"]
    values = data.available_kw.to_numpy()
    good = np.isfinite(values) & (values >= 0)
    times, values = times[good], values[good]
    place = np.searchsorted(times, known_ns, side="right") - 1
    return np.where(place >= 0, np.r_[values, capacity][place], capacity)


def between(x: np.ndarray, values: np.ndarray, at: np.ndarray, reach: int) -> np.ndarray:
    """Return values (rows at x) linearly between their neighbours at `at`; missing where these are further apart."""
    out = np.full((len(at), values.shape[1]), np.nan, dtype=np.float32)
    if len(x) < 2:
        return out
    right = np.clip(np.searchsorted(x, at, side="left"), 1, len(x) - 1)
    left = right - 1
    width = x[right] - x[left]
    share = ((at - x[left]) / width)[:, None]
    good = (at >= x[left]) & (at <= x[right]) & (width <= 1.5 * reach)
    line = values[left] + share * (values[right] - values[left])
    out[good] = line[good]
    return out


def _components(columns: tuple[str, ...], values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Replace directions [degrees] by their two components, so that 359 and 1 are neighbours."""
    parts, names = [], []
    for name, column in zip(columns, values.T, strict=True):
        if "direction" in name:
            angle = np.deg2rad(np.ascontiguousarray(column))
            parts += [np.sin(angle), np.cos(angle)]
            names += [f"{name}_sin", f"{name}_cos"]
        else:
            parts.append(column)
            names.append(name)
    return np.stack(parts, axis=1) if parts else values, names


def group_by_phase(issue_ns: np.ndarray, step_ns: int) -> list[np.ndarray]:
    """Return the rows of issue times that stand at the same place within a step."""
    phase = issue_ns % step_ns
    return [np.flatnonzero(phase == value) for value in np.unique(phase)]

