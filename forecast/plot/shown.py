"""What of a backtest is shown: the models beside their reference, leads as time, and rows worth looking at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.timegrid import duration_ns, step_text

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation import BacktestResult

NS_PER_MINUTE = 60_000_000_000
LONGEST_IN_MINUTES = 180


def reference_name(result: BacktestResult, reference: str = "reference") -> str | None:
    """Return the model that skill is against, as `result.scores` takes it; None where there is none."""
    named = reference if reference in result.models else result.dataset.attrs.get("reference")
    return str(named) if named in result.models else None


def compared(result: BacktestResult, reference: str | None) -> list[str]:
    """Return the models that are not the reference, in their order; the reference if it stands alone."""
    return [name for name in result.models if name != reference] or result.models


def chosen(names: list[str], name: str | None, what: str, default: str) -> str:
    """Return `name`, or `default` for None; `SettingsError` lists the names where it is none of them."""
    if name is None:
        return default
    if name not in names:
        raise SettingsError(f"{what}={name!r} is not in this backtest; it has {', '.join(names)}")
    return name


def lead_axis(result: BacktestResult) -> tuple[NDArray[np.float64], str]:
    """Return the leads as time and the unit: minutes up to three hours, then hours."""
    minutes = result.dataset["lead"].values * (duration_ns(result.dataset.attrs["step"]) / NS_PER_MINUTE)
    return (minutes, "min") if minutes.max(initial=0) <= LONGEST_IN_MINUTES else (minutes / 60, "h")


def lead_text(result: BacktestResult, lead: int) -> str:
    """Return a lead as time, such as `15min` or `4h`."""
    return step_text(int(lead) * duration_ns(result.dataset.attrs["step"]))


def sunlit(dataset: xr.Dataset) -> xr.DataArray:
    """Return the rows worth scoring (for `where`): all of a wind site, and of a PV site those with the sun up."""
    import xarray as xr

    if "daylight" not in dataset:
        return xr.ones_like(dataset["valid"], dtype=bool)
    return dataset["daylight"].astype(bool) | (dataset["kind"] != "pv")
