"""Forecasts of many sites in one call: each as it is alone, and a failure stays at its site."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.errors import ColumnError, NotEnoughDataError
from forecast.features.custom import View

NOW = plants.START + pd.Timedelta("11D 5h")


@cache
def farms() -> dict[str, SiteData]:
    return {name: plants.wind(days=12, seed=i, site=plants.wind_site(name)) for i, name in enumerate("abc")}


@cache
def shared() -> Forecaster:
    return plants.forecaster("ridge").fit([farms()["a"], farms()["b"]])


@cache
def roof() -> tuple[SiteData, Forecaster]:
    data = plants.pv(days=20)
    return data, plants.forecaster("reference").fit(data)


def test_each_sites_rows_are_those_it_has_alone() -> None:
    own = plants.forecaster("reference").fit(farms()["c"])
    frame = fc.predict_fleet({"a": shared(), "b": shared(), "c": own}, farms(), NOW)
    assert frame.index.names == ["site", "valid_time"]
    assert list(frame.index.unique("site")) == ["a", "b", "c"]
    for name, forecaster in {"a": shared(), "b": shared(), "c": own}.items():
        alone = forecaster.predict(farms()[name], NOW)
        pd.testing.assert_frame_equal(frame.loc[name], alone, check_freq=False)
        assert frame.loc[name].index.tz == alone.index.tz  # type: ignore[attr-defined]


def test_one_forecaster_may_stand_for_sites_it_never_saw() -> None:
    frame = fc.predict_fleet(dict.fromkeys("abc", shared()), farms(), NOW)
    assert np.isfinite(frame["power"]).all() and len(frame) == 9


def test_without_at_each_site_has_its_own_newest_moment() -> None:
    data = {"a": farms()["a"], "b": farms()["b"].until(NOW)}
    frame = fc.predict_fleet(dict.fromkeys("ab", shared()), data)
    assert frame.loc["b"].index[0] == NOW + pd.Timedelta("15min")
    assert frame.loc["a"].index[0] == farms()["a"].newest + pd.Timedelta("15min")


def test_sites_in_other_zones_share_utc() -> None:
    data, forecaster = roof()
    frame = fc.predict_fleet({"a": shared(), "roof": forecaster}, {"a": farms()["a"], "roof": data}, NOW)
    times = frame.index.get_level_values("valid_time")
    assert str(times.tz) == "UTC"  # type: ignore[attr-defined]
    np.testing.assert_array_equal(frame.loc["roof", "power"], forecaster.predict(data, NOW)["power"])
    assert list(frame.loc["roof"].index) == list(forecaster.predict(data, NOW).index)


def breaks(view: View) -> np.ndarray:
    if len(view.issue_time) == 1:
        raise ZeroDivisionError("a user's own mistake")
    return view.power()


def test_a_site_that_fails_has_its_reason_and_the_others_their_forecast() -> None:
    broken = plants.forecaster("ridge", features=[breaks]).fit(farms()["c"])
    table = farms()["b"].observed
    assert table is not None
    data = farms() | {"b": plants.rebuilt(farms()["b"], observed=table.drop(columns="temp_air"))}
    for order in ("abc", "cba"):
        given = {name: data[name] for name in order}
        frame = fc.predict_fleet({"a": shared(), "b": shared(), "c": broken}, given, NOW)
        pd.testing.assert_series_equal(
            frame.loc["a", "power"], shared().predict(farms()["a"], NOW)["power"], check_freq=False
        )
        for name, says in (("b", "ColumnError: observed: columns temp_air"), ("c", "ZeroDivisionError: a user's own")):
            rows = frame.loc[[name]]
            assert len(rows) == 1 and rows["reason"].iloc[0].startswith(says)
            assert rows["level"].iloc[0] == -1 and np.isnan(rows["power"].iloc[0])
            assert rows.index.get_level_values("valid_time").isna().all()


def test_where_all_fail_there_are_only_reasons() -> None:
    frame = fc.predict_fleet({"a": plants.forecaster()}, {"a": farms()["a"]}, NOW)
    assert frame["reason"].iloc[0].startswith("NotFittedError")


def test_a_site_without_a_forecaster_and_no_site_at_all_are_typed_errors() -> None:
    with pytest.raises(ColumnError, match="no forecaster for b, c; there are a"):
        fc.predict_fleet({"a": shared()}, farms(), NOW)
    with pytest.raises(NotEnoughDataError, match="data is empty"):
        fc.predict_fleet({"a": shared()}, {}, NOW)
