"""Features of the user's own: plain functions that can only see what was known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest

from forecast.errors import ColumnError, InputTypeError, SettingsError
from forecast.features.custom import View, checked_features, content_hash

ISSUES = plants.START + pd.Timedelta("12D") + pd.to_timedelta(15 * np.array([0, 1, 37, 60, 333]), unit="min")
DATA = plants.wind(delay={"power": "20min"})


def rise(view: View) -> np.ndarray:
    return view.power() - view.power(lag=4)


def calm(view: View) -> np.ndarray:
    return (view.observed("wind_speed", lag=1) < 4).astype(float)


def ahead(view: View) -> np.ndarray:
    return view.weather("nwp:wind_speed_100m") * view.leads + view.power_mean(8)[:, None]


def clock(view: View) -> np.ndarray:
    return (view.issue_time - view.issue_time.astype("datetime64[D]")) / np.timedelta64(1, "h")


def found_with(*own: Callable[[View], Any]) -> dict[str, np.ndarray]:
    features = plants.features_of(DATA, own=own)
    return plants.by_name(features.design(DATA, plants.nanoseconds(ISSUES)))


def test_own_features_read_what_the_librarys_own_read() -> None:
    found = found_with(rise, calm, ahead, clock)
    np.testing.assert_array_equal(found["own:rise"], found["power_step4"])
    assert DATA.observed is not None
    before = DATA.observed["wind_speed"].reindex(ISSUES - pd.Timedelta("15min"))
    np.testing.assert_array_equal(found["own:calm"], (before < 4).astype(np.float32))
    wanted = found["nwp:wind_speed_100m"] * np.array([1, 2, 5]) + found["power_mean8"][:, None]
    np.testing.assert_allclose(found["own:ahead"], wanted, rtol=1e-6)
    np.testing.assert_allclose(found["own:clock"], ISSUES.hour + ISSUES.minute / 60, rtol=1e-6)


def test_own_features_change_nothing_else() -> None:
    plain, more = found_with(), found_with(rise, ahead)
    assert set(more) - set(plain) == {"own:rise", "own:ahead"}
    assert all(plain[name].tobytes() == more[name].tobytes() for name in plain)


def too_far(view: View) -> np.ndarray:
    return view.power(lag=900)


def far_observed(view: View) -> np.ndarray:
    return view.observed("wind_speed", lag=769)


def future(view: View) -> np.ndarray:
    return view.power(lag=-1)


def odd_mean(view: View) -> np.ndarray:
    return view.power_mean(3)


def long_mean(view: View) -> np.ndarray:
    return view.power_mean(1024)


def no_column(view: View) -> np.ndarray:
    return view.observed("rain")


def no_weather(view: View) -> np.ndarray:
    return view.weather("nwp:rain")


def one_number(view: View) -> float:
    return 3.0


@pytest.mark.parametrize(
    ("feature", "error", "says"),
    [
        (too_far, SettingsError, "lag is 900; expected .* 768 steps back"),
        (far_observed, SettingsError, "lag is 769"),
        (future, SettingsError, "lag is -1"),
        (odd_mean, SettingsError, "steps is 3; expected 2, 4, 8"),
        (long_mean, SettingsError, "steps is 1024"),
        (no_column, ColumnError, "no observed column 'rain'; there are wind_speed"),
        (no_weather, ColumnError, "no weather forecast 'nwp:rain'"),
        (one_number, InputTypeError, r"'one_number' gave shape \(\); expected \(5,\)"),
    ],
)
def test_what_a_feature_cannot_ask_is_a_typed_error(
    feature: Callable[[View], Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        found_with(feature)


@pytest.mark.parametrize(
    ("features", "error", "says"),
    [
        (rise, InputTypeError, "not a list"),
        ([lambda view: view.power()], InputTypeError, "not a named function"),
        ([3], InputTypeError, "not a named function"),
        ([rise, rise], SettingsError, "same name"),
    ],
)
def test_features_are_a_list_of_named_functions(features: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        checked_features(features)


def lagged(lag: int) -> Callable[[View], np.ndarray]:
    def change(view: View) -> np.ndarray:
        return view.power() - view.power(lag=lag)

    return change


def test_a_feature_is_known_by_its_source_and_by_what_it_closes_over() -> None:
    assert content_hash(lagged(1)) == content_hash(lagged(1))
    assert len({content_hash(f) for f in (rise, calm, lagged(1), lagged(8))}) == 4


def test_a_feature_without_a_source_is_known_by_its_code() -> None:
    made: dict[str, Any] = {}
    for number in (2, 3):
        exec(f"def twice(view): return {number} * view.power()", made)
        made[str(number)] = made.pop("twice")
    assert content_hash(made["2"]) != content_hash(made["3"])


def without_end(view: View) -> np.ndarray:
    return view.leads / (view.power() * 0)[:, None]


def test_numbers_without_end_are_missing() -> None:
    with np.errstate(divide="ignore"):
        assert np.isnan(found_with(without_end)["own:without_end"]).all()
