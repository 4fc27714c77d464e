"""Weather forecasts from NetCDF, Zarr and GRIB files, lazily, in the contract's names, units and dims."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import MissingExtraError, ReadingError, WeatherError
from forecast.weather.axes import AXES, DIMS, found_axis, on_our_axes
from forecast.weather.joining import joined
from forecast.weather.levels import each_level_apart, height_of
from forecast.weather.meaning import with_meanings
from forecast.weather.names import Named, attribute, name_map
from forecast.weather.steptype import stated_by_file
from forecast.weather.units import conversion

if TYPE_CHECKING:
    import xarray as xr

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Names = Mapping[str, str | None] | Iterable[str] | None
AS_WRITTEN: dict[str, Any] = {"mask_and_scale": False, "decode_times": False, "decode_timedelta": False}
CHUNK_BYTES = 16 * 2**20  # of fields where the file itself has no chunks
MOST_WITHOUT_DASK = 256 * 2**20


def open(  # noqa: A001 - weather.open, as xarray and rasterio have it
    path: Paths, *, names: Names = None, meanings: Mapping[str, str] | None = None, label: str = "end"
) -> xr.Dataset:
    """Open weather forecasts as a lazy Dataset over init_time, lead_time (durations), member, latitude, longitude.

    NetCDF, Zarr or GRIB is told by the file's content. Several files (a list, or a pattern such as `"runs/*.nc"`) may
    each hold a run, some leads or some quantities. Nothing but coordinates is read; `at_site` reads what a site needs.

    Args:
        names: None: every variable must be one that ECMWF, GFS, ICON or CF name; a list of those to read; or a dict
            own name → ours (None: leave out; `"*": None`: leave out all that are not known).
        meanings: our name → what a value stands for in time, where the file does not tell (`with_meanings`).
        label: `"end"`, `"start"` or `"instant"`, for what states no meaning (`with_meanings`).

    Returns:
        Dataset in the contract's names and units; wind often as `wind_u_…`, `wind_v_…`; each variable with its
        `cell_methods` (`forecast.weather.meaning`).

    Raises:
        ColumnError: variables that are not known, all listed. UnitError: a unit that does not fit its quantity.
        WeatherError: dims that cannot be read. ReadingError: no such file, or of another kind.
        MissingExtraError: GRIB without the extra `grib`, Zarr or a large grid without `dask`.
    """
    parts = [_our_dataset(raw, names, one) for one in _files(path) for raw in [_raw(one)]]
    return with_meanings(joined(parts), meanings, label=label)


def from_dataset(
    dataset: xr.Dataset, *, names: Names = None, meanings: Mapping[str, str] | None = None, label: str = "end"
) -> xr.Dataset:
    """Return a Dataset opened elsewhere (decoded or not) as `open` returns those it opens; arguments as there."""
    return with_meanings(_our_dataset([dataset], names, "dataset"), meanings, label=label)


def _files(path: Paths) -> list[str]:
    if isinstance(path, str | os.PathLike):
        text = os.fspath(path)
        found = sorted(glob.glob(text)) if glob.has_magic(text) and not os.path.exists(text) else [text]
    else:
        found = [os.fspath(one) for one in path]
    if not found:
        raise ReadingError(f"{path}: no file there; check the path or pattern")
    for one in found:
        if "://" not in one and not os.path.exists(one):
            raise ReadingError(f"{one}: no such file")
    return found


def _raw(path: str) -> list[xr.Dataset]:
    """Return the file's hypercubes, coordinates and units as written, nothing read."""
    import xarray as xr

    kind = _kind(path)
    if kind == "grib":
        return _grib(path)
    if kind == "zarr":
        _need("zarr", "dask", path)
    try:
        return [xr.open_dataset(path, engine="zarr" if kind == "zarr" else None, chunks=None, **AS_WRITTEN)]
    except (OSError, ValueError, KeyError) as error:
        raise ReadingError(f"{path}: cannot be read as {kind}: {error}") from error


def _kind(path: str) -> str:
    if "://" in path or os.path.isdir(path) or path.rstrip("/").endswith(".zarr"):
        return "zarr"
    with Path(path).open("rb") as file:
        start = file.read(8)
    if start.startswith(b"GRIB") or path.lower().endswith((".grib", ".grib2", ".grb", ".grb2")):
        return "grib"
    if start.startswith((b"CDF", b"\x89HDF")):
        return "netcdf"
    raise ReadingError(f"{path}: is neither NetCDF, Zarr nor GRIB; it starts with {start!r}")


def _grib(path: str) -> list[xr.Dataset]:
    _need("cfgrib", "grib", path)
    import cfgrib

    # no index files beside the data: the folder may be read-only, and an index may be older than its file
    try:
        found = cfgrib.open_datasets(path, backend_kwargs={"indexpath": ""}, chunks=None, **AS_WRITTEN)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise ReadingError(f"{path}: cannot be read as GRIB: {error}") from error
    return list(found)


def _need(module: str, extra: str, path: str) -> None:
    if find_spec(module) is None:
        raise MissingExtraError(f'{path}: {module} is needed to read it; pip install "quarterhour[{extra}]"')


def _our_dataset(raw: list[xr.Dataset], names: Names, path: str) -> xr.Dataset:
    apart = [each_level_apart(_with_axes_as_coords(one)) for one in raw]
    described = [Named(name, *_described(one[name])) for one in apart for name in _quantities(one)]
    unique = {one.name: one for one in described}
    if len(unique) < len(described):
        # the same short name at two levels that are hypercubes of their own: their heights tell them apart
        apart = [_with_height_in_name(one) for one in apart]
        unique = {name: Named(name, *_described(one[name])) for one in apart for name in _quantities(one)}
    ours = name_map(unique.values(), names)
    parts = []
    for one in apart:
        some = {own: ours[own] for own in _quantities(one) if own in ours}
        if some:
            parts.append(_one_cube(one, some, path))
    if not parts:
        raise WeatherError(f"{path}: no variable to read; it holds {', '.join(unique) or 'none'}")
    return joined(parts)


def _with_axes_as_coords(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with times and leads as coordinates, also where the file does not call them so."""
    axes = {found_axis(dataset, ours) for ours in AXES} | {"time", "valid_time"}
    return dataset.set_coords([name for name in axes if name in dataset.data_vars])


def _quantities(dataset: xr.Dataset) -> list[str]:
    """Return the variables with values over our axes: no bounds, no grid mappings, no texts."""
    axes = {found_axis(dataset, ours) for ours in AXES} | {"time", "valid_time"}
    over = {
        dim for own in axes - {None} if own in dataset.variables or own in dataset.dims for dim in _dims(dataset, own)
    }
    bounds = {dataset[name].attrs.get("bounds") or dataset[name].encoding.get("bounds") for name in dataset.variables}
    return [
        str(name)
        for name, variable in dataset.data_vars.items()
        if name not in bounds | axes
        and variable.dtype.kind in "fiu"
        and (set(variable.dims) & over or _is_one_field(dataset))
    ]


def _dims(dataset: xr.Dataset, own: str | None) -> tuple[str, ...]:
    return tuple(map(str, dataset[own].dims)) if own in dataset.variables else (str(own),)


def _is_one_field(dataset: xr.Dataset) -> bool:
    return not dataset.dims


def _described(variable: xr.DataArray) -> tuple[str | None, float | None, str | None]:
    attrs = variable.attrs
    return attribute(attrs, "standard_name"), height_of(variable), attribute(attrs, "GRIB_shortName", "short_name")


def _with_height_in_name(dataset: xr.Dataset) -> xr.Dataset:
    heights = {name: height_of(dataset[name]) for name in _quantities(dataset)}
    return dataset.rename({name: f"{name}_{at:g}m" for name, at in heights.items() if at is not None})


def _one_cube(raw: xr.Dataset, names: dict[str, str], path: str) -> xr.Dataset:
    import xarray as xr

    out = raw[list(names)]
    out = out.assign({own: _in_our_unit(out[own], ours) for own, ours in names.items()})
    out = xr.decode_cf(out, decode_timedelta=False)
    out = out.assign({own: out[own].assign_attrs(stated_by_file(out[own], raw, names[own])) for own in names})
    return on_our_axes(_chunked(out.rename(names), path), path)


def _in_our_unit(variable: xr.DataArray, ours: str) -> xr.DataArray:
    """Return the variable as it is with another scale and offset to decode: a slice of it stays a slice of the file."""
    unit = attribute(variable.attrs, "units", "GRIB_units")
    change = conversion(ours, unit)
    attrs = {**variable.attrs, "units": unit or ""}
    if change is None:
        return variable.assign_attrs(attrs)
    attrs["units"] = change.ours
    if (change.factor, change.offset) == (1.0, 0.0):
        return variable.assign_attrs(attrs)
    if variable.dtype.kind == "f" and "scale_factor" not in attrs and variable.chunks is not None:
        factor, offset = (variable.dtype.type(number) for number in (change.factor, change.offset))
        changed: xr.DataArray = variable * factor + offset
        return changed.assign_attrs(attrs)
    scale, offset = float(attrs.get("scale_factor", 1.0)), float(attrs.get("add_offset", 0.0))
    attrs["scale_factor"] = scale * change.factor
    attrs["add_offset"] = offset * change.factor + change.offset
    return variable.assign_attrs(attrs)


def _chunked(dataset: xr.Dataset, path: str) -> xr.Dataset:
    if find_spec("dask") is None:
        if dataset.nbytes > MOST_WITHOUT_DASK:
            raise MissingExtraError(
                f'{path}: {dataset.nbytes / 2**20:.0f} MB are read lazily with dask; pip install "quarterhour[dask]"'
            )
        return dataset
    out = {}
    for name, variable in dataset.data_vars.items():
        if variable.chunks is None:
            sizes = variable.encoding.get("preferred_chunks") or _usual_chunks(variable)
            stamp = os.path.getmtime(path) if os.path.exists(path) else 0
            variable = variable.to_dataset().chunk(sizes, name_prefix="weather-", token=f"{path}-{stamp}-{name}")[name]
        out[name] = variable
    return dataset.assign(out)


def _usual_chunks(variable: xr.DataArray) -> dict[Any, int]:
    """Return whole fields, as many of them as are some megabytes."""
    sizes, room = dict(variable.sizes), CHUNK_BYTES // variable.dtype.itemsize
    fields = [dim for dim in sizes if str(dim) in (*AXES["latitude"][1], *AXES["longitude"][1])]
    room //= max(1, int(np.prod([sizes[dim] for dim in fields])))
    for dim in reversed([dim for dim in sizes if dim not in fields]):
        sizes[dim] = max(1, min(sizes[dim], room))
        room //= sizes[dim]
    return sizes


__all__ = ["DIMS", "from_dataset", "open"]
