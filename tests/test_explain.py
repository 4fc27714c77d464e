"""What a forecast was made of: groups, ages and what they add."""

from __future__ import annotations

import copy
from functools import cache

import cases
import numpy as np
import pandas as pd
import plants
import pytest

from forecast import Forecaster, SiteData

NOW = plants.START + pd.Timedelta("20D 5h")


@cache
def data() -> SiteData:
    near = plants.wind(seed=9, nwp=False, site=plants.wind_site("near"))
    return plants.wind(neighbours={"near": near}, delay={"power": "20min"})


@cache
def fitted(model: str) -> Forecaster:
    return plants.forecaster(cases.MODELS[model]()).fit(data())


def test_every_group_of_features_has_a_row_and_every_lead_a_column() -> None:
    table = fitted("ridge").explain(data(), NOW)
    assert {"power", "observed", "neighbours", "weather forecast", "weather to power", "calendar"} <= set(table.index)
    assert [name for name in table if name.startswith("lead_")] == ["lead_1", "lead_2", "lead_3"]
    assert table["features"].sum() == len(fitted("ridge").importance())
    assert table["seen"].between(0, 1).all() and table.loc["calendar", "seen"] == 1
    assert table.attrs == {"site": "ridge", "issue_time": (NOW.tz_convert("Europe/Paris")).isoformat()}


def test_what_a_group_adds_is_the_forecast_minus_the_forecast_without_it() -> None:
    forecaster = fitted("ridge")
    table = forecaster.explain(data(), NOW)
    without = plants.rebuilt(data(), neighbours={})
    plain = copy.copy(forecaster)
    plain.ladder_ = None  # the same model without the group, not the rung that would serve then
    difference = plain.predict(data(), NOW)["power"] - plain.predict(without, NOW)["power"]
    np.testing.assert_allclose(
        table.loc["neighbours", ["lead_1", "lead_2", "lead_3"]].to_numpy(float), difference, atol=0.01
    )
    assert np.abs(difference).max() > 0.1


def test_measured_groups_have_an_age_and_others_none() -> None:
    ages = fitted("ridge").explain(data(), NOW)["newest"]
    assert ages["power"] == pd.Timedelta("10min")  # known 20 minutes after its label, on a grid of 15
    assert ages["neighbours"] == pd.Timedelta(0)
    assert ages[["calendar", "weather forecast"]].isna().all()


def test_what_is_missing_is_not_seen() -> None:
    table = fitted("ridge").explain(plants.rebuilt(data(), observed=None, neighbours={}), NOW)
    assert table.loc["observed", "seen"] == 0 == table.loc["neighbours", "seen"]
    assert table.loc["power", "seen"] > 0.9


@pytest.mark.parametrize("model", cases.MODELS)
def test_importances_are_shares_of_one_largest_first(model: str) -> None:
    table = fitted(model).importance()
    assert list(table.columns) == ["group", "unit", "importance"] and table.index.is_unique
    assert (np.diff(table["importance"]) <= 0).all() and (table["importance"] >= 0).all()
    learns = model in ("ridge", "adapting", "small default")
    np.testing.assert_allclose(table["importance"].sum(), 1.0 if learns else 0.0)
    if learns:
        assert table.groupby("group")["importance"].sum()["power"] > 0.02


@pytest.mark.parametrize("model", cases.MODELS)
def test_explaining_changes_no_forecast(model: str) -> None:
    before = fitted(model).predict(data(), NOW)
    fitted(model).explain(data(), NOW)
    pd.testing.assert_frame_equal(fitted(model).predict(data(), NOW), before)
