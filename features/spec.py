"""What a fitted forecaster expects of its inputs: grid, leads, columns and how far back it looks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData, cleaning
from forecast.errors import BundleError, ColumnError, NotEnoughDataError
from forecast.storage.typed import read_as
from forecast.timegrid import NS_PER_DAY, usual_phase_ns, usual_step_ns, whole_multiple

PV_LOOKBACK_NS = 38 * NS_PER_DAY  # 30 days of envelope, 7 days of its memory, one to spare
SEASONS_NS = 540 * NS_PER_DAY  # within less than a year and a half, the time of year is but a clock of what changed
WIND_LOOKBACK_NS = 9 * NS_PER_DAY
LEAST_POWER = 10  # values below which nothing can be said, not even the step
# what a file may say
LEAST_STEP_NS, LONGEST_STEP_NS = 1_000_000_000, 400 * NS_PER_DAY
MOST_LEADS = 10_000
LEAST_STEPS = 80  # lags and windows (the longest: 64) are counted in steps


@dataclass(frozen=True)
class Table:
    """One table of inputs: its columns in order and their usual step [ns]."""

    columns: tuple[str, ...]
    step_ns: int


@dataclass(frozen=True)
class RunTable:
    """One source of weather runs: its quantities in order, whether it has members, and how old a run usually gets.

    `near` names the neighbour whose source it is, empty for the site's own.
    """

    columns: tuple[str, ...]
    many: bool
    oldest_ns: int
    source: str
    near: str = ""


@dataclass(frozen=True)
class Spec:
    """Grid, leads and inputs; frozen when a forecaster is fitted, stored with it.

    `phase_ns` is where the power's labels stand within its own step (0 for 00:00, 00:15 …).
    """

    kind: str
    step_ns: int
    power_step_ns: int
    phase_ns: int
    leads: tuple[int, ...]
    observed: Table | None
    weather: dict[str, Table]
    runs: dict[str, RunTable]
    neighbours: dict[str, int]  # name → usual step [ns] of its power
    has_position: bool
    season: bool  # whether the training record is long enough to tell seasons apart
    has_power: bool = True  # False: fitted without any power, on the grid of `step_ns` in UTC

    @property
    def ratio(self) -> int:
        """How many values of power make one step."""
        return self.step_ns // self.power_step_ns

    @property
    def per_day(self) -> int:
        """Steps in a day."""
        return max(round(NS_PER_DAY / self.step_ns), 1)

    @property
    def lookback_ns(self) -> int:
        """How far before the issue time features may read, cleaning not included."""
        base = max(PV_LOOKBACK_NS if self.kind == "pv" else WIND_LOOKBACK_NS, LEAST_STEPS * self.step_ns)
        return base + self.days_ahead * NS_PER_DAY

    @property
    def days_ahead(self) -> int:
        """Whole days that the last lead lies beyond the first day."""
        return -(-self.leads[-1] * self.step_ns // NS_PER_DAY) - 1

    @property
    def history_needed_ns(self) -> int:
        """How much history before the issue time decides the forecast, delays not included."""
        return self.lookback_ns + cleaning.LOOKBACK_NS + 2 * self.step_ns

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Spec:
        """Return the spec that `to_dict` described."""

        spec: Spec = read_as(cls, {"runs": {}, **values}, "spec")
        lags = (spec.step_ns, spec.power_step_ns, *(table.step_ns for table in spec.weather.values()))
        steps = (*lags, *spec.neighbours.values(), *((spec.observed.step_ns,) if spec.observed else ()))
        if spec.kind not in ("pv", "wind") or not all(LEAST_STEP_NS <= step <= LONGEST_STEP_NS for step in steps):
            raise BundleError(f"spec: kind {spec.kind!r} or steps {steps} [ns] cannot be")
        if spec.step_ns % spec.power_step_ns or not 0 <= spec.phase_ns < spec.power_step_ns:
            raise BundleError(f"spec: steps of {spec.step_ns} ns are not made of the power's, {spec.power_step_ns} ns")
        rising = all(a < b for a, b in zip((0, *spec.leads), spec.leads, strict=False))
        if not spec.leads or not rising or spec.leads[-1] > min(MOST_LEADS, LONGEST_STEP_NS * 10 // spec.step_ns):
            raise BundleError(f"spec: leads do not rise from 1 to at most {MOST_LEADS}")
        return spec


def read_spec(data: SiteData, step_ns: int, leads: tuple[int, ...]) -> Spec:
    """Return the spec of the data a forecaster is fitted on."""
    power_step = data.power_step_ns
    whole_multiple(step_ns, power_step)
    times = data.times("power")
    if len(times) < LEAST_POWER:
        raise NotEnoughDataError(f"site {data.site.name!r}: {len(times)} values of power; that is too few to fit")
    phase, season = usual_phase_ns(times, power_step), bool(times[-1] - times[0] >= SEASONS_NS)
    return _spec(data, step_ns, leads, power_step_ns=power_step, phase_ns=phase, season=season)


def read_spec_cold(data: SiteData, step_ns: int, leads: tuple[int, ...]) -> Spec:
    """Return the spec of data that may lack power: then the grid is that of `step_ns`, from midnight UTC."""
    if data.power is not None and len(data.power) >= LEAST_POWER:
        return read_spec(data, step_ns, leads)
    return _spec(data, step_ns, leads, power_step_ns=step_ns, phase_ns=0, season=False, has_power=False)


def _spec(data: SiteData, step_ns: int, leads: tuple[int, ...], **power: Any) -> Spec:
    observed = data.observed
    return Spec(
        kind=data.site.kind,
        step_ns=step_ns,
        leads=leads,
        observed=_table(data.columns("observed"), data.times("observed")) if observed is not None else None,
        weather={
            name: _table(data.columns(name), data.times(name))
            for name, source in data.nwp.items()
            if isinstance(source, pd.DataFrame)
        },
        runs=_run_tables(data),
        neighbours={name: _neighbour_step(near, power["power_step_ns"]) for name, near in data.neighbours.items()},
        has_position=data.site.has_position,
        **power,
    )


def _run_tables(data: SiteData) -> dict[str, RunTable]:
    own = {name: _run_table(data, name, "") for name in data.run_sources}
    near = {
        f"{name}>{source}": _run_table(other, source, name)
        for name, other in data.neighbours.items()
        for source in other.run_sources
    }
    return own | near


def _run_table(data: SiteData, name: str, near: str) -> RunTable:
    """A run gets as old as the next one takes to come: from init to init, and until it is published."""
    grid, inits = data.run_grid(name), data.inits(name)
    apart = int(np.median(np.diff(inits))) if len(inits) > 1 else NS_PER_DAY
    late = data.published(name) - inits
    late = late[late < NS_PER_DAY * 30]
    usual = int(np.quantile(late, 0.9)) if len(late) else 0
    return RunTable(grid.names, grid.members is not None, apart + usual, name, near)


def _neighbour_step(near: SiteData, otherwise: int) -> int:
    return near.power_step_ns if near.power is not None and len(near.power) > 1 else otherwise


def _table(columns: tuple[str, ...], times: np.ndarray) -> Table:
    return Table(columns, usual_step_ns(times) if len(times) > 1 else NS_PER_DAY)


def check_columns(data: SiteData, spec: Spec) -> None:
    """Raise `ColumnError` when inputs lack a column seen in training; more columns and another order are fine."""
    if spec.observed and data.has("observed"):
        _check("observed", data.columns("observed"), spec.observed)
    for name, table in spec.weather.items():
        if isinstance(data.nwp.get(name), pd.DataFrame):
            _check(name, data.columns(name), table)
    _check_runs(data, spec)


def _check_runs(data: SiteData, spec: Spec) -> None:
    for name, table in spec.runs.items():
        if not table.near and name in data.run_sources:
            _check(name, data.run_grid(name).names, Table(table.columns, 0))


def _check(what: str, have: tuple[str, ...], table: Table) -> None:
    if have == table.columns:
        return
    missing = [name for name in table.columns if name not in have]
    if missing:
        raise ColumnError(
            f"{what}: columns {', '.join(missing)} were there in training and are missing now; "
            f"there are {', '.join(sorted(map(str, have))[:20])}. Rename them, or pass them as NaN"
        )
