"""Power on the grid of issue times: what was measured, what of it was known when, in shares of what is in service."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from forecast.data import SiteData
from forecast.data.available import available_kw
from forecast.data.blocks import block_means, place_of
from forecast.features.inservice import InService
from forecast.features.spec import Spec
from forecast.timegrid import ceil_div

AHEAD = 1  # steps after the last lead that weather features read
LOWEST_SHARE = 0.05  # of the capacity in service, below which a share says nothing


class KnownPower:
    """Power on the grid of issue times that share one phase, as arrays over labels `first + j × step`.

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

    def _blocks(self, times: np.ndarray, values: np.ndarray, whole: int) -> np.ndarray:
        return block_means(times, values, self.first, self.spec.step_ns, self.count, whole)
