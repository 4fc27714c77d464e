"""Weather runs on their way in: in order of their init times, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
