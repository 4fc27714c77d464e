"""darts: LightGBMModel with its lags; rolling statistics are past covariates from its WindowTransformer."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from darts import TimeSeries
from darts.dataprocessing.transformers import WindowTransformer
from darts.models import LightGBMModel
from speed_tasks.plant import (
    FEW_ROWS,
    HISTORY_ROWS,
    ISSUE_TIMES,
    LAGS,
    LEADS,
    LEVELS,
    REFIT_DAYS,
    STATISTICS,
    STEP,
    TRAIN_ROWS,
    WINDOWS,
    issue_rows,
    plant,
)
from speed_tasks.serve import Calls, fresh, serve

POWER_LAGS = list(range(-LAGS, 0))


def power_series(first: int, last: int) -> TimeSeries:
    return TimeSeries.from_series(plant().power.iloc[first:last], freq=STEP)


def weather_series(first: int, last: int) -> TimeSeries:
    return TimeSeries.from_dataframe(plant().exog.iloc[first:last], freq=STEP)


def windows() -> WindowTransformer:
    rolling = {"mode": "rolling", "closed": "right"}
    transforms = [{**rolling, "function": kind, "window": window} for window in WINDOWS for kind in STATISTICS]
    return WindowTransformer(transforms, treat_na=0)


def model(**likelihood: Any) -> LightGBMModel:
    return LightGBMModel(
        lags=POWER_LAGS,
        lags_past_covariates=[-1],
        lags_future_covariates=[0],
        output_chunk_length=LEADS,
        n_estimators=200,
        num_leaves=31,
        n_jobs=1,
        verbose=-1,
        **likelihood,
    )


def fitted(rows: int = TRAIN_ROWS, **likelihood: Any) -> LightGBMModel:
    power, weather = power_series(0, rows), weather_series(0, rows)
    return model(**likelihood).fit(power, past_covariates=windows().transform(power), future_covariates=weather)


def inputs(row: int) -> tuple[pd.Series, pd.DataFrame]:
    site = plant()
    first = row - HISTORY_ROWS
    return site.power.iloc[first:row].copy(), site.exog.iloc[first : row + LEADS].copy()


def forecast(forecaster: LightGBMModel, power: pd.Series, weather: pd.DataFrame) -> TimeSeries:
    series = TimeSeries.from_series(power, freq=STEP)
    return forecaster.predict(
        LEADS,
        series=series,
        past_covariates=windows().transform(series),
        future_covariates=TimeSeries.from_dataframe(weather, freq=STEP),
        show_warnings=False,
    )


def predict() -> Calls:
    forecaster = fitted()
    for row in issue_rows():
        yield partial(forecast, forecaster, *inputs(row))


def features() -> Calls:
    from darts.utils.data.tabularization import create_lagged_training_data

    power, weather, transformer = power_series(0, TRAIN_ROWS), weather_series(0, TRAIN_ROWS), windows()
    while True:
        yield lambda: create_lagged_training_data(
            power,
            output_chunk_length=1,
            output_chunk_shift=0,
            past_covariates=transformer.transform(power),
            future_covariates=weather,
            lags=POWER_LAGS,
            lags_past_covariates=[-1],
            lags_future_covariates=[0],
            uses_static_covariates=False,
        )


def train() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield fitted


def quantiles() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield partial(fitted, likelihood="quantile", quantiles=list(LEVELS))


def backtest() -> Calls:
    forecaster, transformer = fitted(), windows()
    last = TRAIN_ROWS + ISSUE_TIMES - 1
    first = TRAIN_ROWS - HISTORY_ROWS
    while True:
        yield lambda: forecaster.historical_forecasts(
            series := power_series(first, last),
            past_covariates=transformer.transform(series),
            future_covariates=weather_series(first, last + LEADS),
            start=plant().power.index[TRAIN_ROWS],
            forecast_horizon=LEADS,
            overlap_end=True,
            retrain=False,
            last_points_only=False,
            show_warnings=False,
        )


def backtest_daily() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    last = TRAIN_ROWS + 96 * REFIT_DAYS - 1
    while True:
        yield lambda: model().historical_forecasts(
            series := power_series(0, last),
            past_covariates=windows().transform(series),
            future_covariates=weather_series(0, last + LEADS),
            start=plant().power.index[TRAIN_ROWS],
            forecast_horizon=LEADS,
            overlap_end=True,
            retrain=96,
            last_points_only=False,
            show_warnings=False,
        )


def importing() -> Calls:
    while True:
        yield lambda: fresh("from darts.models import LightGBMModel")


def first_forecast() -> Calls:
    with TemporaryDirectory() as folder:
        path = f"{folder}/model"
        fitted(FEW_ROWS).save(path)
        while True:
            yield lambda: fresh("import sys; from peers.darts import first; first(sys.argv[1])", path)


def first(path: str) -> None:
    forecast(LightGBMModel.load(path), *inputs(TRAIN_ROWS))


if __name__ == "__main__":
    tasks = [predict, features, train, quantiles, backtest, backtest_daily, importing, first_forecast]
    serve(tasks, {name: version(name) for name in ("darts", "lightgbm", "pandas")})
