"""Our side of the speed benchmark where there are many sites: features of all, one shared model, a model a site."""

from __future__ import annotations

import copy
import sys
from functools import partial
from importlib.metadata import version

import pandas as pd

import forecast as fc
from speed_tasks.plant import CAPACITY_KW, FEW_ROWS, LEADS, STEP, TRAIN_ROWS, Plant
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

Frames = dict[str, tuple[pd.Series, pd.DataFrame]]


def frames(sites: dict[str, Plant], rows: int) -> Frames:
    """Return power and weather of the first so many rows of each site, in UTC."""
    return {
        name: (site.power.iloc[:rows].tz_localize("UTC"), site.weather.iloc[:rows].tz_localize("UTC"))
        for name, site in sites.items()
    }


def site_data(made: Frames) -> dict[str, fc.SiteData]:
    return {
        name: fc.SiteData(fc.WindSite(name, CAPACITY_KW), power=power, observed=observed)
        for name, (power, observed) in made.items()
    }


def fitted(number: int, rows: int) -> fc.Forecaster:
    """Return one model for the first so many sites, usable for any."""
    sites = site_data(frames(first_sites(number, rows), rows))
    return fc.Forecaster(horizon="4h", step=STEP).fit(list(sites.values()))


def forecast(forecasters: dict[str, fc.Forecaster], made: Frames, at: pd.Timestamp) -> pd.DataFrame:
    return predicted(forecasters, site_data(made), at)


def predicted(forecasters: dict[str, fc.Forecaster], data: dict[str, fc.SiteData], at: pd.Timestamp) -> pd.DataFrame:
    out = fc.predict_fleet(forecasters, data, at)
    if len(out) != len(data) * LEADS:  # a site that fails has one row
        raise RuntimeError(f"{len(out)} rows, expected {len(data) * LEADS}: {out['reason'].max()}")
    return out


def long(made: Frames) -> pd.DataFrame:
    """Return one table of all sites, as a database answers, its names as categories."""
    tables = [observed.assign(site=name, time=power.index, power=power) for name, (power, observed) in made.items()]
    whole = pd.concat(tables, ignore_index=True)
    return whole.assign(site=whole["site"].astype("category"))


def forecast_long(
    forecasters: dict[str, fc.Forecaster], sites: list[fc.WindSite], table: pd.DataFrame, at: pd.Timestamp
) -> pd.DataFrame:
    measured = [name for name in table.columns if name not in ("site", "time", "power")]
    return predicted(forecasters, fc.SiteData.from_long(table, sites, observed=measured), at)


def fleet_long(forecasters: dict[str, fc.Forecaster]) -> Calls:
    described = [fc.WindSite(name, CAPACITY_KW) for name in forecasters]  # what a site is does not come with its rows
    for sites in fleets(len(forecasters)):
        made = frames(sites, FLEET_ROWS)
        yield partial(forecast_long, forecasters, described, long(made), newest(made))


def fleet(forecasters: dict[str, fc.Forecaster]) -> Calls:
    """The same from a `SiteData` made for each."""
    for sites in fleets(len(forecasters)):
        made = frames(sites, FLEET_ROWS)
        yield partial(forecast, forecasters, made, newest(made))


def fleet_made(forecasters: dict[str, fc.Forecaster]) -> Calls:
    """The same with the `SiteData` made already: a service that holds its sites."""
    for sites in fleets(len(forecasters)):
        made = frames(sites, FLEET_ROWS)
        yield partial(predicted, forecasters, site_data(made), newest(made))


def newest(made: Frames) -> pd.Timestamp:
    return next(iter(made.values()))[0].index[-1]


def shared(number: int) -> dict[str, fc.Forecaster]:
    return dict.fromkeys(names(number), fitted(SHARED_SITES, SHARED_ROWS))


def without_numba() -> None:
    sys.modules["numba"] = None  # type: ignore[assignment]  # as if it were not installed


def fleet_200() -> Calls:
    return fleet_long(shared(200))


def fleet_200_each() -> Calls:
    return fleet(shared(200))


def fleet_200_made() -> Calls:
    return fleet_made(shared(200))


def fleet_200_plain() -> Calls:
    without_numba()
    return fleet_long(shared(200))


def fleet_2000() -> Calls:
    return fleet_long(shared(2000))


def fleet_2000_each() -> Calls:
    return fleet(shared(2000))


def fleet_2000_made() -> Calls:
    return fleet_made(shared(2000))


def fleet_2000_plain() -> Calls:
    without_numba()
    return fleet_long(shared(2000))


def own() -> Calls:
    one = fitted(1, FEW_ROWS)
    return fleet({name: copy.copy(one) for name in names(OWN_SITES)})


def features() -> Calls:
    from forecast.design import stack_in_turn
    from forecast.features.featureset import fit_features
    from forecast.features.spec import read_spec
    from forecast.training import training_times

    made = frames(first_sites(FEATURE_SITES, TRAIN_ROWS), TRAIN_ROWS)
    data = list(site_data(made).values())
    specs = [read_spec(site, pd.Timedelta(STEP).value, tuple(range(1, LEADS + 1))) for site in data]
    times = [training_times(site, spec, 1) for site, spec in zip(data, specs, strict=True)]
    sets = fit_features(data, specs, times, ())
    data.clear()

    def all_rows() -> object:
        sites = site_data(made).values()
        each = (s.design(site, t) for s, site, t in zip(sets, sites, times, strict=True))
        return stack_in_turn(each, [len(one) for one in times])

    while True:
        yield all_rows


if __name__ == "__main__":
    versions = {"quarterhour": fc.__version__} | {name: version(name) for name in ("lightgbm", "pandas")}
    some = [fleet_200, fleet_200_each, fleet_200_made, fleet_200_plain]
    many = [fleet_2000, fleet_2000_each, fleet_2000_made, fleet_2000_plain]
    serve([features, own, *some, *many], versions)
