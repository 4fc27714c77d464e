"""The forecaster: what it gives, what it refuses, and what it makes of bad input."""

from __future__ import annotations

from functools import cache
from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from forecast import Forecaster, SiteData
from forecast.errors import (
    InputTypeError,
    NotEnoughDataError,
    NotFittedError,
    SettingsError,
    SiteError,
    StepError,
    TimeError,
)
from forecast.models import Persistence, Ridge

NOW = plants.START + pd.Timedelta("20D 5h")
each_model = pytest.mark.parametrize("model", cases.MODELS)


@cache
def wind() -> SiteData:
    return plants.wind()


@cache
def pv() -> SiteData:
    return plants.pv()


@cache
def fitted(model: str, kind: str = "wind") -> Forecaster:
    return plants.forecaster(cases.MODELS[model]()).fit({"wind": wind, "pv": pv}[kind]())


def quantiles_of(frame: pd.DataFrame) -> np.ndarray:
    return frame.filter(regex=r"^q\d+$").to_numpy()


# -------------------------------------------------------------------- what it gives


def test_a_forecast_has_a_row_a_lead_and_says_what_it_is() -> None:
    at = NOW + pd.Timedelta("4min 7s")
    frame = fitted("ridge").predict(wind(), at.tz_convert("Asia/Tokyo"))
    names = ["lead", "power", "potential", "q05", "q25", "q50", "q75", "q95", "level", "reason"]
    assert list(frame.columns) == names and frame["lead"].tolist() == [1, 2, 3]
    assert frame.index.name == "valid_time" and str(frame.index.tz) == "Europe/Paris"  # type: ignore[attr-defined]
    assert list(frame.index) == [NOW + k * pd.Timedelta("15min") for k in (1, 2, 3)]
    attrs = frame.attrs
    assert set(attrs) == {"site", "issue_time", "asked_at", "model", "version"}
    assert all(isinstance(value, str) for value in attrs.values())
    assert (attrs["site"], attrs["model"]) == ("ridge", "ridge")
    assert (pd.Timestamp(attrs["issue_time"]), pd.Timestamp(attrs["asked_at"])) == (NOW, at)
    assert (frame["level"] == 0).all() and (frame["reason"] == "").all()


def test_without_at_it_is_made_at_the_newest_moment_in_the_data() -> None:
    data = plants.rebuilt(wind(), delay={"power": "25min", "observed": "0min"})
    assert data.power is not None
    frame = plants.forecaster().fit(data).predict(data)
    assert pd.Timestamp(frame.attrs["asked_at"]) == data.newest == data.power.index[-1] + pd.Timedelta("25min")
    assert pd.Timestamp(frame.attrs["issue_time"]) == data.power.index[-1] + pd.Timedelta("15min")


@each_model
@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_forecasts_are_finite_within_bounds_and_their_quantiles_rise(kind: str, model: str) -> None:
    data, forecaster = {"wind": wind, "pv": pv}[kind](), fitted(model, kind)
    times = data.times("power")[-480::7]
    made, design = forecaster.forecasts(data, times)
    for values in (made.power, made.potential, made.quantiles):
        assert np.isfinite(values).all() and (values >= 0).all() and (values <= data.site.capacity_kw).all()
    assert (np.diff(made.quantiles, axis=-1) >= 0).all()
    assert (made.quantiles[..., 0] < made.quantiles[..., -1]).mean() > 0.2
    assert (made.power[~design.up] == 0).all() and (made.quantiles[~design.up] == 0).all()
    assert design.up.all() == (kind == "wind")


@pytest.mark.parametrize("position", [True, False])
def test_pv_is_zero_when_the_sun_is_down_and_not_at_noon(position: bool) -> None:
    data = plants.pv(site=plants.pv_site(position=position), nwp=False)
    forecaster = plants.forecaster("ridge").fit(data)
    midnight, noon = (plants.START + pd.Timedelta(days=41, hours=h) for h in (16, 4))  # UTC, in China
    night, day = forecaster.predict(data, midnight), forecaster.predict(data, noon)
    assert (night["power"] == 0).all() and (quantiles_of(night) == 0).all()
    assert (day["power"] > 20).all()


def test_the_sun_is_down_where_pvlib_says_so() -> None:
    from pvlib.solarposition import get_solarposition

    data = pv()
    issue_ns = data.times("power")[-97:-1]
    _, design = fitted("reference", "pv").forecasts(data, issue_ns)
    for issue, up in zip(issue_ns, design.up[:, 0], strict=True):
        label = pd.Timestamp(issue, tz="UTC") + pd.Timedelta("15min")
        minutes = pd.date_range(label - pd.Timedelta("15min"), label, freq="1min")
        highest = get_solarposition(minutes, data.site.latitude, data.site.longitude)["elevation"].max()
        assert up == (highest >= -0.83)


def test_the_median_is_asked_for_by_the_objective_and_need_not_be_a_level() -> None:
    levels = (0.1, 0.9)
    data = wind()
    plain = plants.forecaster("ridge", quantiles=(0.1, 0.5, 0.9)).fit(data).predict(data, NOW)
    median = plants.forecaster("ridge", quantiles=levels, objective="median").fit(data).predict(data, NOW)
    np.testing.assert_array_equal(median["power"], plain["q50"])
    np.testing.assert_array_equal(median["q90"], plain["q90"])
    assert "q50" not in median and (plain["power"] != plain["q50"]).any()


def test_levels_are_named_by_their_decimals() -> None:
    frame = plants.forecaster(quantiles=[0.005, 0.025, 0.2, 0.995]).fit(wind()).predict(wind())
    assert [name for name in frame if name.startswith("q")] == ["q005", "q025", "q20", "q995"]
    assert not [name for name in plants.forecaster(quantiles=()).fit(wind()).predict(wind()) if name.startswith("q")]


@pytest.mark.parametrize("first", [1, 3])
def test_leads_run_from_the_first_to_the_horizon(first: int) -> None:
    frame = plants.forecaster(horizon="2h", step="30min", first_lead=first).fit(wind()).predict(wind(), NOW)
    assert frame["lead"].tolist() == list(range(first, 5))
    assert list(frame.index) == [NOW + lead * pd.Timedelta("30min") for lead in range(first, 5)]


def test_quarters_of_an_hour_can_be_issued_every_minute() -> None:
    data = cases.case("minutes")
    forecaster = cases.fitted("minutes", "ridge")
    at = cases.split("minutes") + pd.Timedelta("7min 30s")
    frame = forecaster.predict(data, at)
    assert pd.Timestamp(frame.attrs["issue_time"]) == at.floor("1min")
    assert list(frame.index) == [at.floor("1min") + k * pd.Timedelta("15min") for k in (1, 2, 3)]


def test_labels_that_stand_elsewhere_within_the_step_keep_their_place() -> None:
    assert wind().power is not None
    moved = wind().power.set_axis(wind().power.index + pd.Timedelta("7min"))  # type: ignore[union-attr]
    data = SiteData(wind().site, moved)
    frame = plants.forecaster().fit(data).predict(data, NOW)
    assert pd.Timestamp(frame.attrs["issue_time"]) == NOW - pd.Timedelta("8min")


# -------------------------------------------------------------------- bad input


@each_model
@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_nothing_but_missing_values_still_gives_finite_forecasts_that_say_so(kind: str, model: str) -> None:
    data, forecaster = {"wind": wind, "pv": pv}[kind](), fitted(model, kind)
    assert data.power is not None and data.observed is not None
    empty = plants.rebuilt(
        data, power=data.power * np.nan, observed=data.observed * np.nan, nwp=data.nwp["nwp"] * np.nan
    )
    for hours in range(0, 24, 6):
        frame = forecaster.predict(empty, NOW + pd.Timedelta(hours=hours))
        assert np.isfinite(frame.drop(columns="reason").to_numpy(dtype=float)).all()
        lowest = 3 if forecaster.ladder_ is None else len(forecaster.ladder_.middle)
        assert (frame["level"] == lowest).all() and set(frame["reason"]) == {"no power, observed, nwp"}


def test_each_input_that_is_gone_is_named() -> None:
    data, forecaster = wind(), fitted("ridge")
    for name, value in {"observed": None, "nwp": None, "power": None}.items():
        frame = forecaster.predict(plants.rebuilt(data, **{name: value}), NOW)
        assert (frame["level"] >= 1).all() and set(frame["reason"]) == {f"no {name}"}
        assert np.isfinite(frame["power"]).all()


def test_values_outside_what_a_plant_can_give_count_as_missing() -> None:
    data, forecaster = wind(), fitted("ridge")
    assert data.power is not None
    hit = data.power.index[(data.power.index > NOW - pd.Timedelta("1h")) & (data.power.index <= NOW)]
    frames = []
    for value in (np.nan, -0.051 * 2050, 1.301 * 2050, 9.9e9, np.inf):
        power = data.power.copy()
        power[hit] = value
        frames.append(forecaster.predict(plants.rebuilt(data, power=power), NOW))
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])
    power[hit] = 1.299 * 2050
    assert not forecaster.predict(plants.rebuilt(data, power=power), NOW).equals(frames[0])


def test_before_the_record_begins_and_long_after_it_ends_forecasts_are_finite() -> None:
    for model in ("ridge", "small default"):
        for kind in ("wind", "pv"):
            data, forecaster = {"wind": wind, "pv": pv}[kind](), fitted(model, kind)
            for at in ("2019-07-01 12:00", "2024-03-01 00:00", "2031-07-01 04:00"):
                frame = forecaster.predict(data, pd.Timestamp(at, tz="UTC"))
                assert np.isfinite(frame["power"]).all() and np.isfinite(quantiles_of(frame)).all()


def test_capacity_in_service_and_plans_bound_what_is_delivered() -> None:
    at = NOW
    plan = pd.DataFrame(
        {
            "start": [at + pd.Timedelta("15min"), at + pd.Timedelta("30min")],
            "end": [at + pd.Timedelta("30min"), at + pd.Timedelta("45min")],
            "available_kw": [500.0, np.nan],
            "limit_kw": [np.nan, 40.0],
            "known_at": [at, at],
        }
    )
    available = pd.Series([2050.0, 1000.0], index=[plants.START, at - pd.Timedelta("1h")])
    data = plants.rebuilt(wind(), available_kw=available, plan=plan)
    frame = fitted("ridge").predict(data, at)
    without = fitted("ridge").predict(plants.rebuilt(wind(), available_kw=available), at)
    assert (without["power"] <= 1000).all() and (quantiles_of(without) <= 1000).all()
    np.testing.assert_array_equal(frame["potential"], without["power"])
    wanted = np.array([without["power"].iloc[0], without["power"].iloc[1] / 2, min(without["power"].iloc[2], 40)])
    np.testing.assert_allclose(frame["power"], wanted, rtol=1e-12)
    assert (quantiles_of(frame)[1] <= 500).all() and (quantiles_of(frame)[2] <= 40).all()
    out = plants.rebuilt(wind(), available_kw=pd.Series([0.0], index=[plants.START]))
    assert (fitted("ridge").predict(out, at)["power"] == 0).all()


# -------------------------------------------------------------------- fits


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
    assert (quantiles_of(frame)[:, 0] < quantiles_of(frame)[:, -1]).all()


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


# -------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"horizon": "50min"}, StepError, "not a positive whole multiple"),
        ({"horizon": "-1h"}, StepError, "not a positive whole multiple"),
        ({"step": "0min"}, StepError, "not a positive whole multiple"),
        ({"step": "soon"}, StepError, "step='soon' is not a duration"),
        ({"step": "20min", "horizon": "1h"}, StepError, "not a whole multiple of the power's own step 15min"),
        ({"step": "5min"}, StepError, "not a whole multiple of the power's own step 15min"),
        ({"horizon": "10000h"}, StepError, "at most 2000"),
        ({"first_lead": 0}, SettingsError, "first_lead=0; expected a whole number from 1 to 3"),
        ({"first_lead": 4}, SettingsError, "from 1 to 3"),
        ({"first_lead": 1.5}, SettingsError, "from 1 to 3"),
        ({"quantiles": (0.5, 0.1)}, SettingsError, "rising levels"),
        ({"quantiles": (0.0, 0.5)}, SettingsError, "strictly between 0 and 1"),
        ({"quantiles": (0.5, 0.5)}, SettingsError, "rising levels"),
        ({"quantiles": 0.5}, SettingsError, "expected levels"),
        ({"quantiles": "0.5"}, SettingsError, "expected levels"),
        ({"objective": "mode"}, SettingsError, "expected one of mean, median"),
        ({"n_jobs": 0}, SettingsError, "n_jobs=0"),
        ({"random_state": None}, SettingsError, "random_state=None"),
        ({"random_state": 1.5}, SettingsError, "random_state=1.5"),
        ({"model": "oracle"}, SettingsError, "'oracle' is not known"),
        ({"model": object()}, InputTypeError, "no fit and predict"),
        ({"features": lambda view: view.power()}, InputTypeError, "not a list"),
    ],
)
def test_settings_that_do_not_fit_are_typed_errors(changes: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        plants.forecaster(**changes).fit(wind())


def test_what_cannot_be_learned_from_is_a_typed_error() -> None:
    with pytest.raises(InputTypeError, match="data is DataFrame"):
        plants.forecaster().fit(pd.DataFrame())
    with pytest.raises(InputTypeError, match="data is list"):
        plants.forecaster().fit([wind(), "pv"])
    with pytest.raises(NotEnoughDataError, match="empty"):
        plants.forecaster().fit([])
    with pytest.raises(SiteError, match="same name"):
        plants.forecaster().fit([wind(), wind()])
    with pytest.raises(SiteError, match="mixes PV and wind"):
        plants.forecaster().fit([wind(), pv()])
    with pytest.raises(NotEnoughDataError, match="at least 50"):
        plants.forecaster().fit(wind().until(plants.START + pd.Timedelta("12h")))
    with pytest.raises(NotEnoughDataError, match="at lead"):
        plants.forecaster(horizon="48h").fit(wind().until(plants.START + pd.Timedelta("30h")))


def test_a_wrong_site_is_a_typed_error_that_names_both() -> None:
    for data in (plants.wind(site=plants.wind_site("other")), pv()):
        with pytest.raises(SiteError, match=f"site '{data.site.name}'; this forecaster was fitted on wind 'ridge'"):
            fitted("reference").predict(data)
    with pytest.raises(SiteError, match="of pv site"):
        plants.forecaster().fit([wind()]).predict(pv())


def test_a_forecast_before_a_fit_and_of_what_is_no_data_are_typed_errors() -> None:
    for ask in (
        lambda f: f.predict(wind()),
        lambda f: f.history_needed,
        lambda f: f.importance(),
        lambda f: f.explain(wind()),
    ):
        with pytest.raises(NotFittedError, match="fit"):
            ask(plants.forecaster())
    with pytest.raises(InputTypeError, match="data is Series, expected SiteData"):
        fitted("reference").predict(wind().power)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "says"),
    [("2024-03-10", "no time zone"), (pd.NaT, "missing"), ("noonish", "not a moment"), (3.5j, "not a moment")],
)
def test_a_moment_that_is_none_is_a_typed_error(at: Any, says: str) -> None:
    with pytest.raises(TimeError, match=says):
        fitted("reference").predict(wind(), at)
