"""Single forecasts out of a backtest, in the form of `Forecaster.predict`, and what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import SettingsError
from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import chosen, compared, reference_name
from forecast.settings import quantile_name
from forecast.timegrid import duration_ns, moment_ns, to_index


def issued(result: BacktestResult, issue_time: Any, model: str | None, site: str | None) -> list[pd.DataFrame]:
    """Return one frame for each issue time asked for (None: the last), rising."""
    name = chosen(result.models, model, "model", compared(result, reference_name(result))[0])
    place = chosen(result.sites, site, "site", result.sites[0])
    known = result.dataset["issue_time"].values.astype(np.int64)
    asked = [int(known[-1])] if issue_time is None else sorted(_moments(issue_time))
    for moment in asked:
        if moment not in known:
            nearest = known[np.argmin(np.abs(known - moment))]
            raise SettingsError(
                f"issue_time={_text(moment)} is not in this backtest; the nearest that is: {_text(nearest)}"
            )
    return [_frame(result, int(np.searchsorted(known, moment)), name, place) for moment in asked]


def measured(result: BacktestResult, site: str | None) -> pd.Series:
    """Return the measured power [kW] of all valid times of a backtest, by the site's clock."""
    place = chosen(result.sites, site, "site", result.sites[0])
    data = result.dataset.sel(site=place)
    valid = data["issue_time"].values.astype(np.int64)[:, None] + _ahead_ns(result)
    times, first = np.unique(valid, return_index=True)
    actual = data["actual"].transpose("issue_time", "lead").values.ravel()[first]
    return pd.Series(actual, index=to_index(times, str(data["timezone"].values)), name="actual")


def _moments(issue_time: Any) -> list[int]:
    several = isinstance(issue_time, list | tuple | pd.DatetimeIndex)
    return [moment_ns(moment, "issue_time") for moment in (issue_time if several else [issue_time])]


def _text(moment: Any) -> str:
    return str(to_index(np.array([moment]), "UTC")[0])


def _ahead_ns(result: BacktestResult) -> np.ndarray:
    ahead: np.ndarray = result.dataset["lead"].values.astype(np.int64) * duration_ns(result.dataset.attrs["step"])
    return ahead


def _frame(result: BacktestResult, row: int, model: str, site: str) -> pd.DataFrame:
    data = result.dataset.sel(model=model, site=site).isel(issue_time=row)
    zone = str(data["timezone"].values)
    issue = int(data["issue_time"].values.astype(np.int64))
    quantiles = data["quantiles"].transpose("lead", "quantile").values
    levels = [quantile_name(float(level)) for level in data["quantile"].values]
    frame = pd.DataFrame(
        {"lead": data["lead"].values, "power": data["power"].values}
        | {name: quantiles[:, i] for i, name in enumerate(levels)},
        index=to_index(issue + _ahead_ns(result), zone).rename("valid_time"),
    )
    moment = to_index(np.array([issue]), zone)[0].isoformat()
    frame.attrs = {"site": site, "issue_time": moment, "model": model}
    return frame
