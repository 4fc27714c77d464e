"""mlforecast: one LightGBM a lead (`horizons`), its own lags and lag transforms, a model for each quantile.

Measurements are horizon features (`horizon_features`): columns lagged by the lead. It takes no gaps of power and drops
rows with missing exogenous values, so both are carried on; rows of filled power weigh nothing (`weight_col`).
"""

from __future__ import annotations

import sys
from functools import cache

import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd

from accuracy_tasks.task import BOOSTER, COLUMNS, LEADS, LEVELS, WINDOWS, Task, answer


def forecaster(task: Task) -> MLForecast:
    """Return the forecaster, not yet fitted."""
    models = {"power": LGBMRegressor(**BOOSTER)}
    for name, level in zip(COLUMNS[1:], LEVELS, strict=True):
        models[name] = LGBMRegressor(**BOOSTER, objective="quantile", alpha=level)
    kinds = (RollingMean, RollingStd, RollingMin, RollingMax)
    transforms = {1: [kind(window) for window in WINDOWS for kind in kinds]}
    return MLForecast(models, freq=task.power.index.freqstr, lags=task.lags, lag_transforms=transforms)


def table(task: Task) -> tuple[pd.DataFrame, dict[int, list[str]]]:
    """Return the long table, and which of its columns belong to which horizon."""
    frame = task.future.ffill().assign(unique_id="site", ds=task.power.index, y=task.power.ffill().fillna(0.0))
    frame["weight"] = task.power.notna().astype(float)
    own: dict[int, list[str]] = {}
    for lead in LEADS:
        lagged = task.regressors(lead).drop(columns=task.future.columns).add_suffix(f"_h{lead}").ffill()
        frame, own[lead] = frame.join(lagged), list(lagged)
    return frame.reset_index(drop=True), own


@cache
def fitted(path: str) -> tuple[MLForecast, pd.DataFrame, pd.DataFrame]:
    """Return the fitted forecaster, its features of the whole record, and the columns by valid time."""
    task = Task.load(path)
    frame, own = table(task)
    asked = {"static_features": [], "dropna": False, "horizons": list(LEADS), "weight_col": "weight"}
    if any(own.values()):
        asked["horizon_features"] = own
    made = forecaster(task).fit(frame[frame["ds"] <= task.start], **asked)
    features = forecaster(task).preprocess(frame, **asked).set_index("ds")
    return made, features, frame.set_index("ds")


def forecast(task: Task, lead: int) -> pd.DataFrame:
    """Return all columns by valid time."""
    made, features, columns = fitted(sys.argv[1])
    boosters = {name: made.models_[name][lead - 1] for name in COLUMNS}
    used = boosters["power"].feature_name_
    # a row of `features` is labelled one step after its issue time; exogenous columns are those of the valid time
    valid = features.index + (lead - 1) * task.step
    ahead = columns.reindex(valid).set_axis(features.index)
    inputs = pd.DataFrame({name: (ahead if name in ahead else features)[name] for name in used})
    return pd.DataFrame({name: booster.predict(inputs) for name, booster in boosters.items()}, index=valid)


if __name__ == "__main__":
    answer(forecast)
