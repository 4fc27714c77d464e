"""Our side of the speed benchmark: the public calls, and below them the features."""

from __future__ import annotations

from functools import cache, partial
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import forecast as fc
from forecast.live import Live
from forecast.models import Model
from forecast.params import copy_unfitted
from speed_tasks.plant import (
    CAPACITY_KW,
    FEW_ROWS,
    HISTORY_ROWS,
    ISSUE_TIMES,
    LEADS,
    REFIT_DAYS,
    STEP,
    TRAIN_ROWS,
    issue_rows,
    plant,
)
from speed_tasks.serve import Calls, fresh, serve

SITE = fc.WindSite("plant", CAPACITY_KW)


@cache
def table() -> pd.DataFrame:
    return pd.concat([plant().power, plant().weather], axis=1).tz_localize("UTC")


def frames(first: int, last: int) -> tuple[pd.Series, pd.DataFrame]:
    rows = table().iloc[first:last]
    return rows["power"].copy(), rows.drop(columns="power")


def site_data(first: int, last: int) -> fc.SiteData:
    power, observed = frames(first, last)
    return fc.SiteData(SITE, power=power, observed=observed)


LIGHT = "blend"  # one set of small boosters and a ridge regression


def fitted(rows: int = TRAIN_ROWS, model: str = "lightgbm") -> fc.Forecaster:
    return fc.Forecaster(model=model, horizon="4h", step=STEP).fit(site_data(0, rows))


def forecast(forecaster: fc.Forecaster, power: pd.Series, observed: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    return forecaster.predict(fc.SiteData(SITE, power=power, observed=observed), at)


def predict() -> Calls:
    return forecasts(fitted())


def predict_light() -> Calls:
    return forecasts(fitted(model=LIGHT))


def forecasts(forecaster: fc.Forecaster) -> Calls:
    for row in issue_rows():
        yield partial(forecast, forecaster, *frames(row - HISTORY_ROWS, row), table().index[row - 1])


def live() -> Calls:
    told = fitted().live(site_data(TRAIN_ROWS - HISTORY_ROWS, TRAIN_ROWS))
    for row in range(TRAIN_ROWS, TRAIN_ROWS + ISSUE_TIMES):
        yield partial(tell, told, *frames(row, row + 1), table().index[row])


def tell(told: Live, power: pd.Series, observed: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    told.update(power=power, observed=observed)
    return told.predict(at)


def features() -> Calls:
    from forecast.features.featureset import fit_features
    from forecast.features.spec import read_spec
    from forecast.training import training_times

    data = site_data(0, TRAIN_ROWS)
    spec = read_spec(data, pd.Timedelta(STEP).value, tuple(range(1, LEADS + 1)))
    times = training_times(data, spec, 1)
    (made,) = fit_features([data], [spec], [times], ())
    power, observed = frames(0, TRAIN_ROWS)
    while True:
        yield lambda: made.design(fc.SiteData(SITE, power=power, observed=observed), times)


def train() -> Calls:
    return fits("lightgbm")


def train_light() -> Calls:
    return fits(LIGHT)


def fits(model: str) -> Calls:
    fitted(FEW_ROWS, model)  # late imports are not training
    while True:
        yield partial(fitted, TRAIN_ROWS, model)


def train_point() -> Calls:
    """The default model's point forecast alone: what `fit` does before it looks at errors."""
    from forecast.models import make

    return point_fits(make("lightgbm", "wind", LEADS))


def train_point_light() -> Calls:
    from forecast.models import make

    return point_fits(make(LIGHT, "wind", LEADS))


def train_same() -> Calls:
    """LightGBM as the peers train it: 200 trees × 31 leaves, its own defaults."""
    from forecast.models import Boosted

    return point_fits(Boosted(base=None, trees=200, leaves=31, rate=0.1, feature_share=1.0, least_rows=20, l2=0.0))


def point_fits(model: Model) -> Calls:
    from forecast.learning import learn_from

    settings = fc.Forecaster(horizon="4h", step=STEP)._settings()

    def fit(rows: int = TRAIN_ROWS) -> Model:
        _, design, _ = learn_from([site_data(0, rows)], model, settings, (), ())
        return copy_unfitted(model).fit(design)

    fit(FEW_ROWS)  # late imports are not training
    while True:
        yield fit


def backtest() -> Calls:
    forecaster, index = fitted(), table().index
    start, end = index[TRAIN_ROWS - 1], index[TRAIN_ROWS + ISSUE_TIMES - 2]
    power, observed = frames(0, TRAIN_ROWS + ISSUE_TIMES + LEADS - 1)

    def roll() -> object:
        data = fc.SiteData(SITE, power=power, observed=observed)
        return fc.backtest({"lightgbm": forecaster}, data, start, end, every=STEP, refit="never", progress=False)

    while True:
        yield roll


def backtest_daily() -> Calls:
    forecaster = fitted()
    while True:
        yield partial(roll_days, forecaster, refit="never", renew="1D")


def backtest_daily_whole() -> Calls:
    while True:
        yield partial(roll_days, fc.Forecaster(horizon="4h", step=STEP), refit="1D")


def roll_days(forecaster: fc.Forecaster, **learning: Any) -> object:
    start, end = table().index[TRAIN_ROWS - 1], table().index[TRAIN_ROWS + 96 * REFIT_DAYS - 2]
    data = site_data(0, TRAIN_ROWS + 96 * REFIT_DAYS + LEADS - 1)
    return fc.backtest({"lightgbm": forecaster}, data, start, end, every=STEP, progress=False, **learning)


def importing() -> Calls:
    while True:
        yield lambda: fresh("import forecast as fc; fc.Forecaster, fc.SiteData, fc.WindSite, fc.load")


def importing_bare() -> Calls:
    while True:
        yield lambda: fresh("import forecast as fc")


def first_forecast() -> Calls:
    with TemporaryDirectory() as folder:
        bundle, history = f"{folder}/model.qh", f"{folder}/history.npz"
        fitted(FEW_ROWS).save(bundle)
        known = table().iloc[TRAIN_ROWS - HISTORY_ROWS : TRAIN_ROWS]
        np.savez(history, time=known.index.as_unit("ns").asi8, **{name: known[name].to_numpy() for name in known})
        code = "import sys; from speed_tasks.first import first; first(*sys.argv[1:])"
        while True:
            yield lambda: fresh(code, bundle, history, str(CAPACITY_KW))


if __name__ == "__main__":
    versions = {"quarterhour": fc.__version__} | {name: version(name) for name in ("lightgbm", "pandas")}
    tasks = [predict, live, features, train, train_point, train_same, backtest, backtest_daily, backtest_daily_whole]
    light = [predict_light, train_light, train_point_light]
    serve([*tasks, *light, importing, importing_bare, first_forecast], versions)
