"""The forecaster: what it gives, and what it makes of bad input."""

from __future__ import annotations

from functools import cache

import cases
import numpy as np
import pandas as pd
import plants
import pytest

from forecast import Forecaster, SiteData

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


# ------------------------------------------------------------------- what it gives


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


# ------------------------------------------------------------------- bad input


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
