"""Trajectories of power that are as likely as each other."""

from __future__ import annotations

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


def scenarios(forecaster: Forecaster, data: SiteData, at: Any, n: int, random_state: int) -> pd.DataFrame:
    """Return `n` trajectories; see `Forecaster.scenarios`."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise SettingsError(f"n={n!r}; expected a whole number of scenarios, 1 or more")
    features = forecaster._features_for(data)
    _, issue = forecaster._issue(features, data, at)
    design = forecaster._design(features, data, np.array([issue]))
    _, level = forecaster._missing(design)
    point, quantiles = forecaster._distribution(features, data, design, GRID, level)
    curves = deliver(data, design, point, quantiles, level, features.spec.step_ns).quantiles[0]
    # a model that had no errors to learn from: its leads err as one, the safe side for storage
    together = forecaster.dependence_ or Dependence(np.ones((len(design.leads), len(design.leads))))
    paths = on_curves(curves, together.levels(int(n), random_state))
    index = to_index(issue + design.leads * features.spec.step_ns, data.timezone, name="valid_time")
    out = pd.DataFrame(paths.T, index=index, columns=pd.RangeIndex(int(n), name="scenario"))
    out.attrs = {
        "site": data.site.name,
        "issue_time": to_moment(issue, data.timezone).isoformat(),
        "step_ns": str(features.spec.step_ns),
    }
    return out
