"""Measured and forecast columns as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.timegrid import usual_step_ns

IRRADIANCE = ("ghi", "dni", "dhi", "poa_global")
Columns = dict[tuple[str, str], tuple[np.ndarray, np.ndarray, int]]


def columns_of(data: SiteData) -> Columns:
    """Return labels, raw values and step of each column by (input, column); of runs, the newest value at a time."""
    out: Columns = {}
    for name in ("observed", *data.nwp):
        if name == "observed" and data.observed is None:
            continue
        source: Any = data.observed if name == "observed" else data.nwp[name]
        if isinstance(source, pd.DataFrame):
            times, values, columns = data.times(name), data.values(name), data.columns(name)
        else:
            times, values, columns = newest_of_runs(source)
        if len(times) > 1:
            step = usual_step_ns(times, name)
            out.update({(name, column): (times, values[:, i], step) for i, column in enumerate(columns)})
    return out


def newest_of_runs(runs: Any) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return valid times [ns], values (rows, columns) and names: at each time the value of the newest run."""
    if "member" in runs.dims:
        runs = runs.mean("member")
    names = tuple(str(name) for name in runs.data_vars)
    inits = runs["init_time"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    leads = runs["lead_time"].to_numpy().astype("timedelta64[ns]").astype(np.int64)
    valid = (inits[:, None] + leads[None, :]).ravel()
    age = np.broadcast_to(leads[None, :], (len(inits), len(leads))).ravel()
    columns = [runs[name].transpose("init_time", "lead_time", ...).to_numpy() for name in names]
    values = np.stack([np.asarray(c, dtype=np.float64).reshape(len(valid), -1)[:, 0] for c in columns], axis=1)
    order = np.lexsort((age, valid))
    times = valid[order]
    first = np.r_[True, np.diff(times) > 0] if len(times) else np.zeros(0, dtype=bool)
    return times[first], values[order][first], names
