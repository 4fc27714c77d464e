"""Weather values left out: by what cannot be, by what stands still; never by what comes later."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecast.data.cleaning import FLAGS, LOOKBACK_NS, weather_flags, weather_kept
from forecast.timegrid import duration_ns

STEP = duration_ns("15min")


@given(
    values=st.lists(st.sampled_from([0.0, 3.5, 400.0, -99.0, -9999.0, float("nan")]), min_size=1, max_size=150),
    cut=st.integers(0, 150), column=st.sampled_from(["ghi", "wind_speed_80m", "temp_air", "unknown"]),
)  # fmt: skip
def test_a_flag_looks_neither_ahead_nor_far_back(values: list[float], cut: int, column: str) -> None:
    x, times = np.array(values), np.arange(len(values)) * STEP
    whole = weather_flags(column, times, x, STEP, True)
    assert (weather_flags(column, times[:cut], x[:cut], STEP, True) == whole[:cut]).all()
    part = weather_flags(column, times[cut:], x[cut:], STEP, True)
    settled = times[cut:] >= cut * STEP + LOOKBACK_NS
    assert (part[settled] == whole[cut:][settled]).all()


def test_irradiance_may_be_0_all_night_but_not_the_same_for_three_hours_of_light() -> None:
    times = np.arange(40) * STEP
    assert not weather_flags("ghi", times, np.zeros(40), STEP, True).any()
    flags = weather_flags("ghi", times, np.full(40, 312.5), STEP, True)
    assert (flags == FLAGS["frozen"]).tolist() == [False] * 12 + [True] * 28
    assert not weather_flags("ghi", times, np.full(40, 312.5), STEP, False).any()  # a forecast is no instrument


def test_a_name_that_tells_nothing_is_judged_by_sentinels_only() -> None:
    flags = weather_flags("rotor", np.arange(3) * STEP, np.array([-99.0, -9999.0, 4000.0]), STEP, True)
    assert flags.tolist() == [0, FLAGS["sentinel"], 0]


def test_a_whole_table_is_judged_as_its_columns_are() -> None:
    rng = np.random.default_rng(3)
    columns = ("ghi", "wind_speed_80m", "temp_air", "output", "wind_direction")
    values = np.round(rng.normal(size=(400, 5)) * 40 + 60, 1)
    values[rng.random(values.shape) < 0.05] = 6553.5
    values[rng.random(values.shape) < 0.05] = np.nan
    values[100:160, :3] = [33.3, 7.7, 11.1]
    times = np.arange(400) * 900 * 10**9
    for measured in (True, False):
        wanted = [
            weather_flags(column, times, values[:, i], 900 * 10**9, measured) == 0
            for i, column in enumerate(columns)
        ]
        kept = weather_kept(columns, times, values, 900 * 10**9, measured)
        np.testing.assert_array_equal(kept, np.stack(wanted, axis=1))
    assert not kept.all() and kept.any()
