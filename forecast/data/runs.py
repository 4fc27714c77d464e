"""Weather sources on their way in: by name; runs in order of their init times, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data.inputs import MEASURED
from forecast.errors import InputTypeError

if TYPE_CHECKING:
    import xarray as xr


def ordered_runs(dataset: xr.Dataset, what: str) -> xr.Dataset:
    """Return the runs in order of their init times [UTC], each once (the first kept).

    Raises:
        InputTypeError: init times or leads that are no times, or variables that are no numbers.
    """
    inits, leads = dataset["init_time"].to_numpy(), dataset["lead_time"].to_numpy()
    if inits.dtype.kind != "M":
        raise InputTypeError(f"{what}: init_time holds {inits.dtype}, expected UTC times without zone (datetime64)")
    if leads.dtype.kind != "m":
        raise InputTypeError(f"{what}: lead_time holds {leads.dtype}, expected durations; pd.to_timedelta(h, unit='h')")
    bad = [str(name) for name, variable in dataset.data_vars.items() if variable.dtype.kind not in "fiub"]
    if bad:
        raise InputTypeError(f"{what}: variables {', '.join(bad)} do not hold numbers; convert or drop them")
    if len(inits) > 1 and not (np.diff(inits) > np.timedelta64(0)).all():
        dataset = dataset.isel(init_time=np.unique(inits, return_index=True)[1])
    if len(leads) > 1 and not (np.diff(leads) > np.timedelta64(0)).all():
        dataset = dataset.isel(lead_time=np.unique(leads, return_index=True)[1])
    return dataset


def sources_of(nwp: Any) -> dict[str, Any]:
    """Return the weather sources by name; a single one is called `nwp`."""
    if nwp is None:
        return {}
    sources = dict(nwp) if isinstance(nwp, Mapping) and not hasattr(nwp, "dims") else {"nwp": nwp}
    for name, source in sources.items():
        if name in MEASURED or not isinstance(name, str):
            raise InputTypeError(f"nwp: a source cannot be called {name!r}; choose another name")
        if isinstance(source, pd.DataFrame):
            continue
        dims = set(getattr(source, "dims", ()))
        if not {"init_time", "lead_time"} <= dims:
            raise InputTypeError(
                f"nwp source {name!r} is {type(source).__name__} with dims {sorted(map(str, dims))}; expected a "
                "DataFrame indexed by valid time, or an xarray.Dataset with dims init_time and lead_time"
            )
    return sources


def init_ns(source: Any) -> np.ndarray:
    """Return the init times of runs [ns]."""
    return np.asarray(source["init_time"].to_numpy().astype("datetime64[ns]").astype(np.int64))
