"""Limits from outside that nobody flagged, as a series that `SiteData(curtailed=…)` takes."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd

from forecast.audit.evidence import Evidence
from forecast.audit.limited import held_down
from forecast.data import SiteData


def curtailment(data: SiteData) -> pd.Series:
    """Return whether each value of the power was held down from outside: stated so, or found by the audit.

    Boolean, on the labels of `data.power`. Found: flat output below the weather's worth, as `check` tells it under
    "curtailment". It looks at the whole record, later values too: good to learn from, not to forecast with.

    Raises:
        NotEnoughDataError: data without power.
    """
    step = data.power_step_ns
    times = data.times("power")
    held = data.limited(times, step)
    evidence = Evidence(data)
    for run in (run for group in held_down(evidence) for run in group):
        first = evidence.label(run.first) - evidence.grid_step  # a label ends its interval
        held |= (times > first) & (times - step < evidence.label(run.last))
    power = data.power
    assert power is not None
    return pd.Series(held, index=power.index, name="curtailed")


def told_of_curtailment(data: SiteData) -> SiteData:
    """Return the data with what `curtailment` finds among what is curtailed; the data passed in stay as they were."""
    found = curtailment(data)
    out = copy.copy(data)
    out.curtailed = found.astype(np.float64)
    out._times = {**data._times, "curtailed": data.times("power")}
    out._made = {}
    return out
