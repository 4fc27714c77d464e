"""skforecast: ForecasterDirect, one LightGBM a lead, its own lags and rolling features."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any

from lightgbm import LGBMRegressor
from skforecast.direct import ForecasterDirect
from skforecast.preprocessing import RollingFeatures
from skforecast.utils import load_forecaster, save_forecaster
from speed_tasks.plant import (
    FEW_ROWS,
    HISTORY_ROWS,
    ISSUE_TIMES,
    LAGS,
    LEADS,
    LEVELS,
    REFIT_DAYS,
    STATISTICS,
    TRAIN_ROWS,
    WINDOWS,
    issue_rows,
    plant,
)
from speed_tasks.serve import Calls, fresh, serve


def booster(**loss: Any) -> LGBMRegressor:
    return LGBMRegressor(n_estimators=200, num_leaves=31, n_jobs=1, verbose=-1, **loss)


def rolling() -> RollingFeatures:
    pairs = [(statistic, window) for window in WINDOWS for statistic in STATISTICS]
    return RollingFeatures(stats=[pair[0] for pair in pairs], window_sizes=[pair[1] for pair in pairs])


def direct(**loss: Any) -> ForecasterDirect:
    return ForecasterDirect(booster(**loss), steps=LEADS, lags=LAGS, window_features=rolling(), n_jobs=1)


def fitted(rows: int = TRAIN_ROWS, **loss: Any) -> ForecasterDirect:
    site = plant()
    forecaster = direct(**loss)
    forecaster.fit(y=site.power.iloc[:rows], exog=site.exog.iloc[:rows], store_in_sample_residuals=False)
    return forecaster


def inputs(row: int) -> dict[str, Any]:
    site = plant()
    window = site.power.iloc[row - HISTORY_ROWS : row].copy()
    return {"last_window": window, "exog": site.exog.iloc[row : row + LEADS].copy()}


def predict(check_inputs: bool = True) -> Calls:
    forecaster = fitted()
    for row in issue_rows():
        yield partial(forecaster.predict, **inputs(row), check_inputs=check_inputs)


def predict_unchecked() -> Calls:
    return predict(check_inputs=False)


def features() -> Calls:
    from skforecast.recursive import ForecasterRecursive

    site = plant()
    forecaster = ForecasterRecursive(booster(), lags=LAGS, window_features=rolling())
    power, exog = site.power.iloc[:TRAIN_ROWS], site.exog.iloc[:TRAIN_ROWS]
    while True:
        yield lambda: forecaster.create_train_X_y(y=power, exog=exog)


def train() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield fitted


def quantiles() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield lambda: [fitted(objective="quantile", alpha=level) for level in LEVELS]


def backtest() -> Calls:
    from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster

    site, forecaster = plant(), fitted()
    folds = TimeSeriesFold(LEADS, TRAIN_ROWS, fold_stride=1, refit=False, allow_incomplete_fold=False, verbose=False)
    rows = slice(0, TRAIN_ROWS + ISSUE_TIMES + LEADS - 1)
    power, exog = site.power.iloc[rows], site.exog.iloc[rows]
    while True:
        yield lambda: backtesting_forecaster(
            forecaster, power, folds, "mean_absolute_error", exog=exog, n_jobs=1, show_progress=False
        )


def backtest_daily() -> Calls:
    from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster

    site, forecaster = plant(), direct()
    folds = TimeSeriesFold(
        LEADS,
        TRAIN_ROWS,
        fold_stride=1,
        refit=96,
        fixed_train_size=False,
        allow_incomplete_fold=False,
        verbose=False,
    )
    rows = slice(0, TRAIN_ROWS + 96 * REFIT_DAYS + LEADS - 1)
    power, exog = site.power.iloc[rows], site.exog.iloc[rows]
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield lambda: backtesting_forecaster(
            forecaster, power, folds, "mean_absolute_error", exog=exog, n_jobs=1, show_progress=False
        )


def importing() -> Calls:
    while True:
        yield lambda: fresh("from skforecast.direct import ForecasterDirect; import lightgbm")


def first_forecast() -> Calls:
    with TemporaryDirectory() as folder:
        path = f"{folder}/model.joblib"
        save_forecaster(fitted(FEW_ROWS), path, save_custom_functions=False, verbose=False)
        while True:
            yield lambda: fresh("import sys; from peers.skforecast import first; first(sys.argv[1])", path)


def first(path: str) -> None:
    load_forecaster(path, verbose=False).predict(**inputs(TRAIN_ROWS))


if __name__ == "__main__":
    tasks = [
        predict,
        predict_unchecked,
        features,
        train,
        quantiles,
        backtest,
        backtest_daily,
        importing,
        first_forecast,
    ]
    serve(tasks, {name: version(name) for name in ("skforecast", "lightgbm", "pandas")})
