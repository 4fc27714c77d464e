"""Which days a report shows: the usual one and the worst."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.evaluation.blocks import local_days
from forecast.evaluation.result import BacktestResult
from forecast.timegrid import duration_ns, to_index

WORST = 3


def usual_day(result: BacktestResult, model: str) -> list[pd.Timestamp]:
    """Return issue times one horizon apart on the day whose mean absolute error is the median of all days.

    Days are those of the first site's clock, and of its forecasts; only whole days count where there is one.
    """
    issue_ns, days, errors = _by_day(result, model)
    day = errors.index[len(errors) // 2] if len(errors) else days[-1]
    return _apart(issue_ns[days == day], _horizon_ns(result))


def worst_days(result: BacktestResult, model: str) -> list[list[pd.Timestamp]]:
    """Return the issue times of the days with the largest mean absolute errors, the worst first; as `usual_day`."""
    issue_ns, days, errors = _by_day(result, model)
    worst = errors.index[::-1][:WORST]
    return [_apart(issue_ns[days == day], _horizon_ns(result)) for day in worst]


def _by_day(result: BacktestResult, model: str) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """Return issue times [ns], their days, and the mean absolute error of each whole day, rising."""
    data = result.dataset.isel(site=0)
    issue_ns = data["issue_time"].values.astype(np.int64)
    power = data["power"].sel(model=model).transpose("issue_time", "lead").values
    actual = data["actual"].where(data["valid"]).transpose("issue_time", "lead").values
    days = local_days(to_index(issue_ns, "UTC"), str(data["timezone"].values))
    table = pd.DataFrame({"day": days, "error": _row_means(np.abs(power - actual))})
    by_day = table.groupby("day")["error"].agg(["mean", "size"])
    whole = by_day[(by_day["size"] == by_day["size"].max()) & by_day["mean"].notna()]
    return issue_ns, days, whole["mean"].sort_values(kind="stable")


def _row_means(values: np.ndarray) -> np.ndarray:
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=1)
    means: np.ndarray = np.divide(total, seen.sum(axis=1), out=np.full(len(values), np.nan), where=seen.any(axis=1))
    return means


def _horizon_ns(result: BacktestResult) -> int:
    return int(result.dataset["lead"].values[-1]) * duration_ns(result.dataset.attrs["step"])


def _apart(issue_ns: np.ndarray, apart_ns: int) -> list[pd.Timestamp]:
    place = (issue_ns - issue_ns[0]) // apart_ns
    firsts = np.unique(place, return_index=True)[1]
    return list(to_index(issue_ns[firsts], "UTC"))
