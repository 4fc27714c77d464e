"""Trajectories of power that are as likely as each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.deliver import deliver
from forecast.errors import SettingsError
from forecast.models.dependence import Dependence, on_curves
from forecast.models.residuals import GRID
from forecast.timegrid import to_index, to_moment

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster


@dataclass(frozen=True)
class Curves:
    """A forecast, deliverable, kW: point (L,), quantiles (L, levels of `GRID`), and how its leads hang together."""

    power: np.ndarray
    kilowatts: np.ndarray
    together: Dependence
    issue_ns: int
    valid_ns: np.ndarray
    step_ns: int


def curves_of(forecaster: Forecaster, data: SiteData, at: Any) -> Curves:
    """Return the forecast made at `at` at all levels."""
    features = forecaster._features_for(data)
    _, issue = forecaster._issue(features, data, at)
    design = forecaster._design(features, data, np.array([issue]))
    _, level = forecaster._missing(design)
    point, quantiles = forecaster._distribution(features, data, design, GRID, level)
    step = features.spec.step_ns
    made = deliver(data, design, point, quantiles, level, step)
    # a model that had no errors to learn from: its leads err as one, the safe side for storage
    together = forecaster.dependence_ or Dependence(np.ones((len(design.leads), len(design.leads))))
    return Curves(made.power[0], made.quantiles[0], together, issue, issue + design.leads * step, step)


def checked_number(n: Any) -> int:
    """Return the number of scenarios; `SettingsError` unless it is a whole number from 1 on."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise SettingsError(f"n={n!r}; expected a whole number of scenarios, 1 or more")
    return int(n)


def scenarios(forecaster: Forecaster, data: SiteData, at: Any, n: int, random_state: int) -> pd.DataFrame:
    """Return `n` trajectories; see `Forecaster.scenarios`."""
    number = checked_number(n)
    found = curves_of(forecaster, data, at)
    paths = on_curves(found.kilowatts, found.together.levels(number, random_state))
    index = to_index(found.valid_ns, data.timezone, name="valid_time")
    out = pd.DataFrame(paths.T, index=index, columns=pd.RangeIndex(number, name="scenario"))
    out.attrs = {
        "site": data.site.name,
        "issue_time": to_moment(found.issue_ns, data.timezone).isoformat(),
        "step_ns": str(found.step_ns),
    }
    return out
