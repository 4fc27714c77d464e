"""What was known at many sites at once: their grids behind one another, so that features are made for all in one go.

A section is the grid of one site's issue time, as long as `Known` makes it. Nothing that decides a row reaches out of
its section, so each row has the bits that its site has alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from forecast.data import SiteData, cleaning
from forecast.data.available import available_kw
from forecast.data.blocks import between, block_means, place_of
from forecast.design import Design
from forecast.features import solar
from forecast.features.featureset import FeatureSet
from forecast.features.inservice import InService
from forecast.features.known import NEAR_NS, NEAR_STEPS, Known
from forecast.features.knownpower import LOWEST_SHARE
from forecast.features.seriestable import SeriesTable, component_names, components
from forecast.features.spec import Spec, Table
from forecast.timegrid import NS_PER_DAY, ceil_div

# how far back features of a wind farm read that are not the user's own: means over two days, the newest of 64 steps
WIND_DAYS, WIND_STEPS = 3, 96
AT_ONCE = 64, 256  # sites
PLACES_AT_ONCE = 80_000  # steps of all their grids
_BREAK = np.array([0], dtype=np.int64)  # a row without values between two sites: no run of equal values crosses it


def layout_of(features: FeatureSet, data: SiteData) -> tuple[object, ...] | None:
    """Return what sites must share to be worked on together; None where a site has to be alone.

    Weather runs, neighbours, physics and the user's own features are made site by site.
    """
    spec = features.spec
    coarse = spec.observed is not None and spec.observed.step_ns > NS_PER_DAY
    if spec.runs or spec.neighbours or features.plant is not None or features.own or coarse or not data.has("power"):
        return None
    grid = (spec.kind, spec.step_ns, spec.power_step_ns, spec.phase_ns, spec.leads, spec.season, spec.has_power)
    inputs = (spec.observed, *spec.weather.items(), *data.nwp, data.has("observed"), data.has("available_kw"))
    clock = (*data.delays.items(), *data.labels.items())
    place = spec.has_position and data.site.has_position
    return (*grid, *inputs, *clock, place, features.in_service is None, id(features.curves))


def design_of_many(features: Sequence[FeatureSet], sites: Sequence[SiteData], issue_ns: np.ndarray) -> Design:
    """Return one row a site, at an issue time [ns] each; all sites have the same `layout_of`."""
    told = [one.in_service for one in features]
    return features[0].design_of(KnownMany(sites, features[0].spec, issue_ns, told))


def at_once(spec: Spec) -> int:
    """Return how many sites to work on together: more of them cost less each, but what is held grows with them."""
    return int(np.clip(PLACES_AT_ONCE // (_reach(spec) + spec.leads[-1]), *AT_ONCE))


def _reach(spec: Spec) -> int:
    """Return how many steps back features read at most; for PV as many as may be read at all."""
    if spec.kind == "pv":
        return ceil_div(spec.lookback_ns, spec.step_ns)
    return max(WIND_DAYS * spec.per_day, WIND_STEPS)


class KnownMany(Known):
    """Inputs of many sites; `count` labels are `sections` times those of one grid.

    `_cut` reads on a clock of its own, on which the sites' spans follow each other with room in between.
    """

    def __init__(
        self, sites: Sequence[SiteData], spec: Spec, issue_ns: np.ndarray, told: Sequence[InService | None]
    ) -> None:
        super().__init__(sites[0], spec, issue_ns[:1])
        self.sites, self._all_told = sites, told
        self.issue_ns, self.sections = issue_ns, len(sites)
        back = int(self.issue[0])
        self._back = min(back, _reach(spec) + self.late)
        self._span = self.count - (back - self._back)
        self._firsts = issue_ns - self._back * spec.step_ns
        self.issue = self._back + self._span * np.arange(self.sections)
        self.count = self._span * self.sections
        tables = ([spec.observed] if spec.observed else []) + list(spec.weather.values())
        coarsest = max((table.step_ns for table in tables), default=spec.step_ns)
        room = 8 * (spec.step_ns + coarsest) + cleaning.LOOKBACK_NS + max(sites[0].delays.values())
        self._room = -(-room // spec.step_ns) * spec.step_ns
        self._apart = self._span * spec.step_ns + 2 * self._room

    @property
    def labels(self) -> np.ndarray:
        """Return the labels [ns] of all sections."""
        steps: np.ndarray = self._firsts[:, None] + np.arange(self._span) * self.spec.step_ns
        return steps.ravel()

    def after_issue(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels [ns] from each site's issue time on, and the places (n, L) of the valid times in them."""
        ahead = self._span - self._back
        labels: np.ndarray = self.issue_ns[:, None] + np.arange(ahead) * self.spec.step_ns
        return labels.ravel(), ahead * np.arange(self.sections)[:, None] + self.leads[None, :]

    def tail(self, x: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the parts of x that windows of `steps` steps can see, behind one another, and the places in them."""
        assert steps <= self._back  # else a feature reads further back than `_reach` says
        start = self._back - steps
        cut = x.reshape(self.sections, self._span, *x.shape[1:])[:, start : self._back + 1]
        width = self._back + 1 - start
        return cut.reshape(-1, *x.shape[1:]), width * np.arange(self.sections) + width - 1

    # ---------------------------------------------------------------- inputs, one site behind the other

    def _gathered(
        self, name: str, starts: np.ndarray, stop_ns: int, take: Callable[[SiteData, int, int], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows in (start, section's first + stop] of all sites: which site, labels, values; breaks between."""
        times, values, rows = [], [], []
        stops = self._firsts + stop_ns
        before, low, high, gap = None, 0, 0, np.empty(0)
        for site, start, stop in zip(self.sites, starts.tolist(), stops.tolist(), strict=True):
            own = site.times(name)
            if before is None or own is not before[0] or (start, stop) != before[1:]:  # many sites share their labels
                low, high = int(own.searchsorted(start, side="right")), int(own.searchsorted(stop, side="right"))
                before = own, start, stop
                labels = own[low:high]
            part = take(site, low, high)
            if part.shape[1:] != gap.shape[1:] or not len(gap):
                gap = np.full((1, *part.shape[1:]), np.nan)
            times += [labels, _BREAK]
            values += [part, gap]
            rows.append(high - low + 1)
        return np.repeat(np.arange(self.sections), rows), np.concatenate(times), np.concatenate(values)

    def _without_breaks(self, times: np.ndarray, *rows: np.ndarray) -> list[np.ndarray]:
        wide = len(times) // self.sections
        if len(times) == wide * self.sections and (times[wide - 1 :: wide] == _BREAK[0]).all():
            return [x.reshape(self.sections, wide)[:, :-1].ravel() for x in rows]  # as many rows each
        there = times != _BREAK[0]
        return [x[there] for x in rows]

    @cached_property
    def _power_rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Clean power as a share of the capacity in service: which site, labels, values."""
        lead_in = self.spec.history_needed_ns - self.spec.lookback_ns
        starts = self._firsts - 2 * self.spec.step_ns - self.data.delays["power"] - lead_in
        stop = self._span * self.spec.step_ns
        site, times, power = self._gathered("power", starts, stop, lambda s, low, high: s.values("power")[low:high])
        capacity = np.array([s.site.capacity_kw for s in self.sites], dtype=np.float64)[site]
        flags = cleaning.power_flags(times, power, capacity, self.spec.power_step_ns)
        site, times, power, capacity, flags = self._without_breaks(times, site, times, power, capacity, flags)
        if not self.data.has("available_kw"):
            return site, times, np.where(flags == 0, power, np.nan) / capacity / self._told_of(site, times)
        known = times + self.data.delays["power"]
        cuts = np.searchsorted(site, np.arange(self.sections + 1))
        parts = [available_kw(s, known[a:b]) for s, a, b in zip(self.sites, cuts, cuts[1:], strict=False)]
        in_service = np.concatenate(parts)
        return site, times, np.where((flags == 0) & (in_service >= LOWEST_SHARE * capacity), power, np.nan) / in_service

    def _told_of(self, site: np.ndarray, times: np.ndarray) -> np.ndarray | float:
        if not self.data.has("power") or all(told is None for told in self._all_told):
            return 1.0
        out, known = np.ones(len(times)), times + self.data.delays["power"]
        cuts = np.searchsorted(site, np.arange(self.sections + 1))
        for data, told, a, b in zip(self.sites, self._all_told, cuts, cuts[1:], strict=False):
            if told is not None and b > a:
                out[a:b] = told.share(data, self.spec, known[a:b])
        return out

    @cached_property
    def scale(self) -> np.ndarray:
        """As `Known.scale`, a site each."""
        if self.data.has("available_kw"):
            return np.ones(self.sections)
        pairs = zip(self.sites, self._all_told, self.issue_ns, strict=True)
        shares = [1.0 if t is None else float(t.share(s, self.spec, np.array([at]))[0]) for s, t, at in pairs]
        return np.array(shares)

    @cached_property
    def _power(self) -> tuple[np.ndarray, np.ndarray]:
        site, times, share = self._power_rows
        return self._on_clock(site, times), share

    @property
    def target(self) -> np.ndarray:
        """Not known: forecasts of many sites are for what has not happened yet."""
        return np.full(self.count, np.nan, dtype=np.float32)

    def fine(self, width: int) -> np.ndarray:
        """As `Known.fine`, a site each."""
        site, times, share = self._power_rows
        place = place_of(times + self.data.delays["power"] - self.issue_ns[site], -width * self.spec.power_step_ns,
                         self.spec.power_step_ns)  # fmt: skip
        values = np.full((self.sections, width + 1), np.nan, dtype=np.float32)
        inside = (place >= 0) & (place <= width)
        values[site[inside], place[inside]] = share[inside]
        return values[:, width - np.arange(width)]

    def _cut(self, data: SiteData, name: str, table: Table, more: int) -> tuple[np.ndarray, np.ndarray]:
        margin = 2 * (self.spec.step_ns + table.step_ns) + more
        near = max(NEAR_NS, NEAR_STEPS * self.spec.step_ns) + self.age_ns
        starts = np.maximum(self._firsts, self.issue_ns - near) - margin

        def take(site: SiteData, low: int, high: int) -> np.ndarray:
            values = site.values(name)[low:high]
            have = site.columns(name)
            return values if have == table.columns else values[:, [have.index(column) for column in table.columns]]

        stop = self._span * self.spec.step_ns + margin
        site, times, values = self._gathered(name, starts - cleaning.LOOKBACK_NS, stop, take)
        good = cleaning.weather_kept(table.columns, times, values, table.step_ns, name == "observed")
        keep = times > starts[site]  # what stands before was needed to judge the first values
        values[~good] = np.nan
        clean = components(table.columns, values.T[:, keep].T)  # column after column, as both like it
        return self._on_clock(site[keep], times[keep]), clean

    def _on_grid(self, times: np.ndarray, values: np.ndarray, table: Table, label: str) -> SeriesTable:
        if table.step_ns <= self.spec.step_ns:
            return super()._on_grid(times, values, table, label)
        names = component_names(table.columns)
        step = self.spec.step_ns
        # `_cut` begins that late, so what stands before has no value
        reach = max(NEAR_NS, NEAR_STEPS * step) + self.age_ns + 2 * step + 6 * table.step_ns
        place = np.arange(max(self._back - reach // step - 1, 0), self._span)
        at: np.ndarray = self._room + self._apart * np.arange(self.sections)[:, None] + place * step - step // 2
        middle = times - (0 if label == "instant" else table.step_ns // 2)
        out = np.full((self.sections, self._span, len(names)), np.nan, dtype=np.float32)
        out[:, place] = between(middle, values, at.ravel(), table.step_ns).reshape(self.sections, len(place), -1)
        return SeriesTable(names, out.reshape(self.count, -1))

    def _on_clock(self, site: np.ndarray, times: np.ndarray) -> np.ndarray:
        clock: np.ndarray = times - self._firsts[site] + self._room + self._apart * site
        return clock

    def _blocks(self, times: np.ndarray, values: np.ndarray, whole: int) -> np.ndarray:
        step = self.spec.step_ns
        together = self._same_places(times) if whole == 1 else None
        if together is not None:
            place, inside = together
            rows = np.flatnonzero(inside)
            place = place[rows]
            out = np.full((self.sections, self._span, values.shape[1]), np.nan, dtype=np.float32)
            own = values.reshape(self.sections, -1, values.shape[1])
            if len(rows) and place[-1] - place[0] == rows[-1] - rows[0] == len(rows) - 1:  # without a gap
                out[:, place[0] : place[-1] + 1] = own[:, rows[0] : rows[-1] + 1]
            else:
                out[:, place] = own[:, rows]
            return out.reshape(self.count, -1)
        site = times // self._apart
        place = place_of(times - site * self._apart - self._room, 0, step)
        inside = (place >= 0) & (place < self._span)
        place = place[inside] + self._span * site[inside]
        return block_means(place * step, values[inside], 0, step, self.count, whole)

    def _same_places(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return each section's places of its rows, and which are on the grid, where they are the same and rise."""
        if not len(times) or len(times) % self.sections:
            return None
        own = times.reshape(self.sections, -1) - self._apart * np.arange(self.sections)[:, None] - self._room
        place = place_of(own[0], 0, self.spec.step_ns)
        if (np.diff(place) <= 0).any() or (own != own[0]).any():
            return None
        return place, (place >= 0) & (place < self._span)

    @cached_property
    def sun(self) -> solar.Sun | None:
        """The sun over all sections; None without a position."""
        if not self.spec.has_position or not self.data.site.has_position:
            return None
        step = self.spec.step_ns
        each = [
            solar.sun(s.site, int(first), self._span, step) for s, first in zip(self.sites, self._firsts, strict=True)
        ]
        return solar.Sun(*(np.concatenate([getattr(one, f) for one in each]) for f in solar.Sun.__dataclass_fields__))
