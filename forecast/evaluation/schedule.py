"""When a backtest issues forecasts, when it fits models anew or renews them, and how far back a fit looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.errors import NotEnoughDataError, SettingsError, StepError
from forecast.timegrid import duration_ns, evenly, floor_to, moment_ns, step_text, to_index, usual_phase_ns


@dataclass(frozen=True)
class Schedule:
    """An issue time each `every` from `start` to `end`, fits each `refit` on the last `window`; see `backtest`.

    Between fits, models learn on each `renew`.
    """

    start: Any
    end: Any
    every: Any = "15min"
    refit: Any = "30D"
    window: Any = None
    renew: Any = None

    @property
    def never_fits(self) -> bool:
        """Whether forecasters are taken as they come."""
        return isinstance(self.refit, str) and self.refit == "never"

    def issue_times(self, sites: Sequence[SiteData]) -> np.ndarray:
        """Return the issue times [ns], on the grid of the coarsest power; raises a typed error where there are none."""
        if not sites:
            raise NotEnoughDataError("the list of sites is empty")
        coarsest = max(sites, key=lambda site: site.power_step_ns)
        step, phase = coarsest.power_step_ns, usual_phase_ns(coarsest.times("power"), coarsest.power_step_ns)
        apart = duration_ns(self.every, "every")
        if apart <= 0 or apart % step:
            raise StepError(f"every={self.every!r} is not a whole multiple of the power's step {step_text(step)}")
        ends = (("start", self.start), ("end", self.end))
        first, last = (floor_to(moment_ns(moment, name), step, phase) for name, moment in ends)
        if last < first:
            raise SettingsError(f"end={self.end!r} lies before start={self.start!r}")
        return evenly(first, last, apart)

    def folds(self, issue_ns: np.ndarray) -> list[tuple[int | None, np.ndarray]]:
        """Return when to fit [ns] (None: not at all) and the issue times [ns] that each fit serves."""
        if self.never_fits:
            return [(None, issue_ns)]
        if self.refit is None:
            return [(int(issue_ns[0]), issue_ns)]
        apart = _positive(self.refit, "refit")
        number = (issue_ns - issue_ns[0]) // apart
        return [(int(issue_ns[number == i][0]), issue_ns[number == i]) for i in np.unique(number)]

    def renewals(self, fit_ns: int | None, issue_ns: np.ndarray) -> list[tuple[int | None, np.ndarray]]:
        """Return when to renew [ns] (None: not yet) and the issue times [ns] served after it, for those of one fit."""
        if self.renew is None:
            return [(None, issue_ns)]
        number = (issue_ns - issue_ns[0]) // _positive(self.renew, "renew")
        parts = [issue_ns[number == i] for i in np.unique(number)]
        # what was just fitted has nothing to learn; what came fitted has all that came since
        return [(None if i == 0 and fit_ns is not None else int(part[0]), part) for i, part in enumerate(parts)]

    def past(self, site: SiteData, fit_ns: int) -> SiteData:
        """Return what a fit at a moment [ns] learns from."""
        moment: pd.Timestamp = to_index(np.array([fit_ns]), "UTC")[0]
        known = site.until(moment)
        if self.window is None:
            return known
        return known.between(moment - pd.Timedelta(_positive(self.window, "window"), unit="ns"), moment)


def _positive(value: Any, name: str) -> int:
    length = duration_ns(value, name)
    if length <= 0:
        raise SettingsError(f"{name}={value!r} is not longer than nothing; expected a duration such as '30D'")
    return length
