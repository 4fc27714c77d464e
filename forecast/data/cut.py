"""What of a site's data lies in a span or was known at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data.inputs import MEASURED

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData

_WHOLE = ("site", "delays", "labels", "drawn", "tidied", "dropped", "trust_flags")


def cut(data: SiteData, after_ns: int | None, until_ns: int) -> dict[str, Any]:
    """Return the attributes of the data as known at `until_ns`, or with labels in (`after_ns`, `until_ns`] [ns]."""
    out = {name: getattr(data, name) for name in _WHOLE}
    times: dict[str, np.ndarray] = {}
    for name in MEASURED:
        out[name] = table = getattr(data, name)
        if table is not None:
            rows = _rows(data, name, after_ns, until_ns)
            times[name], out[name] = data.times(name)[rows], table.iloc[rows]
    nwp: dict[str, Any] = {}
    for name, source in data.nwp.items():
        if isinstance(source, pd.DataFrame):
            nwp[name], times[name] = source, data.times(name)
        else:
            known = np.flatnonzero(data.published(name) <= until_ns)
            # what is asked for again and again need not be cut again
            nwp[name] = source if len(known) == len(data.inits(name)) else source.isel(init_time=known)
    made = {what: made for what, made in data._made.items() if what.startswith("columns of ")}
    plan = None if data.plan is None else data.plan[data.plan["known_ns"] <= until_ns]
    neighbours = {name: near._cut(after_ns, until_ns) for name, near in data.neighbours.items()}
    return out | {"nwp": nwp, "plan": plan, "neighbours": neighbours, "_times": times, "_made": made}


def _rows(data: SiteData, name: str, after_ns: int | None, until_ns: int) -> slice:
    times = data.times(name)
    # `between` speaks of labels, `until` of the moment a value became known
    end = until_ns if after_ns is not None else until_ns - data.delays[name]
    # what is carried on (capacity in service, limits) may have been said long before
    begin = after_ns if name in ("power", "observed") else None
    low = 0 if begin is None else int(np.searchsorted(times, begin, side="right"))
    return slice(low, int(np.searchsorted(times, end, side="right")))
