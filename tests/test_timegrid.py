"""Durations, labels and grids: whole nanoseconds, typed errors that name the fix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputTypeError, StepError, TimeError
from forecast.timegrid import (
    ceil_div,
    duration_ns,
    floor_to,
    index_ns,
    moment_ns,
    step_text,
    to_index,
    usual_phase_ns,
    usual_step_ns,
    whole_multiple,
)

MINUTE = 60 * 10**9


@pytest.mark.parametrize("text", ["1min", "15min", "90min", "1h", "36h", "2D", "30s"])
def test_a_step_survives_its_text(text: str) -> None:
    assert duration_ns(step_text(duration_ns(text))) == duration_ns(text)


@pytest.mark.parametrize("value", ["soon", "15 parsecs", None, pd.NaT, object(), [1]])
def test_what_is_no_duration_is_a_typed_error_that_names_the_argument(value: object) -> None:
    with pytest.raises(StepError, match="every="):
        duration_ns(value, "every")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_an_index_of_any_unit_gives_the_same_nanoseconds(unit: str) -> None:
    index = pd.date_range("2024-03-31 00:30", periods=5, freq="37min", tz="Europe/Paris")
    expected = [int(moment.timestamp()) * 10**9 for moment in index]
    assert index_ns(index.as_unit(unit)).tolist() == expected


def test_a_naive_index_is_an_error_that_names_the_fix() -> None:
    with pytest.raises(TimeError, match=r"power: .*tz_localize"):
        index_ns(pd.date_range("2024", periods=3, freq="1h"), "power")


def test_an_index_without_times_is_an_error_that_names_the_fix() -> None:
    with pytest.raises(InputTypeError, match=r"observed: .*to_datetime"):
        index_ns(pd.Index([1, 2]), "observed")


def test_missing_labels_are_an_error_and_not_the_year_1677() -> None:
    index = pd.DatetimeIndex(["2024-01-01", None], tz="UTC")
    with pytest.raises(TimeError, match="1 label.*NaT"):
        index_ns(index, "power")


def test_moments_are_the_same_in_every_zone() -> None:
    moment = pd.Timestamp("2024-10-27 01:15", tz="UTC")
    assert moment_ns(moment) == moment_ns(moment.tz_convert("Europe/Paris")) == moment_ns("2024-10-27T03:15+02:00")


@pytest.mark.parametrize(
    ("value", "says"),
    [("2024-01-01", "no time zone"), (pd.NaT, "missing"), ("noonish", "not a moment"), (object(), "not a moment")],
)
def test_what_is_no_moment_is_a_typed_error(value: object, says: str) -> None:
    with pytest.raises(TimeError, match=f"at.*{says}"):
        moment_ns(value)


def test_nanoseconds_go_back_to_the_zone_across_the_change_of_clocks() -> None:
    index = pd.date_range("2024-03-31 00:45", periods=9, freq="15min", tz="Europe/Paris")
    back = to_index(index_ns(index), "Europe/Paris")
    assert list(back) == list(index) and str(back.tz) == "Europe/Paris"


def test_the_usual_step_is_the_commonest_distance() -> None:
    times = np.cumsum([0, 15, 15, 60, 15, 5, 15]) * MINUTE
    assert usual_step_ns(times) == 15 * MINUTE


@pytest.mark.parametrize("times", [[], [7], [7, 7, 7]])
def test_a_step_needs_two_different_labels(times: list[int]) -> None:
    with pytest.raises(TimeError, match="power"):
        usual_step_ns(np.array(times))


def test_the_usual_phase_is_where_most_labels_stand() -> None:
    times = (np.array([0, 15, 30, 46, 60]) + 7) * MINUTE
    assert usual_phase_ns(times, 15 * MINUTE) == 7 * MINUTE


@given(st.integers(-(10**18), 10**18), st.sampled_from([1, 5, 10, 15, 60]), st.integers(0, 59))
def test_the_floor_is_the_newest_grid_point_that_is_not_later(time: int, minutes: int, phase: int) -> None:
    step = minutes * MINUTE
    floor = floor_to(time, step, phase * MINUTE)
    assert floor <= time < floor + step
    assert (floor - phase * MINUTE) % step == 0


def test_a_whole_multiple_is_counted_and_anything_else_refused() -> None:
    assert whole_multiple(60 * MINUTE, 15 * MINUTE) == 4
    with pytest.raises(StepError, match=r"10min is not a whole multiple .* 15min"):
        whole_multiple(10 * MINUTE, 15 * MINUTE)


@given(st.integers(-(10**6), 10**6), st.integers(1, 1000))
def test_division_rounds_up(a: int, b: int) -> None:
    assert b * (ceil_div(a, b) - 1) < a <= b * ceil_div(a, b)
