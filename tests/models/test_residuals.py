"""Quantiles from past errors: numpy's in one bin, linear between bins, monotone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.models.residuals import GRID, ROWS_A_BIN, ResidualQuantiles, fit_residuals, of_sorted, stable_order

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def past(rows: int, seed: int = 1, leads: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    point = rng.random((rows, leads)).astype(np.float32)
    scale = (0.05 + 0.1 * point).astype(np.float32)
    return point, scale, (point + scale * rng.gumbel(size=point.shape)).astype(np.float32)


def test_one_bin_gives_numpys_quantiles_of_the_scaled_errors() -> None:
    point, scale, actual = past(ROWS_A_BIN)
    good = np.random.default_rng(2).random(point.shape) < 0.8
    table = fit_residuals(point, scale, actual, good)
    assert table.table.shape == (2, 1, len(GRID))
    got = table(point, scale, LEVELS)
    for k in range(2):
        unit = ((actual - point) / scale)[good[:, k], k].astype(float)
        wanted = point[:, k, None] + scale[:, k, None] * np.quantile(unit, LEVELS)
        np.testing.assert_allclose(got[:, k], wanted, rtol=1e-4, atol=1e-5)


def test_levels_between_those_of_the_grid_are_linear_and_beyond_it_level() -> None:
    point, scale, actual = past(ROWS_A_BIN)
    table = fit_residuals(point, scale, actual, np.ones(point.shape, bool))
    at, low, high = (table(point, scale, np.array([level])) for level in (0.07, 0.05, 0.1))
    np.testing.assert_allclose(at, low + 0.4 * (high - low), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(table(point, scale, np.array([0.001])), table(point, scale, GRID[:1]), rtol=1e-6)
    np.testing.assert_allclose(table(point, scale, np.array([0.999])), table(point, scale, GRID[-1:]), rtol=1e-6)


def test_between_the_middles_of_bins_quantiles_are_linear() -> None:
    middle = np.array([[0.2, 0.4, 0.8]], dtype=np.float32)
    table = np.array([0.0, 1.0, 5.0], dtype=np.float32)[None, :, None] * np.ones((1, 1, len(GRID)), np.float32)
    quantiles = ResidualQuantiles(middle, table)
    point = np.array([[0.1], [0.2], [0.3], [0.4], [0.6], [0.9]], dtype=np.float32)
    got = quantiles(point, np.ones_like(point), np.array([0.5]))[:, 0, 0] - point[:, 0]
    np.testing.assert_allclose(got, [0, 0, 0.5, 1, 3, 5], atol=1e-6)


@given(st.integers(0, 50), st.sampled_from([40, 400, 2000]))
def test_quantiles_rise_with_the_level(seed: int, rows: int) -> None:
    point, scale, actual = past(rows, seed)
    table = fit_residuals(point, scale, actual, np.ones(point.shape, bool))
    asked = np.linspace(-0.2, 1.2, 50, dtype=np.float32)[:, None] * np.ones((1, 2), np.float32)
    got = table(asked, np.full_like(asked, 0.07), np.array([0.01, *LEVELS, 0.99]))
    assert np.isfinite(got).all() and (np.diff(got, axis=-1) >= -1e-6).all()


@pytest.mark.parametrize("rows", [300, 3000])
def test_past_errors_fall_below_a_quantile_as_often_as_it_says(rows: int) -> None:
    point, scale, actual = past(rows, 4)
    got = fit_residuals(point, scale, actual, np.ones(point.shape, bool))(point, scale, LEVELS)
    share = (actual[..., None] <= got).mean(axis=0)
    assert np.abs(share - LEVELS).max() < 0.02


def test_a_lead_without_rows_has_no_spread_and_no_error() -> None:
    point, scale, actual = past(200)
    good = np.ones(point.shape, bool)
    good[:, 1] = False
    got = fit_residuals(point, scale, actual, good)(point, scale, LEVELS)
    np.testing.assert_array_equal(got[:, 1], np.repeat(point[:, 1, None], len(LEVELS), axis=1))


def test_one_row_has_the_bits_it_has_among_many() -> None:
    point, scale, actual = past(2000)
    table = fit_residuals(point, scale, actual, np.ones(point.shape, bool))
    whole = table(point, scale, LEVELS)
    for i in (0, 77, 1999):
        assert table(point[i : i + 1], scale[i : i + 1], LEVELS).tobytes() == whole[i : i + 1].tobytes()


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=200), st.sampled_from(["f4", "f8"]))
def test_the_order_of_keys_is_numpys_stable_one_whatever_they_are(found: list[float], kind: str) -> None:
    keys = np.array(found + [0.0, -0.0, *found[::-1]], dtype=kind)
    np.testing.assert_array_equal(stable_order(keys), np.argsort(keys, kind="stable"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_quantiles_of_sorted_values_are_numpys(found: list[float], levels: list[float]) -> None:
    np.testing.assert_array_equal(of_sorted(np.sort(found), np.array(levels)), np.quantile(found, levels))
