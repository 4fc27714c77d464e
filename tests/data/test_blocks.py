"""Block means against pandas' resample, and that they never depend on what else is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data.blocks import block_means, place_of

MINUTE = 60 * 10**9
FIRST = 1_700_000_100 * 10**9  # a whole quarter of an hour


def record(seed: int, minutes: int, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    times = FIRST + np.sort(rng.choice(np.arange(-60, count), size=count, replace=False)) * minutes * MINUTE
    values = rng.gamma(2.0, 130.0, size=(count, 2))
    values[rng.random(values.shape) < 0.15] = np.nan
    return times, values


@pytest.mark.parametrize(("minutes", "whole"), [(1, 15), (5, 3), (15, 1), (3, 5)])
def test_means_are_those_of_pandas_resample_with_four_fifths_of_the_values(minutes: int, whole: int) -> None:
    times, values = record(4, minutes)
    count = 20
    got = block_means(times, values, FIRST, 15 * MINUTE, count, whole)
    index = pd.DatetimeIndex(times.astype("datetime64[ns]"))
    groups = pd.DataFrame(values, index=index).resample("15min", label="right", closed="right")
    wanted = groups.mean().where(groups.count() >= 0.8 * whole)
    labels = pd.DatetimeIndex((FIRST + np.arange(count) * 15 * MINUTE).astype("datetime64[ns]"))
    np.testing.assert_allclose(got, wanted.reindex(labels).to_numpy(), rtol=1e-6)
    assert np.isnan(got).any() and np.isfinite(got).any()


@given(st.integers(0, 30), st.integers(0, 200), st.integers(0, 150), st.sampled_from([(1, 15), (15, 1), (5, 1)]))
def test_a_mean_has_the_same_bits_whatever_else_is_there(
    seed: int, before: int, after: int, kind: tuple[int, int]
) -> None:
    minutes, whole = kind
    times, values = record(seed, minutes)
    step, first, count = 15 * MINUTE, FIRST + 15 * 15 * MINUTE, 5
    inside = (times > first - step) & (times <= first + (count - 1) * step)
    low, high = np.flatnonzero(inside)[[0, -1]]
    more = slice(max(low - before, 0), high + 1 + after)
    alone = block_means(times[inside], values[inside], first, step, count, whole)
    among = block_means(times[more], values[more], first, step, count, whole)
    assert alone.tobytes() == among.tobytes()


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(1, 10**9))
def test_a_time_belongs_to_the_label_that_ends_its_interval(time: int, first: int, step: int) -> None:
    place = int(place_of(np.array([time]), first, step)[0])
    assert first + (place - 1) * step < time <= first + place * step


def test_no_values_give_missing_means() -> None:
    got = block_means(np.zeros(0, dtype=np.int64), np.zeros((0, 3)), FIRST, MINUTE, 4, 1)
    assert got.shape == (4, 3) and np.isnan(got).all()
