"""The dims of a forecast as files write them, brought to init_time, lead_time, member, latitude, longitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from forecast.errors import WeatherError
from forecast.weather.joining import in_order, joined

if TYPE_CHECKING:
    import xarray as xr

#: ours → CF standard name, and names in use
AXES: dict[str, tuple[str, tuple[str, ...]]] = {
    "init_time": (
        "forecast_reference_time",
        ("init_time", "forecast_reference_time", "reftime", "reference_time", "initial_time", "analysis_time", "init"),
    ),
    "lead_time": (
        "forecast_period",
        ("lead_time", "step", "forecast_period", "prediction_timedelta", "leadtime", "lead", "forecast_hour"),
    ),
    "member": ("realization", ("member", "number", "realization", "ensemble_member", "ensemble", "ens")),
    "latitude": ("latitude", ("latitude", "lat")),
    "longitude": ("longitude", ("longitude", "lon")),
}
DIMS = tuple(AXES)
_UNITS: dict[str, Literal["s", "min", "h", "D", "ns"]] = {
    "second": "s",
    "sec": "s",
    "s": "s",
    "minute": "min",
    "min": "min",
    "hour": "h",
    "hr": "h",
    "h": "h",
    "day": "D",
}


def found_axis(dataset: xr.Dataset, ours: str) -> str | None:
    """Return the file's name of one of our axes, by CF standard name first; None if it is not there."""
    standard, names = AXES[ours]
    every = [str(name) for name in dataset.variables]
    by_standard = [name for name in every if dataset[name].attrs.get("standard_name") == standard]
    by_name = [name for name in names if name in every or name in dataset.dims]
    return next(iter([*by_standard, *by_name]), None)


def on_our_axes(dataset: xr.Dataset, path: Any = "dataset") -> xr.Dataset:
    """Return the dataset with our dims and no other; runs that stand one after the other in time are told apart.

    Raises:
        WeatherError: no init time or lead can be found, a lead that is no duration, or a dim of another kind.
    """
    init, lead = found_axis(dataset, "init_time"), found_axis(dataset, "lead_time")
    valid = _valid_time(dataset, init, lead)
    if init is None and lead is not None and valid != "time" and "time" in dataset.variables:
        init = "time"
    if init is None or (lead is None and valid is None):
        raise WeatherError(
            f"{path}: dims {', '.join(map(str, dataset.dims))} do not say when a run began and how far it looks ahead; "
            "expected init_time and lead_time, time and step, or forecast_reference_time and time. If it is one run: "
            "weather.from_dataset(xr.open_dataset(path).assign_coords(init_time=…))"
        )
    inits = _datetimes(dataset[init], path)
    if valid is not None and valid in dataset.dims:
        times = _datetimes(dataset[valid], path)
        if inits.ndim == 1 and dataset[init].dims == (valid,):
            return _told_apart(dataset, valid, inits, (init, lead), path)
        if inits.size == 1:
            leads = times - inits.reshape(-1)[0]
            dataset = dataset.assign_coords({valid: leads}).rename({valid: "lead_time_"})
            return _tidy(dataset, {init: "init_time", "lead_time_": "lead_time"}, inits, leads, lead, path)
    if lead is None:
        raise WeatherError(
            f"{path}: several init times and valid times, but no lead; expected dims init_time, lead_time"
        )
    return _tidy(dataset, {init: "init_time", lead: "lead_time"}, inits, durations(dataset[lead], path), None, path)


def _valid_time(dataset: xr.Dataset, init: str | None, lead: str | None) -> str | None:
    """Return the name of the valid time if it is a dim: a time that neither is nor could be the init time."""
    for name in ("valid_time", "time"):
        if name not in dataset.dims or name not in dataset.variables:
            continue
        own_lead = lead is not None and dataset[lead].dims not in ((), (name,))
        if name == "valid_time" or (init is not None and init != name and not own_lead):
            return name
    return None


def _told_apart(
    dataset: xr.Dataset, valid: str, inits: np.ndarray, old: tuple[str, str | None], path: Any
) -> xr.Dataset:
    runs = []
    for init in np.unique(inits):
        some = dataset.isel({valid: np.flatnonzero(inits == init)}).drop_vars([one for one in old if one is not None])
        runs.append(on_our_axes(some.assign_coords(init_time=init), path))
    return joined(runs)


def _tidy(
    dataset: xr.Dataset, names: dict[str, str], inits: np.ndarray, leads: np.ndarray, drop: str | None, path: Any
) -> xr.Dataset:
    names = dict(names)
    for ours in ("member", "latitude", "longitude"):
        if (own := found_axis(dataset, ours)) is not None:
            names[own] = ours
    keep = {own for own in names if own != drop}
    dataset = dataset.drop_vars([name for name in dataset.coords if name not in keep])
    dataset = dataset.rename({own: ours for own, ours in names.items() if own in (*dataset.variables, *dataset.dims)})
    for name, values in (("init_time", inits), ("lead_time", leads)):
        dataset = dataset.drop_vars(name, errors="ignore")
        if name not in dataset.dims:
            dataset = dataset.expand_dims(name)
        dataset = dataset.assign_coords({name: np.atleast_1d(values)})
    if "member" in dataset.coords and "member" not in dataset.dims:
        dataset = dataset.expand_dims("member")
    if other := set(dataset.dims) - set(DIMS):
        raise WeatherError(
            f"{path}: dims {', '.join(sorted(map(str, other)))} are not known; expected {', '.join(DIMS)}. A grid that "
            "is not of latitudes and longitudes is to be regridded first; of other dims choose one value"
        )
    if dataset.get("latitude", np.zeros(1)).ndim > 1:
        raise WeatherError(f"{path}: latitudes form a table, expected a row; regrid to latitudes and longitudes first")
    return in_order(dataset.transpose(*DIMS, missing_dims="ignore"), "init_time", "lead_time")


def _datetimes(variable: xr.DataArray, path: Any) -> np.ndarray:
    values = variable.to_numpy()
    if values.dtype.kind != "M":
        raise WeatherError(f"{path}: {variable.name} holds {values.dtype}, expected times with units 'hours since …'")
    return np.asarray(values.astype("datetime64[ns]"))


def durations(variable: xr.DataArray, path: Any) -> np.ndarray:
    """Return a lead axis as timedelta64[ns]; plain numbers need the attribute `units`."""
    values = variable.to_numpy()
    if values.dtype.kind == "m":
        return np.asarray(values.astype("timedelta64[ns]"))
    unit = str(variable.attrs.get("units", "")).lower()
    found = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if unit in ("nanoseconds", "ns") or values.dtype.kind not in "iuf":
        found = "ns" if values.dtype.kind in "iuf" else None
    if found is None:
        raise WeatherError(
            f"{path}: {variable.name} holds {values.dtype} in {unit or 'no unit'}, expected durations, or numbers with "
            "the attribute units = 'hours', 'minutes' or 'seconds'"
        )
    return np.asarray(pd.to_timedelta(values.ravel(), unit=found).to_numpy().astype("timedelta64[ns]")).reshape(
        values.shape
    )
