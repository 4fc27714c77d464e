"""mlforecast: one LightGBM a lead (`max_horizon`), its own lags and lag transforms."""

from __future__ import annotations

from functools import cache, partial
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd
from speed_tasks.plant import (
    FEW_ROWS,
    HISTORY_ROWS,
    LAGS,
    LEADS,
    LEVELS,
    REFIT_DAYS,
    STEP,
    TRAIN_ROWS,
    WINDOWS,
    issue_rows,
    plant,
)
from speed_tasks.serve import Calls, fresh, serve


@cache
def table() -> pd.DataFrame:
    site = plant()
    return site.exog.assign(unique_id="plant", ds=site.power.index, y=site.power).reset_index(drop=True)


def booster(**loss: Any) -> LGBMRegressor:
    return LGBMRegressor(n_estimators=200, num_leaves=31, n_jobs=1, verbose=-1, **loss)


def forecaster(models: dict[str, LGBMRegressor] | None = None) -> MLForecast:
    kinds = (RollingMean, RollingStd, RollingMin, RollingMax)
    return MLForecast(
        models or {"lightgbm": booster()},
        freq=STEP,
        lags=range(1, LAGS + 1),
        lag_transforms={1: [kind(window) for window in WINDOWS for kind in kinds]},
    )


def fitted(rows: int = TRAIN_ROWS) -> MLForecast:
    return forecaster().fit(table().iloc[:rows], static_features=[], max_horizon=LEADS)


def inputs(row: int) -> dict[str, pd.DataFrame]:
    rows = table()
    return {
        "new_df": rows.iloc[row - HISTORY_ROWS : row].copy(),
        "X_df": rows.iloc[row : row + LEADS].drop(columns="y"),
    }


def predict() -> Calls:
    model = fitted()
    for row in issue_rows():
        yield partial(model.predict, LEADS, **inputs(row))


def features() -> Calls:
    rows = table().iloc[:TRAIN_ROWS]
    while True:
        yield lambda: forecaster().preprocess(rows, static_features=[])


def train() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield fitted


def quantiles() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    models = {f"q{level}": booster(objective="quantile", alpha=level) for level in LEVELS}
    while True:
        yield lambda: forecaster(models).fit(table().iloc[:TRAIN_ROWS], static_features=[], max_horizon=LEADS)


def backtest_daily() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    rows = table().iloc[: TRAIN_ROWS + 96 * REFIT_DAYS + LEADS - 1]
    while True:
        yield lambda: forecaster().cross_validation(
            rows, 96 * REFIT_DAYS, LEADS, step_size=1, static_features=[], refit=96, max_horizon=LEADS
        )


def importing() -> Calls:
    while True:
        yield lambda: fresh("from mlforecast import MLForecast; import lightgbm")


def first_forecast() -> Calls:
    with TemporaryDirectory() as folder:
        path = f"{folder}/model"
        fitted(FEW_ROWS).save(path)
        while True:
            yield lambda: fresh("import sys; from peers.mlforecast import first; first(sys.argv[1])", path)


def first(path: str) -> None:
    MLForecast.load(path).predict(LEADS, **inputs(TRAIN_ROWS))


if __name__ == "__main__":
    tasks = [predict, features, train, quantiles, backtest_daily, importing, first_forecast]
    serve(tasks, {name: version(name) for name in ("mlforecast", "lightgbm", "pandas")})
