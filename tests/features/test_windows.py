"""Rolling statistics: pandas' numbers, and bits that depend on the window alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.features.windows import Rolling, WindowSums, rows_at, shift

WIDEST = 64
Kernel = Callable[[np.ndarray, int], np.ndarray]


def window_sum(x: np.ndarray, width: int) -> np.ndarray:
    return WindowSums(x, 256, np.arange(len(x))).sum(width)


KERNELS: dict[str, Kernel] = {
    "mean": lambda x, w: Rolling(x, (2, w), np.arange(len(x))).mean()[:, 1],
    "spread": lambda x, w: Rolling(x, (2, w), np.arange(len(x))).spread((2, w))[:, 1],
    "highest": lambda x, w: Rolling(x, (2, w), np.arange(len(x))).highest((2, w))[:, 1],
    "lowest": lambda x, w: Rolling(x, (2, w), np.arange(len(x))).lowest((2, w))[:, 1],
    "sum": window_sum,
}


def series(seed: int, count: int = 300, missing: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.normal(size=count)).astype(np.float32) * np.float32(0.07)
    x[rng.random(count) < missing] = np.nan
    x[100:160] = np.nan
    return x


def by_pandas(name: str, x: np.ndarray, width: int) -> np.ndarray:
    rolling = pd.Series(x.astype(np.float64)).rolling(width, min_periods=1)
    enough = np.convolve(np.isfinite(x), np.ones(width))[: len(x)] >= width / 2
    if name == "sum":
        return pd.Series(x.astype(np.float64)).fillna(0).rolling(width, min_periods=1).sum().to_numpy()
    if name == "mean":
        return rolling.mean().where(enough).to_numpy()
    if name == "spread":
        return rolling.std(ddof=0).where(enough).to_numpy()
    return (rolling.max() if name == "highest" else rolling.min()).to_numpy()


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("width", [4, 8, 64])
def test_a_window_gives_the_numbers_of_pandas(name: str, width: int) -> None:
    x = series(5)
    # a variance as mean of squares minus square of mean loses digits where the spread is far below the mean
    tolerance = 2e-3 if name == "spread" else 1e-5
    np.testing.assert_allclose(KERNELS[name](x, width), by_pandas(name, x, width), rtol=1e-5, atol=tolerance)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 40, 299, 300])
def test_a_sum_of_any_width_gives_the_numbers_of_pandas(width: int) -> None:
    x = series(6)
    np.testing.assert_allclose(window_sum(x, width), by_pandas("sum", x, width), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", KERNELS)
@given(st.integers(0, 99), st.sampled_from([4, 16, 64]), st.integers(0, 200), st.integers(0, 100))
def test_a_window_has_the_same_bits_wherever_the_series_starts_and_ends(
    name: str, seed: int, width: int, start: int, more: int
) -> None:
    x = series(seed)
    end = min(start + width + more, len(x))
    whole, part = KERNELS[name](x, width), KERNELS[name](x[start:end].copy(), width)
    assert whole[start + width - 1 : end].tobytes() == part[width - 1 :].tobytes()


@given(st.integers(0, 99), st.integers(0, 299), st.sampled_from([0.0, 0.2]))
def test_a_single_place_has_the_bits_of_all_places(seed: int, place: int, missing: float) -> None:
    x = series(seed, missing=missing)
    x[~np.isfinite(x)] = x[0] if missing == 0.0 else np.nan  # with and without gaps
    widths = (2, 4, 16, 64)
    whole, one = Rolling(x, widths, np.arange(len(x))), Rolling(x, widths, np.array([place]))
    assert one.mean().tobytes() == whole.mean()[[place]].tobytes()
    for name in ("spread", "highest", "lowest"):
        assert getattr(one, name)(widths).tobytes() == getattr(whole, name)(widths)[[place]].tobytes()


def test_a_series_shorter_than_the_window_still_gives_what_it_has() -> None:
    x = np.array([0.3, np.nan, 0.5], dtype=np.float32)
    assert Rolling(x, (16,), np.arange(len(x))).lowest((16,))[:, 0].tolist() == [x[0], x[0], x[0]]
    assert window_sum(x, 8).tolist() == [x[0], x[0], x[0] + x[2]]


def test_a_shift_delays_and_leaves_the_start_missing() -> None:
    x = series(7, 20, 0.0)[:20]
    expected = pd.Series(x).shift(3).to_numpy()
    np.testing.assert_array_equal(shift(x, 3), expected)
    assert np.isnan(shift(x, 25)).all() and shift(x, 0) is x


def test_the_series_itself_is_not_changed() -> None:
    x = series(8)
    before = x.copy()
    for kernel in KERNELS.values():
        kernel(x, 16)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("at", [[3], [2, 3, 4, 5], [2, 4, 5], [5, 4, 3], [4, 4, 6, 7], [-1, 0, 1], [2, 2, 4]])
def test_rows_at_places_are_those_of_an_index_whether_the_places_follow_each_other_or_not(at: list[int]) -> None:
    x = np.random.default_rng(3).normal(size=(9, 2)).astype(np.float32)
    np.testing.assert_array_equal(rows_at(x, np.array(at)), x[np.array(at)])
