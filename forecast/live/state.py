"""All that a live forecaster keeps of a site: rows, runs and plans; each change makes a new state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.inputs import MEASURED
from forecast.data.plan import FOREVER, checked_plan
from forecast.data.published import DrawnDelay
from forecast.data.series import number_frame, number_series
from forecast.errors import ColumnError, InputTypeError
from forecast.live.kept import LEAST_ROOM, NEVER, Counts, Kept, says
from forecast.live.runs import HeldRuns
from forecast.live.snapshot import SERIES, Snapshot
from forecast.site import Site
from forecast.timegrid import index_ns, usual_step_ns

CARRIED = {"available_kw": "not negative", "curtailed": "finite"}
GROWS = 1.25  # times as long as needed, before rows are let go


@dataclass(frozen=True)
class State:
    """Rows by input, runs by source; immutable.

    Attributes:
        shifts: from a label as given to the period-ending one [ns], by input.
        memory: what was made of values up to a label [ns], with that label.
    """

    site: Site
    zone: Any
    delays: dict[str, int]
    labels: dict[str, str]
    shifts: dict[str, int]
    drawn: dict[str, DrawnDelay]
    tables: dict[str, Kept]
    runs: dict[str, HeldRuns]
    plan: pd.DataFrame | None
    neighbours: dict[str, State]
    memory: dict[Any, tuple[int, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, data: SiteData) -> State:
        """Return the state that knows all that `data` hold."""
        tables, shifts = {}, {}
        for name in (*MEASURED, *data.nwp):
            table = data.nwp.get(name) if name in data.nwp else getattr(data, name)
            if not isinstance(table, pd.Series | pd.DataFrame):
                continue
            times = data.times(name)
            names = (name,) if name in SERIES else data.columns(name)
            tables[name] = Kept.of(names, times, data.values(name).reshape(len(times), len(names)))
            if data.labels[name] == "start" and len(times) > 1:
                shifts[name] = usual_step_ns(times, name)
        runs = {
            name: HeldRuns(source, data.site, data.labels[name])
            for name, source in data.nwp.items()
            if not isinstance(source, pd.DataFrame)
        }
        near = {name: cls.of(other) for name, other in data.neighbours.items()}
        return cls(
            data.site, data.timezone, data.delays, data.labels, shifts, data.drawn, tables, runs, data.plan, near
        )

    @cached_property
    def snapshot(self) -> Snapshot:
        """The state as data that a forecaster reads."""
        return Snapshot(
            self.site, self.tables, self.runs, zone=self.zone, delays=self.delays, labels=self.labels,
            drawn=self.drawn, plan=self.plan, memory=self.memory,
            neighbours={name: near.snapshot for name, near in self.neighbours.items()},
        )  # fmt: skip

    # ---------------------------------------------------------------- what comes in

    def put(self, inputs: Mapping[str, Any]) -> tuple[State, dict[str, Counts]]:
        """Return the state with new values, and what was done with them by input; None: nothing came.

        Args:
            inputs: `power observed nwp available_kw curtailed plan neighbours`, as for `SiteData`.
        """
        tables, runs, near = dict(self.tables), dict(self.runs), dict(self.neighbours)
        counts: dict[str, Counts] = {}
        plan = self.plan if inputs.get("plan") is None else checked_plan(inputs["plan"])
        sources = _sources(inputs.get("nwp"))
        changed = FOREVER
        for name, given in {**{name: inputs.get(name) for name in MEASURED}, **sources}.items():
            if given is None:
                continue
            if name not in MEASURED and hasattr(given, "dims"):
                if name not in runs:
                    raise ColumnError(f"nwp: no source {name!r} of runs; there are {', '.join(runs) or 'none'}")
                runs[name], counts[name] = runs[name].put(name, given)
            else:
                kept, counts[name], first = self._kept(name, given)
                if kept is not tables.get(name):
                    tables[name], changed = kept, min(changed, first)
        for name, given in (inputs.get("neighbours") or {}).items():
            if name not in near:
                raise ColumnError(f"no neighbour {name!r}; there are {', '.join(near) or 'none'}")
            given = {"power": given} if isinstance(given, pd.Series) else given
            near[name], found = near[name].put(_known_inputs(given))
            counts |= {f"{name}>{inner}": count for inner, count in found.items()}
        memory = {what: found for what, found in list(self.memory.items()) if found[0] < changed}
        return replace(self, tables=tables, runs=runs, plan=plan, neighbours=near, memory=memory), counts

    def _kept(self, name: str, given: Any) -> tuple[Kept, Counts, int]:
        """Return the rows of one input with new ones among them, what was done, and from which label on they differ."""
        table, names = (number_series(given, name), (name,)) if name in SERIES else number_frame(given, name)
        times = index_ns(table.index, name) + self._shift(name)
        values = table.to_numpy(dtype=np.float64).reshape(len(times), len(names))
        if len(times) > 1 and not (np.diff(times) > 0).all():
            times, place = np.unique(times, return_index=True)
            values = values[place]
        mine = self.tables.get(name)
        if mine is None:
            if name not in MEASURED:
                raise ColumnError(f"nwp: no source {name!r} by valid time; there are {', '.join(self.tables)}")
            mine = Kept.of(names, times[:0], values[:0])
        unknown = [one for one in names if one not in mine.names]
        if unknown:
            raise ColumnError(f"{name}: columns {', '.join(unknown)} are not known; there are {', '.join(mine.names)}")
        if name in CARRIED and mine.oldest != NEVER:
            # what stood before the statement that goes on is gone: it can be corrected, but not taken back
            stays = (times != mine.oldest) | says(values, CARRIED[name])
            times, values, gone = times[stays], values[stays], int(np.count_nonzero(~stays))
        else:
            gone = 0
        kept, counts = mine.put(names, times, values)
        counts += Counts(too_old=gone)
        # weather by valid time is read around a label, not up to it
        first = NEVER if name not in MEASURED or not len(times) else int(times[0])
        return kept, counts, first

    def _shift(self, name: str) -> int:
        if self.labels.get(name) != "start":
            return 0
        if name not in self.shifts:
            raise InputTypeError(
                f"{name}: labels are starts of periods, and there was no record to tell how long these are; "
                "label the values by period end"
            )
        return self.shifts[name]

    # ---------------------------------------------------------------- what goes

    def since(self, before: int) -> State:
        """Return the state with what no forecast of a later moment reads let go, where that is worth the copying."""
        tables = {name: _shortened(kept, before, CARRIED.get(name, "")) for name, kept in self.tables.items()}
        runs = {}
        for name, held in self.runs.items():
            drawn = self.drawn.get(name)
            published = held.inits + self.delays[name] if drawn is None else drawn.published_ns(name, held.inits)
            runs[name] = held.since(before, published)
        near = {name: other.since(before) for name, other in self.neighbours.items()}
        plan = self.plan
        if plan is not None and (plan["end_ns"] < before).any():
            plan = plan[plan["end_ns"] >= before]
        changes: dict[str, Any] = {"tables": tables, "runs": runs, "neighbours": near}
        same = all(
            new.keys() == old.keys() and all(new[name] is old[name] for name in new)
            for new, old in ((changes[key], getattr(self, key)) for key in changes)
        )
        return self if same and plan is self.plan else replace(self, plan=plan, **changes)


def _shortened(kept: Kept, before: int, carried: str) -> Kept:
    needed = kept.high - int(np.searchsorted(kept.times, before))
    if kept.high > GROWS * needed + LEAST_ROOM:
        return kept.since(before, carried)
    return kept if carried or before <= kept.oldest else replace(kept, oldest=before)


def _sources(nwp: Any) -> dict[str, Any]:
    if nwp is None:
        return {}
    return dict(nwp) if isinstance(nwp, Mapping) and not hasattr(nwp, "dims") else {"nwp": nwp}


def _known_inputs(given: Any) -> Mapping[str, Any]:
    known = (*MEASURED, "nwp")
    if not isinstance(given, Mapping) or not set(given) <= set(known):
        raise InputTypeError(f"neighbours: expected a Series of power, or a dict of {', '.join(known)} for each name")
    return given
