"""skforecast: ForecasterDirect, its lags and rolling features; a forecaster for each quantile, as its guide shows.

Exogenous columns are read at the valid time, so each lead has its own forecaster, whose measurements are lagged by the
lead. Of its steps only the last is trained; features come from `create_train_X_y` and `filter_train_X_y_for_step`.
"""

from __future__ import annotations

import warnings

import pandas as pd
from lightgbm import LGBMRegressor
from skforecast.direct import ForecasterDirect
from skforecast.preprocessing import RollingFeatures

from accuracy_tasks.task import BOOSTER, COLUMNS, LEVELS, WINDOWS, Task, answer

STATISTICS = ("mean", "std", "min", "max")


def direct(task: Task, lead: int) -> ForecasterDirect:
    """Return the forecaster, not yet fitted."""
    pairs = [(statistic, window) for window in WINDOWS for statistic in STATISTICS]
    rolling = RollingFeatures(stats=[pair[0] for pair in pairs], window_sizes=[pair[1] for pair in pairs])
    return ForecasterDirect(LGBMRegressor(**BOOSTER), steps=lead, lags=task.lags, window_features=rolling, n_jobs=1)


def forecast(task: Task, lead: int) -> pd.DataFrame:
    """Return all columns by valid time."""
    forecaster = direct(task, lead)
    with warnings.catch_warnings():  # gaps are left to LightGBM, which its documentation allows
        warnings.simplefilter("ignore")
        matrix, targets = forecaster.create_train_X_y(task.power, exog=task.regressors(lead))
        features, target = forecaster.filter_train_X_y_for_step(lead, matrix, targets, remove_suffix=True)
    known = features.index <= task.start
    out = {}
    for name, level in zip(COLUMNS, (None, *LEVELS), strict=True):
        loss = {} if level is None else {"objective": "quantile", "alpha": level}
        booster = LGBMRegressor(**BOOSTER, **loss).fit(features[known], target[known])
        out[name] = booster.predict(features[~known])
    return pd.DataFrame(out, index=features.index[~known])


if __name__ == "__main__":
    answer(forecast)
