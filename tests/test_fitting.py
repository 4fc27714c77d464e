"""Fits: of one site and of many, of short records, again and with other settings, of models of all kinds."""

from __future__ import annotations

from functools import cache

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from forecast import Forecaster, SiteData
from forecast.errors import NotEnoughDataError, SettingsError
from forecast.models import Persistence, Ridge

NOW = plants.START + pd.Timedelta("20D 5h")


@cache
def wind() -> SiteData:
    return plants.wind()


def test_one_model_of_several_sites_serves_sites_that_are_not_among_them() -> None:
    sites = [plants.wind(days=12, seed=s, site=plants.wind_site(f"farm {s}")) for s in (3, 4)]
    forecaster = plants.forecaster("ridge").fit(sites)
    new = plants.wind(days=12, seed=5, site=plants.wind_site("new"))
    at = plants.START + pd.Timedelta("11D")
    for data in (*sites, new):
        frame = forecaster.predict(data, at)
        assert frame.attrs["site"] == data.site.name and np.isfinite(frame["power"]).all()
    alone = new.between(at - forecaster.history_needed, at)
    pd.testing.assert_frame_equal(forecaster.predict(alone, at), forecaster.predict(new, at))


def test_a_new_sites_forecast_does_not_depend_on_how_long_its_record_is() -> None:
    sites = [plants.wind(days=560, step="6h", nwp=False, site=plants.wind_site(name)) for name in ("long", "new")]
    forecaster = plants.forecaster("ridge", horizon="12h", step="6h").fit(sites[:1])
    assert "year_sin1" in forecaster.importance().index
    at = plants.START + pd.Timedelta("150D")
    frames = [forecaster.predict(data, at) for data in (sites[1], sites[1].until(at), sites[1].between(NOW, at))]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    pd.testing.assert_frame_equal(frames[0], frames[2])


def test_a_site_alone_and_as_a_list_of_one_give_the_same_model() -> None:
    one, many = plants.forecaster("ridge").fit(wind()), plants.forecaster("ridge").fit([wind()])
    pd.testing.assert_frame_equal(one.predict(wind(), NOW), many.predict(wind(), NOW))


def test_two_fits_give_the_same_bits_on_any_number_of_jobs_and_another_seed_others() -> None:
    frames = [
        plants.forecaster(cases.small_default(), random_state=seed, n_jobs=jobs).fit(wind()).predict(wind(), NOW)
        for seed, jobs in ((0, 1), (0, 2), (1, 1))
    ]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert not frames[0].equals(frames[2])


@pytest.mark.parametrize("days", [3, 6])
@pytest.mark.parametrize("model", ["ridge", "small default", "reference"])
def test_a_record_of_a_few_days_is_enough_and_has_a_spread(model: str, days: int) -> None:
    data = plants.wind(days=days)
    frame = plants.forecaster(cases.MODELS[model]()).fit(data).predict(data)
    assert (frame["q05"] < frame["q95"]).all()


def test_a_record_that_begins_with_missing_values_can_be_learned_from() -> None:
    power = wind().power.copy()  # type: ignore[union-attr]
    power.iloc[: len(power) * 6 // 10] = np.nan
    data = plants.rebuilt(wind(), power=power)
    assert np.isfinite(plants.forecaster("ridge").fit(data).predict(data)["power"]).all()


def test_a_fit_that_fails_leaves_the_forecaster_as_it_was() -> None:
    forecaster = plants.forecaster("ridge").fit(wind())
    before = forecaster.predict(wind(), NOW)
    power = wind().power * np.nan  # type: ignore[operator]
    with pytest.raises(NotEnoughDataError, match="usable training values"):
        forecaster.fit(SiteData(plants.wind_site("other"), power))
    pd.testing.assert_frame_equal(forecaster.predict(wind(), NOW), before)


def test_settings_changed_before_a_second_fit_count() -> None:
    forecaster = plants.forecaster("reference").fit(wind())
    forecaster.predict(wind(), NOW)
    forecaster.set_params(step="30min", horizon="1h").fit(wind())
    frame = forecaster.predict(wind(), NOW)
    pd.testing.assert_frame_equal(frame, plants.forecaster(step="30min", horizon="1h").fit(wind()).predict(wind(), NOW))


def test_any_scikit_learn_regressor_and_any_model_object_can_be_plugged_in() -> None:
    forecaster = plants.forecaster(LinearRegression()).fit(wind())
    assert np.isfinite(forecaster.predict(wind(), NOW)["power"]).all()
    assert forecaster.predict(wind(), NOW).attrs["model"] == "wrapped"
    by_object, by_name = (
        plants.forecaster(model).fit(wind()).predict(wind(), NOW) for model in (Persistence(), "persistence")
    )
    pd.testing.assert_frame_equal(by_object, by_name)


def test_it_follows_scikit_learn() -> None:
    forecaster = plants.forecaster(Ridge(penalty=0.5), random_state=4).fit(wind())
    copy = clone(forecaster)
    assert not hasattr(copy, "model_") and copy.model is not forecaster.model
    assert (copy.get_params()["model__penalty"], copy.get_params(deep=False)["random_state"]) == (0.5, 4)
    assert repr(Forecaster(horizon="1h")) == "Forecaster(horizon='1h')"
    assert [f.__sklearn_is_fitted__() for f in (forecaster, copy)] == [True, False]


def test_presets_are_settings_that_can_be_changed() -> None:
    minutes = Forecaster.preset("minutes", random_state=3)
    assert (minutes.horizon, minutes.step, minutes.random_state) == ("15min", "1min", 3)
    assert Forecaster.preset("ultra_short").get_params() == Forecaster().get_params()
    assert Forecaster.preset("day_ahead", horizon="36h").horizon == "36h"
    with pytest.raises(SettingsError, match="'weeks' is not known; presets are ultra_short"):
        Forecaster.preset("weeks")
