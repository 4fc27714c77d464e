"""SiteData over rows that are kept already, without the checks that they went through on their way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.cleaning import power_flags
from forecast.data.inputs import MEASURED
from forecast.data.published import DrawnDelay
from forecast.live.kept import Kept
from forecast.live.runs import HeldRuns
from forecast.site import Site

if TYPE_CHECKING:
    from forecast.weather.grid import RunGrid

T = TypeVar("T")
MOST_REMEMBERED = 32
SERIES = ("power", "available_kw", "curtailed")


class Snapshot(SiteData):
    """What a live forecaster knows at one moment; pandas' tables are made only when somebody asks for them."""

    def __init__(
        self,
        site: Site,
        tables: Mapping[str, Kept],
        runs: Mapping[str, HeldRuns],
        *,
        zone: Any,
        delays: dict[str, int],
        labels: dict[str, str],
        drawn: dict[str, DrawnDelay],
        plan: pd.DataFrame | None,
        neighbours: dict[str, SiteData],
        memory: dict[Any, tuple[int, Any]],
    ) -> None:
        self.site, self.delays, self.labels, self.drawn = site, delays, labels, drawn
        self._tables, self._runs, self._zone, self._memory = tables, runs, zone, memory
        self.tidied, self.dropped, self._made = {}, {}, {}
        self.trust_flags = False  # nothing is learned from it
        self._times = {name: kept.times for name, kept in tables.items()}
        for name, kept in tables.items():
            self._made[f"columns of {name}"] = kept.names
            self._made[f"values of {name}"] = kept.values[:, 0] if name in SERIES else kept.values
        for name in MEASURED:
            if name not in tables:
                setattr(self, name, None)
        frames = {name: kept.table("UTC", series=False) for name, kept in tables.items() if name not in MEASURED}
        self.nwp = {**frames, **{name: held.source for name, held in runs.items()}}
        self.plan, self.neighbours = plan, neighbours

    def __getattr__(self, name: str) -> Any:
        # only asked for what is not set yet: the tables of what is measured
        tables = self.__dict__.get("_tables", {})
        if name not in MEASURED or name not in tables:
            raise AttributeError(name)
        table = tables[name].table(self._zone, series=name in SERIES)
        self.__dict__[name] = table
        return table

    @property
    def timezone(self) -> Any:
        """The zone of forecasts."""
        return self._zone

    def power_flags(self, low: int, high: int, step_ns: int) -> np.ndarray:
        """Return the flags of some rows of power."""
        times, power, capacity = self._times["power"], self._made["values of power"], self.site.capacity_kw
        what, kept = ("flags", step_ns, capacity), self._tables["power"]
        return kept.by_row(what, lambda a, b: power_flags(times[a:b], power[a:b], capacity, step_ns))[low:high]

    def by_row(
        self, name: str, what: tuple[Any, ...], first: int, low: int, high: int, make: Callable[[int, int], np.ndarray]
    ) -> np.ndarray:
        """Return rows low … high of what `make` makes of a table; only rows that are new are looked at."""
        return self._tables[name].by_row(what, make)[low:high]

    def remembered(self, what: tuple[Any, ...], until_ns: int, make: Callable[[], T]) -> T:
        """Return what `make` makes, or made of the same values before."""
        found = self._memory.get(what)
        if found is None:
            if len(self._memory) >= MOST_REMEMBERED:
                self._memory.clear()
            found = self._memory[what] = (until_ns, make())
        value: T = found[1]
        return value

    def inits(self, name: str) -> np.ndarray:
        """Return the init times [ns] of a source's runs, rising."""
        return self._runs[name].inits

    def run_grid(self, name: str) -> RunGrid:
        """Return a source's runs as interval means on any grid; made once for all snapshots that share the runs."""
        return self._runs[name].grid
