"""mlforecast with many sites: its long table, one LightGBM a lead for all of them."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version

import pandas as pd
from mlforecast import MLForecast
from speed_tasks.plant import FEW_ROWS, LEADS, TRAIN_ROWS, Plant
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

from peers.mlforecast import fitted, forecaster


def long(sites: dict[str, Plant], name: str = "") -> pd.DataFrame:
    """Return the sites' rows below each other, each site's under its name, or all under one."""
    tables = [
        site.exog.assign(unique_id=name or own_name, ds=site.power.index, y=site.power)
        for own_name, site in sites.items()
    ]
    return pd.concat(tables, ignore_index=True)


def inputs(sites: dict[str, Plant], name: str = "") -> dict[str, pd.DataFrame]:
    rows = long(sites, name)
    known = rows["ds"] <= rows["ds"].iloc[FLEET_ROWS - 1]
    return {"new_df": rows[known].reset_index(drop=True), "X_df": rows[~known].drop(columns="y")}


def fleet(number: int) -> Calls:
    rows = long(first_sites(SHARED_SITES, SHARED_ROWS))
    shared = forecaster().fit(rows, static_features=[], max_horizon=LEADS)
    for sites in fleets(number):
        yield partial(shared.predict, LEADS, **inputs(sites))


def fleet_200() -> Calls:
    return fleet(200)


def fleet_2000() -> Calls:
    return fleet(2000)


def own() -> Calls:
    models = dict.fromkeys(names(OWN_SITES), fitted(FEW_ROWS))
    for sites in fleets(OWN_SITES):
        yield partial(forecast_each, models, {name: inputs({name: site}, "plant") for name, site in sites.items()})


def forecast_each(models: dict[str, MLForecast], given: dict[str, dict[str, pd.DataFrame]]) -> pd.DataFrame:
    return pd.concat({name: models[name].predict(LEADS, **one) for name, one in given.items()})


def features() -> Calls:
    rows = long(first_sites(FEATURE_SITES, TRAIN_ROWS))
    while True:
        yield lambda: forecaster().preprocess(rows, static_features=[])


if __name__ == "__main__":
    tasks = [features, own, fleet_200, fleet_2000]
    serve(tasks, {name: version(name) for name in ("mlforecast", "lightgbm", "pandas")})
