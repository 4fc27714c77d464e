"""openstef: its training pipeline and feature applicator; `lgb` for the point forecast, `xgb_quantile` for quantiles.

A prediction job for each lead (`horizons=[lead]`), whose measurements are columns lagged by the lead. Features are all
that openstef makes by itself, and the lags of the newest steps, by its names. Booster settings: `lgb` as the other
libraries; `xgb_quantile` its defaults, with its early stopping. Its pipeline holds 15 % of the days back to validate.
"""

from __future__ import annotations

import logging

import pandas as pd
from openstef.data_classes.model_specifications import ModelSpecificationDataClass
from openstef.data_classes.prediction_job import PredictionJobDataClass
from openstef.feature_engineering.feature_applicator import (
    OperationalPredictFeatureApplicator,
    TrainFeatureApplicator,
)
from openstef.pipeline.train_model import train_model_pipeline_core

from accuracy_tasks.task import BOOSTER, COLUMNS, LEVELS, RECENT, Task, answer

# the names by which openstef derives features of its own
ITS_NAMES = {
    "nwp_ghi": "radiation", "nwp_temp_air": "temp", "nwp_wind_speed": "windspeed",
    "nwp_pressure": "pressure", "nwp_relative_humidity": "humidity",
}  # fmt: skip


def job(task: Task, model: str, wind: bool) -> PredictionJobDataClass:
    """Return the prediction job of one kind of model."""
    return PredictionJobDataClass(
        id=1,
        model=model,
        forecast_type="wind" if wind else "solar",
        horizon_minutes=int(task.step.total_seconds()) // 60 * RECENT,
        resolution_minutes=int(task.step.total_seconds()) // 60,
        name="site",
        quantiles=list(LEVELS),
        model_kwargs=BOOSTER if model == "lgb" else None,
    )


def forecast(task: Task, lead: int) -> pd.DataFrame:
    """Return all columns by valid time."""
    table = task.regressors(lead).rename(columns=ITS_NAMES)
    table.insert(0, "load", task.power)
    table = table.tz_localize("UTC")
    start = task.start.tz_localize("UTC")
    minutes, hours = int(task.step.total_seconds()) // 60, lead * task.step / pd.Timedelta("1h")
    wind = "envelope" not in table
    trivial = TrainFeatureApplicator([hours]).add_features(table.iloc[: 20 * 96], pj=job(task, "lgb", wind))
    newest = [f"T-{minutes * k}min" for k in range(lead, lead + RECENT)]
    names = list(dict.fromkeys([*trivial.columns.drop(["load", "horizon"]), *newest]))
    features = OperationalPredictFeatureApplicator([hours], names).add_features(table, pj=job(task, "lgb", wind))
    features = features[features.index > start].drop(columns="load")
    out, known = {}, table[table.index <= start]
    for model in ("lgb", "xgb_quantile"):
        specs = ModelSpecificationDataClass(id=1, feature_names=names, hyper_params=BOOSTER if model == "lgb" else {})
        made, *_ = train_model_pipeline_core(job(task, model, wind), specs, known, horizons=[hours])
        inputs = features[made.feature_names]
        if model == "lgb":
            out["power"] = made.predict(inputs)
        else:
            out |= {name: made.predict(inputs, quantile=q) for name, q in zip(COLUMNS[1:], LEVELS, strict=True)}
    return pd.DataFrame(out, index=features.index.tz_localize(None))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    answer(forecast)
