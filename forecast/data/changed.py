"""The same site with something changed: runs that come later, inputs that lost values. The original stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from forecast.data.inputs import MEASURED
from forecast.data.sitedata import SiteData

_CACHED = ("power_step_ns", "flags", "clean")


def changed(data: SiteData, **attributes: Any) -> SiteData:
    """Return a copy with other attributes; what was worked out from the old ones is left behind."""
    out = object.__new__(SiteData)
    kept = {name: value for name, value in vars(data).items() if name not in _CACHED}
    kept |= {name: getattr(data, name) for name in MEASURED}  # which some make only when asked
    out.__dict__.update(kept | {"_made": {}} | attributes)
    return out


def with_later_runs(data: SiteData, extra_ns: Mapping[str, int]) -> SiteData:
    """Return the data as if each run of a source were published so much later [ns]."""
    here = {name: extra for name, extra in extra_ns.items() if name in data.run_sources}
    drawn = {
        name: replace(one, durations=[pd.Timedelta(d) + pd.Timedelta(here[name], unit="ns") for d in one.durations])
        for name, one in data.drawn.items()
        if name in here
    }
    plain = {name: data.delays[name] + extra for name, extra in here.items() if name not in drawn}
    # grids, init times and values of tables do not depend on delays
    return changed(data, delays=data.delays | plain, drawn=data.drawn | drawn, _made=data._made)
