"""Heights above ground, wherever a file keeps them: a dim, a scalar coordinate or an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

_HEIGHTS = ("heightAboveGround", "height", "height_above_ground", "heightAboveGroundLayer", "z", "altitude", "level")


def _is_height(dataset: xr.Dataset | xr.DataArray, name: str) -> bool:
    coordinate = dataset.coords.get(name)
    if coordinate is None or coordinate.dtype.kind not in "iuf":
        return False
    unit = str(coordinate.attrs.get("units", "")).lower()
    of_height = name.startswith("height") or coordinate.attrs.get("standard_name") == "height"
    return of_height or (name in _HEIGHTS and unit in ("m", "metre", "metres", "meter", "meters"))


def each_level_apart(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with a variable for each height instead of a dim of heights."""
    for dim in [str(name) for name in dataset.dims if _is_height(dataset, str(name))]:
        out = {}
        for name, variable in dataset.data_vars.items():
            if dim not in variable.dims:
                out[name] = variable
                continue
            for place, height in enumerate(np.asarray(dataset[dim])):
                level = variable.isel({dim: place}).drop_vars(dim)
                out[f"{name}_{float(height):g}m"] = level.assign_attrs(height_m=float(height))
        dataset = dataset.drop_vars([*dataset.data_vars, dim]).assign(out)
    return dataset


def height_of(variable: xr.DataArray) -> float | None:
    """Return the height a variable stands at [m], None where the file does not say."""
    if "height_m" in variable.attrs:
        return float(variable.attrs["height_m"])
    for name in variable.coords:
        coordinate = variable.coords[name]
        if coordinate.ndim == 0 and _is_height(variable, str(name)):
            return float(coordinate)
    return None
