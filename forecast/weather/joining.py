"""Files of one forecast into one dataset: quantities side by side, then leads, then runs one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import WeatherError

if TYPE_CHECKING:
    import xarray as xr


def joined(parts: list[xr.Dataset]) -> xr.Dataset:
    """Return datasets on our axes as one; a lead or run that one of them lacks is missing there.

    Raises:
        WeatherError: they repeat a run, or stand on other grids.
    """
    if len(parts) == 1:
        return parts[0]
    _check_grids(parts)
    by_run = _grouped(parts, lambda one: tuple(one["init_time"].to_numpy().tolist()))
    return _in_row([_one_run(some) for some in by_run], "init_time")


def _one_run(parts: list[xr.Dataset]) -> xr.Dataset:
    import xarray as xr

    by_names = _grouped(parts, lambda one: tuple(sorted(map(str, one.data_vars))))
    blocks = [_in_row(some, "lead_time") for some in by_names]
    if len(blocks) == 1:
        return blocks[0]
    try:
        return xr.merge(blocks, join="outer", compat="no_conflicts", combine_attrs="override")
    except xr.MergeError as error:
        raise WeatherError(f"files of one run hold different values of one quantity: {error}") from error


def _in_row(parts: list[xr.Dataset], dim: str) -> xr.Dataset:
    import xarray as xr

    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda one: one[dim].to_numpy()[0])
    every = np.concatenate([one[dim].to_numpy() for one in parts])
    if len(np.unique(every)) < len(every):
        values, counts = np.unique(every, return_counts=True)
        raise WeatherError(f"the files hold {dim} {values[counts > 1][0]} more than once; leave one of them out")
    whole = xr.concat(
        parts, dim, data_vars="minimal", coords="minimal", compat="override", join="outer", combine_attrs="override"
    )
    return in_order(whole, dim)


def _grouped(parts: list[xr.Dataset], key: Callable[[xr.Dataset], Hashable]) -> list[list[xr.Dataset]]:
    groups: dict[Hashable, list[Any]] = {}
    for one in parts:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _check_grids(parts: list[xr.Dataset]) -> None:
    for name in ("latitude", "longitude"):
        points = [one[name].to_numpy() if name in one.coords else np.zeros(0) for one in parts]
        if not all(np.array_equal(points[0], here) for here in points[1:]):
            raise WeatherError(f"the files stand on different {name}s; open them one by one as sources of their own")


def in_order(dataset: xr.Dataset, *dims: str) -> xr.Dataset:
    """Return the dataset with rising coordinates; untouched where they rise already."""
    # a needless step would keep slices from reaching the file
    for dim in dims:
        if (np.diff(dataset[dim].to_numpy()).astype(np.int64) < 0).any():
            dataset = dataset.sortby(dim)
    return dataset
