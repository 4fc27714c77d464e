"""What a value stands for in time, stated on the variable itself as CF `cell_methods`.

| `cell_methods` | a value at lead k is |
|---|---|
| `lead_time: point` | the state at lead k |
| `lead_time: mean` | the mean over (lead k − 1, lead k] |
| `lead_time: sum` | the total over (lead k − 1, lead k] |
| `lead_time: mean (since init)`, `sum (since init)` | the mean or total since the run began |
| `lead_time: mean (since every 6h)`, `sum (…)` | the mean or total since the last multiple of six hours |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.errors import SettingsError, WeatherError
from forecast.suggest import suggestion
from forecast.timegrid import duration_ns, step_text

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("point", "mean", "sum")
PREVIOUS_LEAD = 0
INIT = 2**62
_STATED = re.compile(r"\b(?:lead_time|step|forecast_period|time)\s*:\s*(\w+)(?:\s*\(([^)]*)\))?")
_IRRADIANCE = re.compile(r"^(ghi|dni|dhi|bhi|poa)(_|$)")
_AMOUNT = re.compile(r"^(precipitation|rain|snowfall)(_|$)")


class Meaning(NamedTuple):
    """A method of `METHODS`, and how often its total begins anew [ns]: each lead, each so long, or at `INIT` only."""

    method: str
    restart_ns: int = PREVIOUS_LEAD

    def __str__(self) -> str:
        since = {PREVIOUS_LEAD: "", INIT: " (since init)"}.get(self.restart_ns)
        return f"lead_time: {self.method}" + (
            f" (since every {step_text(self.restart_ns)})" if since is None else since
        )


def is_irradiance(name: str) -> bool:
    """Return whether a contract's name is of solar radiation [W/m²]."""
    return _IRRADIANCE.match(name) is not None


def is_never_negative(name: str) -> bool:
    """Return whether the named quantity cannot fall below 0, nor can its running total fall."""
    return is_irradiance(name) or _AMOUNT.match(name) is not None


def read_meaning(text: str, name: str = "cell_methods") -> Meaning:
    """Return the meaning that `cell_methods`, or its short form such as `"mean (since init)"`, states.

    >>> read_meaning("area: mean lead_time: sum (since every 6h)")
    Meaning(method='sum', restart_ns=21600000000000)
    """
    found = _STATED.search(text if ":" in text else f"lead_time: {text}")
    method, since = (found.group(1), found.group(2)) if found else ("", None)
    if method not in METHODS:
        near = suggestion(method or text, METHODS)
        raise SettingsError(f"{name}: {text!r} does not state what a value stands for in time{near}")
    since = (since or "").strip()
    if not since.startswith("since"):
        return Meaning(method)
    since = since.removeprefix("since").strip()
    if since == "previous lead":
        return Meaning(method)
    return Meaning(method, INIT if since == "init" else duration_ns(since.removeprefix("every").strip(), name))


def usual_meaning(name: str, unit: str = "", *, instant: bool = False) -> Meaning:
    """Return what is usual where nothing is stated: radiation and precipitation a mean, all else a point.

    Energy or water per area (J m-2, kg m-2) is taken as a total since the run began.
    """
    if unit in ("J m-2", "kg m-2") and is_never_negative(name):
        return Meaning("sum", INIT)
    return Meaning("mean" if is_never_negative(name) and not instant else "point")


def meaning_of(variable: xr.DataArray, *, instant: bool = False) -> Meaning:
    """Return what a variable states, else what is usual for its name and unit."""
    name, text = str(variable.name), str(variable.attrs.get("cell_methods", ""))
    if _STATED.search(text):
        return read_meaning(text, name)
    return usual_meaning(name, str(variable.attrs.get("units", "")), instant=instant)


def with_meanings(dataset: xr.Dataset, meanings: Mapping[str, str] | None = None, *, label: str = "end") -> xr.Dataset:
    """Return the dataset with `cell_methods` on every variable: as given here, as stated there, else as is usual.

    Args:
        meanings: name → `"point"`, `"mean"`, `"sum"`, the latter two perhaps with `(since init)`, `(since every 6h)`.
        label: `"end"`; `"instant"`: what states nothing is a point, radiation too; `"start"`: a mean or sum stands at
            the lead where its interval begins, and is moved to its end (one more lead).

    Raises:
        SettingsError: another label, an unknown method or a name that is not there.
    """
    if label not in ("end", "start", "instant"):
        raise SettingsError(f"label={label!r}; expected 'end', 'start' or 'instant'")
    given = dict(meanings or {})
    if unknown := [name for name in given if name not in dataset.data_vars]:
        near = suggestion(unknown[0], map(str, dataset.data_vars))
        raise SettingsError(f"meanings: no variable {unknown[0]!r}{near}")
    out = {}
    for name, variable in dataset.data_vars.items():
        stated = given.get(str(name))
        meaning = (
            meaning_of(variable, instant=label == "instant") if stated is None else read_meaning(stated, str(name))
        )
        if variable.attrs.get("cell_methods") != str(meaning):
            # bare variables: their coordinates are the dataset's, and need not be aligned with them
            out[name] = variable.assign_attrs(cell_methods=str(meaning)).variable
    dataset = dataset.assign(out) if out else dataset
    return _moved_to_end(dataset) if label == "start" else dataset


def _moved_to_end(dataset: xr.Dataset) -> xr.Dataset:
    lead = lead_ns(dataset)
    if len(lead) < 2:
        raise WeatherError("label='start' needs two leads or more: the last interval's length is not known")
    ends = np.append(lead[1:], 2 * lead[-1] - lead[-2]).astype("timedelta64[ns]")
    every = np.union1d(lead.astype("timedelta64[ns]"), ends)
    moved = {}
    for name, variable in dataset.data_vars.items():
        if meaning_of(variable).method != "point":
            variable = variable.assign_coords(lead_time=ends)
        moved[name] = variable.reindex(lead_time=every)
    return dataset.drop_vars([*dataset.data_vars, "lead_time"]).assign(moved)


def lead_ns(dataset: xr.Dataset) -> np.ndarray:
    """Return the leads [ns]; `WeatherError` unless they are durations that rise."""
    lead = dataset["lead_time"].to_numpy()
    if lead.dtype.kind != "m":
        raise WeatherError(f"lead_time is {lead.dtype}, expected durations; use pd.to_timedelta(hours, unit='h')")
    out = np.asarray(lead.astype("timedelta64[ns]").astype(np.int64))
    if (np.diff(out) <= 0).any():
        raise WeatherError("lead_time does not rise; use dataset.sortby('lead_time') and leave one of equal leads")
    return out
