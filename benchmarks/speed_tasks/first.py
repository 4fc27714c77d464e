"""All that a new process does for its first forecast; it imports nothing that this does not need."""

from __future__ import annotations

import numpy as np
import pandas as pd

import forecast as fc


def first(bundle: str, history: str, capacity_kw: str) -> None:
    """Load a forecaster and forecast from the history in an npz file: `time` [ns UTC], `power`, columns of weather."""
    with np.load(history) as kept:
        columns = dict(kept)
    index = pd.DatetimeIndex(columns.pop("time"), tz="UTC")
    power = pd.Series(columns.pop("power"), index=index)
    site = fc.WindSite("plant", float(capacity_kw))
    fc.load(bundle).predict(fc.SiteData(site, power=power, observed=pd.DataFrame(columns, index=index)))
