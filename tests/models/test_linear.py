"""Scaling, row-wise products and ridge against numpy and scikit-learn."""

from __future__ import annotations

import numpy as np
import plants
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge as SkRidge

from forecast.models import Reference, Ridge
from forecast.models.reference import usable
from forecast.models.scaling import FARTHEST, by_lead, fit_scaler, scaled_by_lead


def table(seed: int = 1, rows: int = 300, columns: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(rows, columns)) * np.array([1, 30, 0.01, 5, 2, 9, 4][:columns]) + 12).astype(np.float32)
    x[rng.random(x.shape) < 0.2] = np.nan
    return x


def test_scaled_features_have_mean_zero_and_spread_one_and_missing_ones_are_zero() -> None:
    x = table()
    scaled = fit_scaler(x)(x)
    wanted = (x - np.nanmean(x, axis=0, dtype=float)) / np.nanstd(x, axis=0, dtype=float)
    np.testing.assert_allclose(scaled, np.nan_to_num(wanted), atol=2e-3)
    assert (scaled[np.isnan(x)] == 0).all() and scaled.dtype == np.float32


def test_features_that_never_move_or_are_never_there_are_scaled_to_zero() -> None:
    x = table()
    x[:, 2], x[:, 3] = 4.25, np.nan
    scaler = fit_scaler(x)
    new = np.full((1, 7), 9999.0, dtype=np.float32)
    assert scaler(new)[0, 2] == 0 == scaler(new)[0, 3]
    assert scaler(new)[0, 0] == FARTHEST and scaler(-new)[0, 0] == -FARTHEST


@given(st.integers(1, 130), st.integers(1, 4), st.integers(1, 70), st.sampled_from([1, 2, 5, 32]), st.integers(0, 99))
def test_a_product_lead_by_lead_is_that_of_numpy_and_the_same_bits_row_by_row(
    n: int, leads: int, p: int, h: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, leads, p)).astype(np.float32)
    weights = rng.normal(size=(leads, p, h)).astype(np.float32)
    whole = by_lead(x, weights)
    wanted = np.stack([x[:, k].astype(float) @ weights[k].astype(float) for k in range(leads)], axis=1)
    np.testing.assert_allclose(whole, wanted, rtol=1e-3, atol=1e-4)
    for i in {0, n // 2, n - 1}:
        assert by_lead(x[i : i + 1], weights).tobytes() == whole[i : i + 1].tobytes()


def test_scaled_rows_come_in_order_whatever_is_done_at_once() -> None:
    design = plants.small_design("wind")
    mean = np.zeros((3, len(design.names)), np.float32) + np.float32(0.1)
    parts = list(scaled_by_lead(design, mean, mean + 1))
    joined = np.concatenate([z for _, z in parts])
    assert [rows.start for rows, _ in parts] == list(range(0, len(design), parts[0][0].stop))
    for k in range(3):
        wanted = np.clip(np.nan_to_num((design.matrix(k) - mean[k]) / (mean[k] + 1)), -FARTHEST, FARTHEST)
        np.testing.assert_allclose(joined[:, k], wanted, rtol=1e-6)


@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_ridge_is_scikit_learns_on_scaled_features_and_the_residual_to_the_reference(kind: str) -> None:
    design = plants.small_design(kind)
    good, base = usable(design), Reference().fit(design).point(design)
    ours = Ridge(penalty=0.05).fit(design)
    for k in range(3):
        x = design.matrix(k)
        z = fit_scaler(x[good[:, k]])(x)
        rest = (design.actual - base)[:, k]
        theirs = SkRidge(alpha=0.05 * good[:, k].sum()).fit(z[good[:, k]].astype(float), rest[good[:, k]])
        np.testing.assert_allclose(ours.point(design)[:, k], base[:, k] + theirs.predict(z.astype(float)), atol=2e-5)
