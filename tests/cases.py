"""The cases that the guards go through: models, and plants with the inputs, delays and oddities of real ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import plants

from forecast import DrawnDelay, Forecaster, SiteData
from forecast.models import Blend, Boosted, Network


def small_default() -> Blend:
    """Return the default model's three kinds of members, each as small as it can be."""
    return Blend(
        [
            Boosted(trees=6, leaves=5, least_rows=15),
            Boosted(trees=5, leaves=4, least_rows=15, random_splits=True, feature_share=0.6),
            Network(units=5, rounds=2),
        ]
    )


MODELS: dict[str, Callable[[], Any]] = {
    "persistence": lambda: "persistence",
    "smart_persistence": lambda: "smart_persistence",
    "climatology": lambda: "climatology",
    "reference": lambda: "reference",
    "ridge": lambda: "ridge",
    "adapting": lambda: "ridge",
    "small default": small_default,
}


def with_everything(seed: int = 1) -> SiteData:
    """Return a wind farm with every kind of input there is, all of them late by other times."""
    plain = plants.wind(seed=seed)
    assert plain.power is not None
    index, rng = plain.power.index, np.random.default_rng(seed)
    out_of_service = pd.Series(
        plants.WIND_CAPACITY - 250.0 * rng.integers(0, 4, size=60), index=index[:: len(index) // 60][:60]
    )
    starts = plants.START + pd.to_timedelta(np.sort(rng.uniform(2, 24, size=14)), unit="D")
    plan = pd.DataFrame(
        {
            "start": starts,
            "end": starts + pd.to_timedelta(rng.integers(30, 400, size=14), unit="min"),
            "available_kw": rng.choice([np.nan, 900.0, 1500.0], size=14),
            "limit_kw": rng.choice([np.nan, 300.0, 700.0], size=14),
            "known_at": starts - pd.to_timedelta(rng.integers(-60, 3000, size=14), unit="min"),
        }
    )
    return plants.rebuilt(
        plain,
        nwp={"nwp": plain.nwp["nwp"], "runs": plants.weather_runs(26), "members": plants.weather_members(26)},
        available_kw=out_of_service,
        curtailed=pd.Series(rng.random(len(index)) < 0.02, index=index),
        plan=plan,
        neighbours={"near": plants.wind(seed=9, nwp=False, site=plants.wind_site("near"), delay={"power": "50min"})},
        delay={"power": "20min", "observed": "35min", "available_kw": "10min", "curtailed": "1h", "runs": "5h"}
        | {"members": DrawnDelay(("4h", "290min", "11h"), missing=0.1)},
    )


def pv_that_lost_strings(days: int = 130, lost: int = 104, left: float = 0.5) -> SiteData:
    """Return a PV plant, hour by hour, of which only half works from the 104th day on."""
    whole = plants.pv(days=days, step="1h", nwp=False, delay={"power": "1h", "observed": "2h"})
    assert whole.power is not None
    after = whole.power.index > plants.START + pd.Timedelta(days=lost)
    return plants.rebuilt(whole, power=whole.power.where(~after, whole.power * left))


CASES: dict[str, Callable[[], SiteData]] = {
    "wind, every input": with_everything,
    "pv": lambda: plants.pv(days=46),
    "pv, no position, late": lambda: plants.pv(days=46, site=plants.pv_site(position=False), delay={"power": "5min"}),
    "pv that lost strings": pv_that_lost_strings,
    "pv, day ahead, late": lambda: plants.pv(days=48, step="1h", delay={"power": "3h"}),
    "minutes": lambda: plants.wind(days=11, step="1min", nwp=False, delay={"power": "2min", "observed": "90s"}),
}


@cache
def case(name: str) -> SiteData:
    """Return the data of a case; made once, for nobody may change it."""
    return CASES[name]()


@cache
def fitted(name: str, model: str) -> Forecaster:
    """Return a forecaster that was fitted on the first three quarters of a case."""
    data = case(name)
    adapting = {"adapt": "2D"} if model == "adapting" else {}
    return plants.forecaster(MODELS[model](), **hourly(name), **adapting).fit(data.until(split(name)))


def hourly(name: str) -> dict[str, Any]:
    """Return the settings of the cases that go by the hour."""
    ahead = {"day ahead": (28, 21), "lost strings": (3, 1)}
    hours = next((hours for words, hours in ahead.items() if words in name), None)
    return {} if hours is None else {"horizon": f"{hours[0]}h", "step": "1h", "first_lead": hours[1]}


def split(name: str) -> pd.Timestamp:
    """Return the moment until which the forecasters of a case have seen it."""
    power = case(name).power
    assert power is not None
    return power.index[-1] - pd.Timedelta("6D")


def issue_times(name: str, count: int, seed: int = 0) -> list[pd.Timestamp]:
    """Return random sorted issue times of a case, all different, on the power's grid, after what was learned from."""
    data = case(name)
    steps = np.arange(int(pd.Timedelta("5D").as_unit("ns").value) // data.power_step_ns)
    chosen = np.sort(np.random.default_rng(seed).choice(steps, size=count, replace=False))
    return [split(name) + pd.Timedelta(int(i) * data.power_step_ns, unit="ns") for i in chosen]
