"""openstef: its core pipelines with the features they know by name; one LightGBM for all leads, quantiles."""

from __future__ import annotations

from functools import cache, partial
from importlib.metadata import version
from tempfile import TemporaryDirectory

import joblib
import pandas as pd
from openstef.data_classes.model_specifications import ModelSpecificationDataClass
from openstef.data_classes.prediction_job import PredictionJobDataClass
from openstef.pipeline.create_forecast import create_forecast_pipeline_core
from speed_tasks.plant import CAPACITY_KW, FEW_ROWS, HISTORY_ROWS, LEADS, TRAIN_ROWS, issue_rows, plant
from speed_tasks.serve import Calls, fresh, serve

LAG_NAMES = [f"T-{minutes}min" for minutes in range(15, 15 * 25, 15)]


def job() -> PredictionJobDataClass:
    return PredictionJobDataClass(
        id=1,
        model="lgb",
        forecast_type="wind",
        horizon_minutes=15 * LEADS,
        resolution_minutes=15,
        lat=52.0,
        lon=5.0,
        name="plant",
        hub_height=100.0,
        n_turbines=1,
        turbine_type="generic",
        quantiles=[0.05, 0.25, 0.5, 0.75, 0.95],
        model_kwargs={"n_estimators": 200, "num_leaves": 31, "n_jobs": 1, "verbose": -1},
    )


def specs() -> ModelSpecificationDataClass:
    return ModelSpecificationDataClass(
        id=1,
        hyper_params={"n_estimators": 200, "num_leaves": 31, "n_jobs": 1, "verbose": -1},
        feature_names=[*LAG_NAMES, *plant().weather],
    )


@cache
def table() -> pd.DataFrame:
    site = plant()
    frame = site.weather.assign(load=site.power / CAPACITY_KW)[["load", *site.weather]]
    return frame.tz_localize("UTC")


def fitted(rows: int = TRAIN_ROWS) -> tuple[object, ModelSpecificationDataClass]:
    from openstef.pipeline.train_model import train_model_pipeline_core

    known = table().iloc[:rows]
    model, _, used, _ = train_model_pipeline_core(job(), specs(), known, horizons=[0.25, 4.0])
    model.path = ""  # its MLflow store would set this
    return model, used


def inputs(row: int) -> pd.DataFrame:
    known = table().iloc[row - HISTORY_ROWS : row + LEADS].copy()
    known.iloc[HISTORY_ROWS:, 0] = float("nan")
    return known


def predict() -> Calls:
    model, used = fitted()
    for row in issue_rows():
        yield partial(create_forecast_pipeline_core, job(), inputs(row), model, used)


def features() -> Calls:
    from openstef.feature_engineering.feature_applicator import TrainFeatureApplicator

    rows, names = table().iloc[:TRAIN_ROWS], [*LAG_NAMES, *plant().weather]
    while True:
        yield lambda: TrainFeatureApplicator([0.25], names).add_features(rows, pj=job())


def train() -> Calls:
    fitted(FEW_ROWS)  # late imports are not training
    while True:
        yield fitted


def importing() -> Calls:
    while True:
        yield lambda: fresh("from openstef.pipeline.create_forecast import create_forecast_pipeline_core")


def first_forecast() -> Calls:
    with TemporaryDirectory() as folder:
        path = f"{folder}/model"
        joblib.dump(fitted(FEW_ROWS), path)
        while True:
            yield lambda: fresh("import sys; from peers.openstef import first; first(sys.argv[1])", path)


def first(path: str) -> None:
    create_forecast_pipeline_core(job(), inputs(TRAIN_ROWS), *joblib.load(path))


if __name__ == "__main__":
    tasks = [predict, features, train, importing, first_forecast]
    serve(tasks, {name: version(name) for name in ("openstef", "lightgbm", "pandas")})
