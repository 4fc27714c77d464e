"""From a backtest to a promise: its rows, what they promise each other, and what its days were like."""

from __future__ import annotations

import numpy as np

from forecast.errors import NotEnoughDataError
from forecast.evaluation.result import BacktestResult
from forecast.monitor.days import day_sums, measures
from forecast.monitor.losses import FloatArray, Rows
from forecast.monitor.promised import Promised, expected_elsewhere
from forecast.timegrid import duration_ns


def promise_of(result: BacktestResult, model: str, site: int) -> tuple[Promised, FloatArray, float]:
    """Return a site's promise, its days' measures (days, 3) beside what other days promised, and usual hours a day.

    Days with fewer than half of the usual hours are left out, as they are live.
    """
    rows = rows_of(result, model, site).counted()
    if not len(rows.valid_ns):
        raise NotEnoughDataError(f"model {model!r} has no scored row at site {result.sites[site]!r}")
    zone, leads = str(result.dataset["timezone"].values[site]), result.dataset.sizes["lead"]
    levels = result.dataset["quantile"].values.astype(np.float64)
    promised = Promised.of(rows, levels, zone, leads)
    each = expected_elsewhere(rows, levels, zone, leads)
    sums = day_sums(rows, each, levels, zone, np.zeros(leads, dtype=np.int64))
    hours = float(np.median([day.hours for day in sums.values()]))
    days = [measures(day) for _, day in sorted(sums.items()) if day.hours >= hours / 2]
    return promised, np.array(days), hours


def rows_of(result: BacktestResult, model: str, site: int) -> Rows:
    """Return a model's forecasts for one site beside what happened, in order of issue times."""
    data = result.dataset[["power", "quantiles", "actual", "valid"]].sel(model=model).isel(site=site)
    data = data.transpose("issue_time", "lead", "quantile")
    step = duration_ns(result.dataset.attrs["step"])
    issue = data["issue_time"].values.astype("datetime64[ns]").astype(np.int64)
    valid = issue[:, None] + data["lead"].values.astype(np.int64) * step
    actual = np.where(data["valid"].values, data["actual"].values, np.nan).astype(np.float64)
    place = np.tile(np.arange(valid.shape[1]), len(issue))
    quantiles = data["quantiles"].values.reshape(valid.size, data.sizes["quantile"]).astype(np.float64)
    return Rows(valid.ravel(), place, actual.ravel(), data["power"].values.ravel().astype(np.float64), quantiles)
