"""SiteData: everything known about a site, and what of it was known at a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from forecast.data import cleaning
from forecast.data.cut import cut
from forecast.data.inputs import PLAIN
from forecast.data.limits import limited
from forecast.data.plan import checked_plan
from forecast.data.published import DrawnDelay
from forecast.data.readers import reader, reader_of_many
from forecast.data.repairs import repairs
from forecast.data.runs import init_ns, ordered_runs, sources_of
from forecast.data.series import (
    checked_delays,
    checked_labels,
    drawn_delays,
    left_out,
    number_frame,
    number_series,
    tidy,
)  # fmt: skip
from forecast.errors import InputTypeError, NotEnoughDataError
from forecast.site import PVSite, Site, WindSite
from forecast.timegrid import moment_ns, to_moment, usual_step_ns

if TYPE_CHECKING:
    import xarray as xr

    from forecast.weather.grid import RunGrid

T = TypeVar("T")


class SiteData:
    """Measurements and weather forecasts of one site; immutable, and nothing passed in is changed.

    Args:
        site: `PVSite` or `WindSite`.
        power: Series [kW], tz-aware; None for a cold start.
        observed: DataFrame of local measurements (pvlib names where there are any).
        nwp: weather forecasts: DataFrame by valid time (vintage unknown), xarray.Dataset with dims `init_time`,
            `lead_time`, or a dict source → one of them.
        available_kw: Series, capacity in service [kW], measured.
        curtailed: boolean Series, output was limited from outside, measured.
        plan: DataFrame `start end available_kw limit_kw known_at`.
        neighbours: {name: SiteData}.
        delay: how long after its label (init time for runs) a value becomes known; one value or a dict by input.
        label: `"end"` (default), `"start"` or `"instant"`; one value or a dict by input. Shifted once, here.
        trust_flags: models do not learn from output that `fc.curtailment` finds held down, though nobody flagged it.

    Raises:
        TimeError: a naive index, naming the fix. InputTypeError: an input of another type or not numbers.
    """

    def __init__(
        self,
        site: Site,
        power: pd.Series | None = None,
        *,
        observed: pd.DataFrame | None = None,
        nwp: Any = None,
        available_kw: pd.Series | None = None,
        curtailed: pd.Series | None = None,
        plan: pd.DataFrame | None = None,
        neighbours: Mapping[str, SiteData] | None = None,
        delay: Any = "0min",
        label: Any = "end",
        trust_flags: bool = False,
    ) -> None:
        if not isinstance(site, PVSite | WindSite):
            raise InputTypeError(f"site is {type(site).__name__}, expected PVSite or WindSite")
        sources = sources_of(nwp)
        inputs = PLAIN + tuple(sources)
        labels = checked_labels(label, inputs)
        self.site = site
        self.delays = checked_delays(delay, inputs)
        self.tidied: dict[str, dict[str, int]] = {}
        self.dropped: dict[str, np.ndarray] = {}
        self._times: dict[str, np.ndarray] = {}
        self._made: dict[str, Any] = {}
        self.power = self._take_series("power", power, labels)
        self.observed = self._take_frame("observed", observed, labels) if observed is not None else None
        self.available_kw = self._take_series("available_kw", available_kw, labels)
        self.curtailed = self._take_series("curtailed", curtailed, labels)
        self.nwp: dict[str, pd.DataFrame | xr.Dataset] = {
            name: self._take_frame(name, source, labels)
            if isinstance(source, pd.DataFrame)
            else ordered_runs(source, name)
            for name, source in sources.items()
        }
        self.drawn: dict[str, DrawnDelay] = drawn_delays(delay, tuple(sources), self.run_sources)
        self.labels = labels
        self.plan = None if plan is None else checked_plan(plan)
        self.neighbours = dict(neighbours or {})
        self.trust_flags = trust_flags

    from_csv = reader("from_csv", "Read a CSV file; see `forecast.data.reading.from_csv`.")
    from_parquet = reader("from_parquet", "Read a Parquet file; see `forecast.data.reading.from_parquet`.")
    from_long = reader_of_many("from_long", "Many sites from one table; see `forecast.data.reading.from_long`.")
    from_toml = reader("from_toml", "Read a site file; see `forecast.data.reading.from_toml`.")

    def _take(self, name: str, table: Any, labels: dict[str, str]) -> Any:
        given = table.index
        table, times, done = tidy(table, name, labels[name])
        self._times[name] = times
        if done:
            self.tidied[name] = done
            if done["duplicates"]:
                self.dropped[name] = left_out(given, name)
        return table

    def _take_series(self, name: str, given: Any, labels: dict[str, str]) -> Any | None:
        return None if given is None else self._take(name, number_series(given, name), labels)

    def _take_frame(self, name: str, given: Any, labels: dict[str, str]) -> Any:
        frame, self._made[f"columns of {name}"] = number_frame(given, name)
        return self._take(name, frame, labels)

    def has(self, name: str) -> bool:
        """Return whether there is a table of this name, be it empty."""
        return name in self._times

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of one table."""
        return self._once(f"columns of {name}", lambda: tuple(self._table(name).columns.tolist()))

    def values(self, name: str) -> np.ndarray:
        """Return the values of one input as float64, (rows,) or (rows, columns); not to be written to."""
        return self._once(f"values of {name}", lambda: self._table(name).to_numpy(dtype=np.float64))

    def _table(self, name: str) -> Any:
        return self.nwp[name] if name in self.nwp else getattr(self, name)

    def _once(self, what: str, make: Callable[[], T]) -> T:
        # tables are read many times in one forecast, and pandas takes its time for each
        if what not in self._made:
            self._made[what] = make()
        found: T = self._made[what]
        return found

    def power_flags(self, low: int, high: int, step_ns: int) -> np.ndarray:
        """Return the flags of some rows of power, of which the first `cleaning.LOOKBACK_NS` are not to be relied on."""
        begin, end, made_for, flags = self._made.get("flags of power", (0, 0, 0, None))
        if flags is None or made_for != step_ns or low < begin or high > end:
            times, power = self.times("power")[low:high], self.values("power")[low:high]
            flags = cleaning.power_flags(times, power, self.site.capacity_kw, step_ns)
            begin = low
            self._made["flags of power"] = low, high, step_ns, flags
        found: np.ndarray = flags[low - begin : high - begin]
        return found

    def by_row(
        self, name: str, what: tuple[Any, ...], first: int, low: int, high: int, make: Callable[[int, int], np.ndarray]
    ) -> np.ndarray:
        """Return rows low … high of what `make` makes of rows first … high of a table; data that live keep them.

        Args:
            what: says what is made. first: what stands there may decide the row `low`; `make` never looks ahead.
        """
        return make(first, high)[low - first :]

    def remembered(self, what: tuple[Any, ...], until_ns: int, make: Callable[[], T]) -> T:
        """Return what `make` makes of values with labels up to `until_ns` [ns]; data that live keep it by `what`."""
        return make()

    @property
    def run_sources(self) -> tuple[str, ...]:
        """The weather sources that come as runs, with the vintage of each value known."""
        return tuple(name for name, source in self.nwp.items() if not isinstance(source, pd.DataFrame))

    def run_grid(self, name: str) -> RunGrid:
        """Return a source's runs as interval means on any grid."""

        def make() -> RunGrid:
            from forecast.weather.grid import RunGrid

            runs = self.nwp[name]
            assert not isinstance(runs, pd.DataFrame)
            return RunGrid(runs, self.site, label=self.labels[name])

        return self._once(f"grid of {name}", make)

    def inits(self, name: str) -> np.ndarray:
        """Return the init times [ns] of a source's runs, rising."""
        return self._once(f"inits of {name}", lambda: init_ns(self.nwp[name]))

    def published(self, name: str) -> np.ndarray:
        """Return when each run of a source became known [ns], in the order of `inits`."""
        inits = self.inits(name)
        drawn = self.drawn.get(name)
        return inits + self.delays[name] if drawn is None else drawn.published_ns(name, inits)

    def times(self, name: str) -> np.ndarray:
        """Return the labels of one input in nanoseconds UTC, period-ending."""
        return self._times[name]

    @cached_property
    def power_step_ns(self) -> int:
        """The power's own step in nanoseconds."""
        if self.power is None:
            raise NotEnoughDataError(f"site {self.site.name!r} has no power; state step= and use model='physical'")
        return usual_step_ns(self.times("power"))

    @property
    def timezone(self) -> Any:
        """The zone of forecasts: that of the power's index, else the site's, else UTC."""
        return self.power.index.tz if self.power is not None else (self.site.timezone or "UTC")

    @property
    def outcome_delay_ns(self) -> int:
        """How long after its label it is known what the plant could give: its power, and whether it was limited."""
        limited = 0 if self.curtailed is None else self.delays["curtailed"]
        return max(self.delays["power"], limited)

    @property
    def newest(self) -> pd.Timestamp:
        """The newest moment at which a measured value became known."""
        known = [
            times[-1] + self.delays[name]
            for name, times in self._times.items()
            if name in ("power", "observed") and len(times)
        ]
        if not known:
            raise NotEnoughDataError(f"site {self.site.name!r} has neither power nor observations; state at=")
        return to_moment(max(known), self.timezone)

    @cached_property
    def flags(self) -> pd.Series:
        """Why a value of `power` is not used: bits of `forecast.data.cleaning.FLAGS`; 0 = used."""
        power, times = self._power()
        flags = cleaning.power_flags(times, power.to_numpy(), self.site.capacity_kw, self.power_step_ns)
        return pd.Series(flags, index=power.index, name="flags")

    @cached_property
    def clean(self) -> pd.Series:
        """What models see of `power` [kW]: flagged values are missing, nothing else is changed."""
        power, _ = self._power()
        return power.where(self.flags == 0)

    def repairs(self) -> pd.DataFrame:
        """Return every value that is treated as missing: `input`, `label` (period-ending), `value` and `why`.

        Rows left out because their label came twice are listed too, with the label only. Values that were missing
        already are not: nothing was done to them.
        """
        return repairs(self)

    def _power(self) -> tuple[pd.Series, np.ndarray]:
        if self.power is None:
            raise NotEnoughDataError(f"site {self.site.name!r} has no power")
        return self.power, self.times("power")

    def limited(self, labels_ns: np.ndarray, step_ns: int) -> np.ndarray:
        """Return whether output was limited from outside within (label − step, label]; the last statement goes on."""
        return limited(self, labels_ns, step_ns)

    def until(self, t: Any) -> SiteData:
        """Return what was known at `t`: label + delay ≤ t, runs with init + delay ≤ t; a DataFrame nwp is not cut."""
        return self._cut(None, moment_ns(t, "t"))

    def between(self, a: Any, b: Any) -> SiteData:
        """Return power and observations with labels in (a, b]; weather forecasts as in `until(b)`."""
        return self._cut(moment_ns(a, "a"), moment_ns(b, "b"))

    def _cut(self, after: int | None, until: int) -> SiteData:
        out = object.__new__(SiteData)
        out.__dict__.update(cut(self, after, until))
        return out

    def __repr__(self) -> str:
        inputs = [f"{name} {len(times)} rows" for name, times in self._times.items()]
        return f"SiteData({self.site.name!r}, {self.site.kind}, {', '.join(inputs) or 'no measurements'})"
