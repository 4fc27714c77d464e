"""darts: LightGBMModel with lags of power, past and future covariates; `likelihood="quantile"` for the quantiles.

`output_chunk_shift` trains only the lead asked for. Gaps of power are filled with the value before (darts' models take
no missing targets) and weigh nothing in training. Forecasts are `historical_forecasts` without retraining.
"""

from __future__ import annotations

import logging

import pandas as pd
from darts import TimeSeries, concatenate
from darts.dataprocessing.transformers import WindowTransformer
from darts.models import LightGBMModel

from accuracy_tasks.task import AGO, BOOSTER, COLUMNS, LEVELS, WINDOWS, Task, answer

STATISTICS = ("mean", "std", "min", "max")


def model(task: Task, lead: int, lags: dict[str, list[int]], **likelihood: object) -> LightGBMModel:
    """Return the model of one lead, not yet fitted."""
    return LightGBMModel(
        lags=sorted(-lag for lag in task.lags),
        lags_past_covariates=lags,
        lags_future_covariates=[0],
        output_chunk_length=1,
        output_chunk_shift=lead - 1,
        **likelihood,
        **BOOSTER,
    )


def past(task: Task, power: TimeSeries) -> tuple[TimeSeries, dict[str, list[int]]]:
    """Return measurements and rolling statistics of power, and the lags of each."""
    rolling = {"mode": "rolling", "closed": "right"}
    transforms = [{**rolling, "function": kind, "window": window} for window in WINDOWS for kind in STATISTICS]
    statistics = WindowTransformer(transforms, treat_na=0).transform(power)
    lags = {name: [-1] for name in statistics.components}
    if not task.past.empty:
        statistics = concatenate([statistics, TimeSeries.from_dataframe(task.past)], axis=1)
        lags |= {name: sorted(-1 - k for k in AGO) for name in task.past}
    return statistics, lags


def forecast(task: Task, lead: int) -> pd.DataFrame:
    """Return all columns by valid time."""
    power = TimeSeries.from_series(task.power.ffill().fillna(0.0))
    weight = TimeSeries.from_series(task.power.notna().astype(float))
    covariates, lags = past(task, power)
    future = TimeSeries.from_dataframe(task.future)
    shared = {"past_covariates": covariates, "future_covariates": future}
    frames = []
    for likelihood in ({}, {"likelihood": "quantile", "quantiles": list(LEVELS)}):
        made = model(task, lead, lags, **likelihood)
        cut = {name: series.slice(series.start_time(), task.start) for name, series in shared.items()}
        known = power.slice(power.start_time(), task.start)
        made.fit(known, **cut, sample_weight=weight.slice_intersect(known))
        forecasts = made.historical_forecasts(
            power,
            **shared,
            start=task.start,
            forecast_horizon=1,
            retrain=False,
            last_points_only=True,
            predict_likelihood_parameters=bool(likelihood),
            overlap_end=True,
            show_warnings=False,
        )
        frames.append(forecasts.to_dataframe())
    out = pd.concat(frames, axis=1)
    return out.set_axis(list(COLUMNS), axis=1)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    answer(forecast)
