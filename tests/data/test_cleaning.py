"""Flags: what they catch, that they never look ahead, and that they forget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data.cleaning import FLAGS, LOOKBACK_NS, power_flags, weather_kept

MINUTE = 60 * 10**9
STEP = 15 * MINUTE
CAPACITY = 2000.0


@st.composite
def records(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Sorted labels with gaps, and power that often stands still, is missing or impossible."""
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 30]), min_size=1, max_size=80))
    pieces = draw(
        st.lists(
            st.tuples(st.sampled_from([np.nan, -500.0, 0.0, 7.5, 700.0, 1990.0, 4000.0]), st.integers(1, 40)),
            min_size=1,
        )
    )
    values = np.concatenate([np.full(length, value) for value, length in pieces] + [np.full(len(steps), 321.0)])
    times = np.cumsum(steps) * STEP
    return times, values[: len(times)]


@given(records(), st.integers(0, 80))
def test_a_flag_looks_at_nothing_later(record: tuple[np.ndarray, np.ndarray], cut: int) -> None:
    times, power = record
    whole = power_flags(times, power, CAPACITY, STEP)
    assert (power_flags(times[:cut], power[:cut], CAPACITY, STEP) == whole[:cut]).all()


@given(records(), st.integers(0, 80))
def test_a_flag_forgets_what_lies_further_back_than_the_lookback(
    record: tuple[np.ndarray, np.ndarray], cut: int
) -> None:
    times, power = record
    whole = power_flags(times, power, CAPACITY, STEP)
    part = power_flags(times[cut:], power[cut:], CAPACITY, STEP)
    settled = times[cut:] > times[min(cut, len(times) - 1)] + LOOKBACK_NS
    assert (part[settled] == whole[cut:][settled]).all()


def slow_flags(times: np.ndarray, power: np.ndarray) -> list[int]:
    """The rule of `power_flags` word by word: 13 values of 15 min are three hours."""
    out = []
    for i, value in enumerate(power):
        if np.isnan(value):
            out.append(FLAGS["missing"])
            continue
        flag = FLAGS["out_of_range"] if not -0.05 * CAPACITY <= value <= 1.3 * CAPACITY else 0
        newest = power[i - 12 : i + 1] if i >= 12 else []
        still = len(newest) == 13 and (newest == value).all() and times[i] - times[i - 12] <= LOOKBACK_NS
        if still and not (abs(value) <= 0.01 * CAPACITY or value >= 0.97 * CAPACITY):
            flag |= FLAGS["frozen"]
        out.append(flag)
    return out


@given(records())
def test_flags_are_the_rule_word_by_word(record: tuple[np.ndarray, np.ndarray]) -> None:
    times, power = record
    assert power_flags(times, power, CAPACITY, STEP).tolist() == slow_flags(times, power)


@pytest.mark.parametrize(("minutes", "needed"), [(1, 181), (10, 19), (60, 6)])
def test_a_frozen_value_is_flagged_once_it_has_lasted_three_hours(minutes: int, needed: int) -> None:
    count = 2 * needed
    power = np.r_[np.arange(5.0) + 400, np.full(count, 700.0)]
    flags = power_flags(np.arange(len(power)) * minutes * MINUTE, power, CAPACITY, minutes * MINUTE)
    assert flags.nonzero()[0].tolist() == list(range(5 + needed - 1, len(power)))


def test_rest_and_rated_output_may_stand_still() -> None:
    for value in (0.0, -3.0, 15.0, 1960.0, 2100.0):
        assert not power_flags(np.arange(60) * STEP, np.full(60, value), CAPACITY, STEP).any()


def kept(column: str, values: np.ndarray) -> list[bool]:
    times = np.arange(len(values)) * STEP
    return [bool(v) for v in weather_kept((column,), times, values[:, None], STEP, measured=True)[:, 0]]


def test_weather_that_no_instrument_shows_is_missing_and_unknown_names_pass() -> None:
    values = np.array([12.5, -3276.0, np.inf, np.nan, 99.0])
    assert kept("temp_air", values) == [True, False, False, False, False]
    assert kept("wind_speed_100m", values) == [True, False, False, False, False]
    assert kept("output", values) == [True, True, False, False, True]
    assert values[1] == -3276.0
