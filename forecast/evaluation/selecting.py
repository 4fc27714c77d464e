"""Which rows a score is asked for: `where`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from forecast.errors import InputTypeError, SettingsError, ShapeError

if TYPE_CHECKING:
    import xarray as xr

    Where = str | xr.DataArray | Callable[[xr.Dataset], xr.DataArray] | None

ROWS = ("site", "issue_time", "lead")


def selection(dataset: xr.Dataset, where: Where) -> xr.DataArray | None:
    """Return the rows asked for as booleans (site, issue_time, lead); None for all.

    `where` is `"daylight"` (valid times with the sun up), `"night"`, a boolean DataArray with some of these
    dims, or a function of the dataset that gives one. Raises `SettingsError`, `InputTypeError` or
    `ShapeError` for others.
    """
    import xarray as xr

    if where is None:
        return None
    if isinstance(where, str):
        return _by_light(dataset, where)
    mask = where(dataset) if callable(where) and not isinstance(where, xr.DataArray) else where
    if not isinstance(mask, xr.DataArray) or mask.dtype != bool:
        got = f"a DataArray of {mask.dtype}" if isinstance(mask, xr.DataArray) else type(mask).__name__
        raise InputTypeError(f"where gives {got}; expected a boolean DataArray over {', '.join(ROWS)}")
    if extra := [str(dim) for dim in mask.dims if dim not in ROWS]:
        raise ShapeError(
            f"where has the dimension {extra[0]!r}; all models are scored on the same rows, so only "
            f"{', '.join(ROWS)} can be selected"
        )
    try:
        mask, _ = xr.align(mask, dataset["actual"], join="exact", copy=False)
    except ValueError as error:
        raise ShapeError("where has other sites, issue times or leads than the backtest") from error
    return mask.broadcast_like(dataset["actual"]).transpose(*ROWS)


def _by_light(dataset: xr.Dataset, where: str) -> xr.DataArray:
    if where not in ("daylight", "night"):
        raise SettingsError(
            f"where={where!r} is not offered; use 'daylight', 'night', a boolean DataArray or a function "
            "of the dataset that gives one"
        )
    if "daylight" not in dataset:
        raise SettingsError(f"where={where!r} needs the variable 'daylight', which this backtest does not have")
    light = dataset["daylight"].transpose(*ROWS)
    return light if where == "daylight" else ~light
