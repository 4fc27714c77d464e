"""Runs of a weather model, as many as forecasts may need; a run that comes again replaces the one of its init time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecast.data.runs import init_ns, ordered_runs
from forecast.errors import ColumnError
from forecast.live.kept import NEVER, Counts
from forecast.site import Site

if TYPE_CHECKING:
    import xarray as xr

    from forecast.weather.grid import RunGrid

# features read the newest run known at a moment and up to a dozen before it
RUNS_BEFORE = 16


@dataclass(frozen=True)
class HeldRuns:
    """The runs of one source, in order of their init times.

    Attributes:
        oldest: runs with an init time before it have been let go and are not taken in again [ns].
    """

    source: xr.Dataset
    site: Site
    label: str
    oldest: int = NEVER

    @cached_property
    def inits(self) -> np.ndarray:
        """Init times [ns]."""
        return init_ns(self.source)

    @cached_property
    def grid(self) -> RunGrid:
        """The runs as interval means on any grid."""
        from forecast.weather.grid import RunGrid

        return RunGrid(self.source, self.site, label=self.label)

    def put(self, what: str, runs: xr.Dataset) -> tuple[HeldRuns, Counts]:
        """Return the runs with new ones among them, and what was done; leads that a run does not have are missing.

        Raises:
            ColumnError: a quantity that was there before is missing. InputTypeError: as for `SiteData`.
        """
        import xarray as xr

        runs = ordered_runs(runs, what)
        gone = [str(name) for name in self.source.data_vars if name not in runs.data_vars]
        if gone:
            raise ColumnError(f"{what}: variables {', '.join(gone)} were there before and are missing in these runs")
        came = init_ns(runs)
        fresh = came >= self.oldest
        runs, came = runs[list(self.source.data_vars)].isel(init_time=np.flatnonzero(fresh)).compute(), came[fresh]
        again = np.isin(came, self.inits)
        same = np.array([self._has(runs.isel(init_time=[i])) if again[i] else False for i in range(len(came))], bool)
        late = int(np.count_nonzero(came[~again] < self.inits[-1])) if len(self.inits) else 0
        counts = Counts(
            new=int(np.count_nonzero(~again)) - late, late=late, corrected=int(np.count_nonzero(again & ~same)),
            duplicate=int(np.count_nonzero(same)), too_old=int(np.count_nonzero(~fresh)),
        )  # fmt: skip
        if same.all():
            return self, counts
        changed = runs.isel(init_time=np.flatnonzero(~same))
        stays = self.source.isel(init_time=np.flatnonzero(~np.isin(self.inits, came[~same])))
        parts = [part for part in (stays, changed) if part.sizes["init_time"]]
        joined = xr.concat(
            parts, "init_time", data_vars="minimal", coords="minimal", compat="override", join="outer",
            combine_attrs="override",
        )  # fmt: skip
        joined = joined.sortby(["init_time", "lead_time"])
        return HeldRuns(joined, self.site, self.label, self.oldest), counts

    def _has(self, run: xr.Dataset) -> bool:
        """Return whether this very run is there, number by number; leads that it lacks must be missing here."""
        mine = self.source.isel(init_time=np.flatnonzero(np.isin(self.inits, init_ns(run))))
        if not np.isin(run["lead_time"], mine["lead_time"]).all() or run.sizes.get("member") != mine.sizes.get(
            "member"
        ):
            return False
        return bool(run.reindex(lead_time=mine["lead_time"]).broadcast_equals(mine))

    def since(self, before: int, published: np.ndarray) -> HeldRuns:
        """Return the runs that forecasts of moments from `before` on can read.

        Args:
            published: when each run became known [ns]; one that never comes is let go with its neighbours in time.
        """
        known = np.flatnonzero(published <= before)
        first = int(known[-RUNS_BEFORE]) if len(known) >= RUNS_BEFORE else 0
        if not first:
            return self
        oldest = int(self.inits[first])
        return HeldRuns(self.source.isel(init_time=slice(first, None)), self.site, self.label, oldest)
