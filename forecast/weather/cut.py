"""One site out of gridded forecasts, reading no more than it needs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import SiteError, WeatherError
from forecast.site import Site
from forecast.weather.bilinear import on_latitudes, on_longitudes
from forecast.weather.hub import with_hub
from forecast.weather.meaning import meaning_of, with_meanings
from forecast.weather.vectors import components, heights

if TYPE_CHECKING:
    import xarray as xr

MOST_BYTES = 8 * 2**20  # of a grid's chunks worked on at a time, whatever the number of cores
MOST_CHUNKS = 1024  # planned at a time: the plan of a year of hourly chunks would itself be large
_Places = tuple[slice, np.ndarray]
GRID = ("latitude", "longitude")


def at_site(dataset: xr.Dataset, site: Site, *, profile: str = "log") -> xr.Dataset:
    """Return the forecasts at a site, in memory: bilinear between the four points around it.

    Wind is interpolated as components (a given direction with its speed is turned into `wind_u_…`, `wind_v_…`). With
    `hub_height_m` and two heights, the wind at the hub is added (`forecast.weather.hub`). Where beam and diffuse
    radiation (`bhi`, `dhi`) are there and `ghi` is not, it is their sum. Chunks of a lazy grid are worked off a few at
    a time: a year of hourly global fields needs some tens of megabytes.

    Args:
        dataset: as `open` returns it; without latitude and longitude it is taken to be at the site.
        profile: `"log"` or `"power"`, the law between two heights.

    Raises:
        SiteError: a site without position, or outside the grid. WeatherError: only one of latitude and longitude.
        SettingsError: another profile.
    """
    dataset = with_meanings(dataset)
    there = [dim for dim in GRID if dim in dataset.dims]
    if len(there) == 1:
        raise WeatherError(
            f"the forecast has the dim {there[0]} alone; expected latitude and longitude, or none of them"
        )
    if there:
        if site.latitude is None or site.longitude is None:
            raise SiteError(f"site {site.name!r} has no latitude and longitude; they say where to cut the grid")
        dataset = _between_points(_as_components(dataset), site.latitude, site.longitude)
    dataset = dataset.compute()  # not load: that would fill what the caller passed in
    if {"bhi", "dhi"} <= set(dataset.data_vars) and "ghi" not in dataset:
        dataset = _with_ghi(dataset)
    hub = getattr(site, "hub_height_m", None)
    return dataset if hub is None else with_hub(dataset, hub, profile)


def _between_points(dataset: xr.Dataset, latitude: float, longitude: float) -> xr.Dataset:
    rows = _runs(*on_latitudes(dataset["latitude"].to_numpy(), latitude))
    columns = _runs(*on_longitudes(dataset["longitude"].to_numpy(), longitude))
    out = {
        name: _cut(variable, rows, columns) if set(GRID) <= set(variable.dims) else variable
        for name, variable in dataset.data_vars.items()
    }
    kept = dataset.drop_vars([*dataset.data_vars, *(name for name in GRID if name in dataset.coords)])
    return kept.assign(out).assign_attrs(latitude=latitude, longitude=longitude)


def _runs(places: tuple[int, int], share: float) -> list[_Places]:
    """Return the places that count, as slices of neighbours with their weights: one read where the file has them so."""
    weights = {places[0]: 1.0 - share}
    weights[places[1]] = weights.get(places[1], 0.0) + share
    some = sorted(place for place, weight in weights.items() if weight > 0.0)  # a gap beside the site must not spoil it
    if some[-1] - some[0] == len(some) - 1:
        return [(slice(some[0], some[-1] + 1), np.array([weights[place] for place in some]))]
    return [(slice(place, place + 1), np.array([weights[place]])) for place in some]


def _weighted(variable: xr.DataArray, row: _Places, column: _Places) -> xr.DataArray:
    import xarray as xr

    weights = xr.DataArray(np.outer(row[1], column[1]), dims=GRID)
    corners = variable.isel(latitude=row[0], longitude=column[0]).drop_vars(GRID, errors="ignore")
    return (corners.astype(np.float64) * weights).sum(GRID, skipna=False)


def _as_components(dataset: xr.Dataset) -> xr.Dataset:
    import xarray as xr

    for end, parts in heights([str(name) for name in dataset.data_vars]).items():
        if not {"speed", "direction"} <= parts or {"u", "v"} <= parts:
            continue
        speed, direction = dataset[f"wind_speed{end}"], dataset[f"wind_direction{end}"]
        u, v = xr.apply_ufunc(components, speed, direction, output_core_dims=[[], []], dask="allowed")
        attrs = {"units": "m s-1", "cell_methods": str(meaning_of(speed))}
        pair = {f"wind_u{end}": u.assign_attrs(attrs), f"wind_v{end}": v.assign_attrs(attrs)}
        dataset = dataset.drop_vars([speed.name, direction.name]).assign(pair)
    return dataset


def _with_ghi(dataset: xr.Dataset) -> xr.Dataset:
    beam, diffuse = dataset["bhi"], dataset["dhi"]
    if meaning_of(beam) != meaning_of(diffuse) or beam.attrs.get("units") != diffuse.attrs.get("units"):
        raise WeatherError("bhi and dhi are stated as different means or in different units; ghi cannot be their sum")
    return dataset.assign(ghi=(beam + diffuse).assign_attrs(beam.attrs))


def _cut(variable: xr.DataArray, rows: list[_Places], columns: list[_Places]) -> xr.DataArray:
    """Return one variable between the points, in memory; of a lazy one some chunks at a time."""
    shape = tuple(size for dim, size in variable.sizes.items() if dim not in GRID)
    values = np.empty(shape, dtype=np.float64)
    for some in _batches(variable):
        part = variable.isel(some)
        corners = [_weighted(part, row, column) for row in rows for column in columns]
        total = sum(corners[1:], start=corners[0])
        place = tuple(some.get(dim, slice(None)) for dim in variable.dims if dim not in GRID)
        values[place] = _computed(total, _chunk_bytes(variable)).to_numpy()
    shown = variable.isel(latitude=0, longitude=0, drop=True)
    return shown.copy(data=values)


def _batches(variable: xr.DataArray) -> list[dict[Hashable, slice]]:
    """Return slices over all dims but those of the grid, each of some whole chunks."""
    if variable.chunks is None:
        return [{}]
    out: list[dict[Hashable, slice]] = [{}]
    room = MOST_CHUNKS
    for dim, chunks in reversed(list(zip(variable.dims, variable.chunks, strict=True))):
        if dim in GRID:
            continue
        edges = np.concatenate([[0], np.cumsum(chunks)])
        at_once = max(1, min(room, len(chunks)))
        room //= at_once
        begins = range(0, len(chunks), at_once)
        slices = [slice(int(edges[one]), int(edges[min(one + at_once, len(chunks))])) for one in begins]
        out = [{dim: along, **rest} for along in slices for rest in out]
    return out


def _computed(x: xr.DataArray, chunk_bytes: int) -> xr.DataArray:
    if chunk_bytes == 0:
        return x
    import dask

    workers = min(8, MOST_BYTES // chunk_bytes)
    scheduler = {"scheduler": "threads", "num_workers": workers} if workers > 1 else {"scheduler": "synchronous"}
    with dask.config.set(scheduler):
        return x.compute()


def _chunk_bytes(variable: xr.DataArray) -> int:
    """Return the bytes of the largest chunk; 0 where it is not lazy."""
    if variable.chunks is None:
        return 0
    return int(np.prod([max(along) for along in variable.chunks])) * variable.dtype.itemsize
