"""Where each measured value fell in its forecast distribution, and the day it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.evaluation.blocks import local_days
from forecast.evaluation.metrics.pit import pit
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.selecting import ROWS, selection
from forecast.plot.shown import sunlit
from forecast.timegrid import duration_ns, to_index

if TYPE_CHECKING:
    from forecast.evaluation.selecting import Where


def pit_by_day(result: BacktestResult, model: str, where: Where = sunlit) -> tuple[np.ndarray, np.ndarray] | None:
    """Return randomised PIT values of one model and their local days; None where it has no quantiles in these rows."""
    data = result.dataset
    mask = selection(data, where)
    actual = data["actual"].transpose(*ROWS).values
    quantiles = data["quantiles"].sel(model=model).transpose(*ROWS, "quantile").values
    rows = data["valid"].transpose(*ROWS).values & np.isfinite(actual) & np.isfinite(quantiles).all(axis=-1)
    if mask is not None:
        rows = rows & mask.values
    if not rows.any() or not quantiles.shape[-1]:
        return None
    # own use and a little more than the capacity: no forecast says so
    within = np.clip(actual, 0.0, data["capacity_kw"].values[:, None, None])[rows]
    return pit(within, quantiles[rows], levels=data["quantile"].values.astype(np.float64)), _days(result)[rows]


def _days(result: BacktestResult) -> np.ndarray:
    """Return a number for each site's local day, (site, issue_time, lead)."""
    data = result.dataset
    ahead = data["lead"].values.astype(np.int64) * duration_ns(data.attrs["step"])
    valid = data["issue_time"].values.astype(np.int64)[:, None] + ahead
    zones = [str(zone) for zone in data["timezone"].values]
    days = [local_days(to_index(valid.ravel(), "UTC"), zone).reshape(valid.shape) for zone in zones]
    # the weather of one day is one event for all sites of a fleet: they share the block
    return np.stack(days)
