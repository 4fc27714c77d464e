"""Sites of one shared forecaster, worked on as matrices: each row has the bits the site has alone."""

from __future__ import annotations

from functools import cache

import cases
import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.features import many
from forecast.features.many import design_of_many, layout_of
from forecast.fleet import together

NOW = plants.START + pd.Timedelta("11D 5h")


@cache
def farms() -> dict[str, SiteData]:
    made = {name: plants.wind(days=12, seed=i, site=plants.wind_site(name)) for i, name in enumerate("abcdef")}
    power = made["d"].power
    assert power is not None
    start = NOW - pd.Timedelta("30min")
    plan = pd.DataFrame({"start": [start], "end": [NOW + pd.Timedelta("40min")], "available_kw": [1500.0],
                         "limit_kw": [300.0], "known_at": [start]})  # fmt: skip
    in_service = pd.Series([2050.0, 1640.0], index=[NOW - pd.Timedelta("2D"), NOW - pd.Timedelta("3h")])
    frozen = power.copy()
    frozen.iloc[-120:-80] = 777.0
    zone = plants.rebuilt(made["e"], power=made["e"].power.tz_convert("Asia/Shanghai"))  # type: ignore[union-attr]
    return made | {
        "d": plants.rebuilt(made["d"], plan=plan),
        "c": plants.rebuilt(made["c"], available_kw=in_service, power=frozen),
        "e": zone,
        "no mast": plants.rebuilt(made["f"], observed=None),
        "late": plants.rebuilt(made["f"], delay={"power": "20min", "observed": "35min"}),
        "gone": plants.rebuilt(made["a"], power=made["a"].power[made["a"].power.index < NOW - pd.Timedelta("1D")]),  # type: ignore[index, union-attr]
    }


@cache
def shared(model: str = "ridge") -> Forecaster:
    return plants.forecaster(cases.MODELS[model]()).fit([farms()["a"], farms()["b"]])


def equal_alone(frame: pd.DataFrame, forecaster: Forecaster, data: dict[str, SiteData], at: object) -> None:
    assert list(frame.index.unique("site")) == list(data)
    for name, site in data.items():
        alone = forecaster.predict(site, at)
        rows = frame.loc[name]
        assert (rows.index == alone.index).all()
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), alone.reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize("model", ["ridge", "small default"])
def test_wind_farms_of_every_sort_have_the_bits_they_have_alone(model: str) -> None:
    forecaster = shared(model)
    frame = fc.predict_fleet(dict.fromkeys(farms(), forecaster), farms(), NOW)
    equal_alone(frame, forecaster, farms(), NOW)
    assert frame.loc["d", "power"].max() <= 300
    assert str(frame.index.get_level_values("valid_time").tz) == "UTC"  # type: ignore[attr-defined]


def test_nearly_all_of_them_were_worked_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = together.rows_together(shared(), farms(), NOW)
    assert made is not None and set(made.names) >= {"a", "b", "d", "e", "f"}
    monkeypatch.setattr(many, "AT_ONCE", (2, 2))
    again = together.rows_together(shared(), farms(), NOW)
    assert again is not None
    for field in ("power", "potential", "quantiles", "valid_ns"):
        np.testing.assert_array_equal(getattr(made, field), getattr(again, field))


@pytest.mark.parametrize("position", [True, False])
def test_pv_plants_in_other_places_have_the_bits_they_have_alone(position: bool) -> None:
    roofs = {}
    for i, name in enumerate("xyz"):
        place = {"latitude": 40 + i, "longitude": 116.0 - 3 * i} if position else {}
        roofs[name] = plants.pv(days=42, seed=i, site=plants.pv_site(name, position=position, **place))
    forecaster = plants.forecaster("ridge").fit([roofs["x"], roofs["y"]])
    for at in (plants.START + pd.Timedelta("40D 3h20min"), plants.START + pd.Timedelta("41D 9h")):
        frame = fc.predict_fleet(dict.fromkeys(roofs, forecaster), roofs, at)
        equal_alone(frame, forecaster, roofs, at)


def test_minutes_and_other_issue_times_have_the_bits_they_have_alone() -> None:
    plain = {"days": 11, "step": "1min", "nwp": False}
    data = {n: plants.wind(**plain, seed=i, site=plants.wind_site(n)) for i, n in enumerate("abc")}  # type: ignore[arg-type]
    data["b"] = data["b"].until(plants.START + pd.Timedelta("10D 3h7min"))
    forecaster = plants.forecaster("ridge", objective="median").fit([data["a"], data["c"]])
    equal_alone(fc.predict_fleet(dict.fromkeys(data, forecaster), data), forecaster, data, None)


def test_each_feature_of_many_sites_is_that_of_the_site_alone() -> None:
    sites = [farms()[name] for name in ("a", "b", "f")]
    sets = [shared()._features_for(site) for site in sites]
    assert len({layout_of(one, site) for one, site in zip(sets, sites, strict=True)}) == 1
    issue_ns = plants.nanoseconds([NOW, NOW - pd.Timedelta("5h"), NOW - pd.Timedelta("1h15min")])
    many = design_of_many(sets, sites, issue_ns)
    for i, (features, site) in enumerate(zip(sets, sites, strict=True)):
        assert plants.same_bits(many.take(slice(i, i + 1)), features.design(site, issue_ns[i : i + 1])) == []


def test_plants_whose_capacity_in_service_is_told_have_the_bits_they_have_alone() -> None:
    whole = cases.case("pv that lost strings")
    delay = {"power": "1h", "observed": "2h"}
    sites = [plants.pv_site(name) for name in "pq"]
    data = {s.name: SiteData(s, whole.power, observed=whole.observed, delay=delay) for s in sites}
    forecaster = plants.forecaster("reference", horizon="3h", step="1h")
    forecaster.fit([site.until(plants.START + pd.Timedelta("97D")) for site in data.values()])
    assert all(features.in_service is not None for features in forecaster.sites_.values())
    at = plants.START + pd.Timedelta("125D 11h")
    made = together.rows_together(forecaster, data, at)
    assert made is not None and made.names == ["p", "q"]  # both have lost half of their strings by now
    equal_alone(fc.predict_fleet(dict.fromkeys(data, forecaster), data, at), forecaster, data, at)
