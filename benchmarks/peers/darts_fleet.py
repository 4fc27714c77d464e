"""darts with many sites: lists of series, one LightGBM a lead for all of them."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version

import pandas as pd
from darts import TimeSeries
from darts.models import LightGBMModel
from speed_tasks.plant import FEW_ROWS, LEADS, STEP, TRAIN_ROWS, Plant
from speed_tasks.serve import Calls, serve
from speed_tasks.sites import (
    FEATURE_SITES,
    FLEET_ROWS,
    OWN_SITES,
    SHARED_ROWS,
    SHARED_SITES,
    first_sites,
    fleets,
)

from peers.darts import POWER_LAGS, fitted, forecast, model, windows

Tables = tuple[list[pd.Series], list[pd.DataFrame]]


def tables(sites: dict[str, Plant], rows: int) -> Tables:
    """Return power of the first so many rows, and the weather of all."""
    return [site.power.iloc[:rows] for site in sites.values()], [site.exog for site in sites.values()]


def all_series(power: list[pd.Series], weather: list[pd.DataFrame]) -> dict[str, list[TimeSeries]]:
    series = [TimeSeries.from_series(one, freq=STEP) for one in power]
    return {
        "series": series,
        "past_covariates": windows().transform(series),
        "future_covariates": [TimeSeries.from_dataframe(one, freq=STEP) for one in weather],
    }


def fleet(number: int) -> Calls:
    shared = model().fit(**all_series(*tables(first_sites(SHARED_SITES, SHARED_ROWS), SHARED_ROWS)))
    for sites in fleets(number):
        yield partial(forecast_all, shared, *tables(sites, FLEET_ROWS))


def forecast_all(shared: LightGBMModel, power: list[pd.Series], weather: list[pd.DataFrame]) -> list[TimeSeries]:
    return shared.predict(LEADS, **all_series(power, weather), show_warnings=False)


def fleet_200() -> Calls:
    return fleet(200)


def fleet_2000() -> Calls:
    return fleet(2000)


def own() -> Calls:
    models = [fitted(FEW_ROWS)] * OWN_SITES
    for sites in fleets(OWN_SITES):
        yield partial(forecast_each, models, *tables(sites, FLEET_ROWS))


def forecast_each(models: list[LightGBMModel], power: list[pd.Series], weather: list[pd.DataFrame]) -> list[TimeSeries]:
    return [forecast(*one) for one in zip(models, power, weather, strict=True)]


def features() -> Calls:
    from darts.utils.data.tabularization import create_lagged_training_data

    made = all_series(*tables(first_sites(FEATURE_SITES, TRAIN_ROWS), TRAIN_ROWS))
    transformer = windows()
    while True:
        yield lambda: create_lagged_training_data(
            made["series"],
            output_chunk_length=1,
            output_chunk_shift=0,
            past_covariates=transformer.transform(made["series"]),
            future_covariates=made["future_covariates"],
            lags=POWER_LAGS,
            lags_past_covariates=[-1],
            lags_future_covariates=[0],
            uses_static_covariates=False,
        )


if __name__ == "__main__":
    tasks = [features, own, fleet_200, fleet_2000]
    serve(tasks, {name: version(name) for name in ("darts", "lightgbm", "pandas")})
