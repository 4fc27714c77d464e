"""skforecast with many sites: ForecasterRecursiveMultiSeries, one LightGBM that is asked step after step."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any

import pandas as pd
from skforecast.direct import ForecasterDirect
from skforecast.recursive import ForecasterRecursiveMultiSeries
from speed_tasks.plant import FEW_ROWS, LAGS, LEADS, TRAIN_ROWS, Plant
from speed_tasks.serve import Calls, serve
from speed_tasks.sites import (
    FEATURE_SITES,
    FLEET_ROWS,
    OWN_SITES,
    SHARED_ROWS,
    SHARED_SITES,
    first_sites,
    fleets,
    names,
)

from peers.skforecast import booster, fitted, rolling


def forecaster() -> ForecasterRecursiveMultiSeries:
    # encoding=None: one model for sites that it has not seen, too
    return ForecasterRecursiveMultiSeries(booster(), lags=LAGS, window_features=rolling(), encoding=None)


def first_rows(number: int, rows: int) -> dict[str, Any]:
    sites = first_sites(number, rows)
    return {
        "series": {name: site.power for name, site in sites.items()},
        "exog": {name: site.exog for name, site in sites.items()},
    }


def inputs(sites: dict[str, Plant]) -> dict[str, Any]:
    return {
        "last_window": pd.DataFrame({name: site.power.iloc[:FLEET_ROWS] for name, site in sites.items()}),
        "exog": {name: site.exog.iloc[FLEET_ROWS:] for name, site in sites.items()},
    }


def fleet(number: int) -> Calls:
    shared = forecaster()
    shared.fit(**first_rows(SHARED_SITES, SHARED_ROWS))
    for sites in fleets(number):
        yield partial(shared.predict, LEADS, levels=names(number), **inputs(sites), suppress_warnings=True)


def fleet_200() -> Calls:
    return fleet(200)


def fleet_2000() -> Calls:
    return fleet(2000)


def own() -> Calls:
    models = dict.fromkeys(names(OWN_SITES), fitted(FEW_ROWS))
    for sites in fleets(OWN_SITES):
        yield partial(forecast_each, models, {name: one_input(site) for name, site in sites.items()})


def one_input(site: Plant) -> dict[str, Any]:
    return {"last_window": site.power.iloc[:FLEET_ROWS], "exog": site.exog.iloc[FLEET_ROWS:]}


def forecast_each(models: dict[str, ForecasterDirect], given: dict[str, dict[str, Any]]) -> pd.DataFrame:
    return pd.concat({name: models[name].predict(**one) for name, one in given.items()})


def features() -> Calls:
    made = first_rows(FEATURE_SITES, TRAIN_ROWS)
    while True:
        yield lambda: forecaster().create_train_X_y(**made)


if __name__ == "__main__":
    tasks = [features, own, fleet_200, fleet_2000]
    serve(tasks, {name: version(name) for name in ("skforecast", "lightgbm", "pandas")})
