"""Running totals and running means, as models write them, into the mean of each interval between two leads.

m_k = (S_k − S_{k−1}) / (t_k − t_{k−1}),  S the total since it last began anew; of a mean A, S_k = A_k (t_k − begin)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import WeatherError
from forecast.weather.meaning import PREVIOUS_LEAD, Meaning, is_never_negative, lead_ns, meaning_of, with_meanings

if TYPE_CHECKING:
    import xarray as xr

_PER_SECOND = {"J m-2": "W m-2", "kg m-2": "kg m-2 s-1"}
FALLS = 0.02  # of the largest total: a running total that falls by more was not one; less is the file's packing


def to_means(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with every total and running mean as plain interval means (`lead_time: mean`), lazily.

    Totals become rates per second: J m-2 → W m-2. The first lead's interval begins one spacing earlier, not before the
    run; where the total before it is not known, it is missing. Tiny falls of a radiation total, from packing, become 0.

    Raises:
        WeatherError: values in memory whose running total falls: it begins anew, and says otherwise.
    """
    dataset = with_meanings(dataset)
    out = {}
    for name, variable in dataset.data_vars.items():
        meaning = meaning_of(variable)
        if meaning.method == "sum" or (meaning.method == "mean" and meaning.restart_ns != PREVIOUS_LEAD):
            out[name] = _differenced(variable, meaning, lead_ns(dataset))
    return dataset.assign(out) if out else dataset


def starts_ns(lead: np.ndarray) -> np.ndarray:
    """Return where the interval of each lead begins [ns after init]: the lead before; the first never before 0.

    >>> starts_ns(np.array([1, 4, 7])), starts_ns(np.array([6, 9]))
    (array([0, 1, 4]), array([3, 6]))
    """
    first = lead[:1] - (lead[1] - lead[0]) if len(lead) > 1 else np.zeros(1, dtype=lead.dtype)
    return np.asarray(np.concatenate([np.minimum(np.maximum(first, 0), lead[:1]), lead[:-1]]))


def _differenced(variable: xr.DataArray, meaning: Meaning, lead: np.ndarray) -> xr.DataArray:
    import xarray as xr

    def by_lead(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, dims="lead_time", coords={"lead_time": variable["lead_time"]})

    before = starts_ns(lead)
    restart = meaning.restart_ns
    begun = before if restart == PREVIOUS_LEAD else (lead - 1) // restart * restart
    total = variable.astype(np.float64)
    if meaning.method == "mean":
        total = total * by_lead((lead - begun) / 1e9)
    # what the total had reached at the lead before: nothing where it began there, unknown where it began in between
    reached = total.shift(lead_time=1).where(by_lead(before > begun)).where(by_lead(before != begun), 0.0)
    rise = total - reached
    # only in memory: to look at a whole grid would be to load it
    if is_never_negative(str(variable.name)):
        if variable.chunks is None:
            _check_rises(rise, total, str(variable.name), meaning)
        rise = rise.clip(min=0)
    width = (lead - before) / 1e9
    means = rise / by_lead(np.where(width > 0, width, np.nan))
    unit = str(variable.attrs.get("units", ""))
    attrs = {**variable.attrs, "cell_methods": str(Meaning("mean"))}
    if meaning.method == "sum":
        attrs["units"] = _PER_SECOND.get(unit, f"{unit} s-1".strip())
    out: xr.DataArray = means.transpose(*variable.dims).assign_attrs(attrs)
    return out


def _check_rises(rise: xr.DataArray, total: xr.DataArray, name: str, meaning: Meaning) -> None:
    lowest, largest = float(rise.min()), float(total.max())
    if lowest < -FALLS * largest:
        raise WeatherError(
            f"{name}: stated as '{meaning}', but the total falls by {-lowest:.4g} (largest {largest:.4g}); state where "
            f"it begins anew, for example meanings={{{name!r}: '{meaning.method}'}} for each lead or "
            f"'{meaning.method} (since every 6h)'"
        )
