"""The distribution of power by one solve: against least squares by hand, rising, with mass at the bounds, same bits."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import NotEnoughDataError, ShapeError
from forecast.models.distribution import THRESHOLDS, Distribution, quantiles_of, rising

FEW = (0.0, 0.2, 0.45, 0.7, 0.999)
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def rows(count: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Three features; power of two sites, a third of it at 0 and some at 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3)).astype(np.float32)
    drive = 0.4 * x[:, :1] + 0.3 * rng.normal(size=(count, 2)) + np.array([0.25, 0.35])
    return x, np.clip(drive, 0, 1)


def by_hand(ridge: Distribution, x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The ridge again: one augmented least-squares problem a site and threshold, then a loop for the maximum."""
    turn, shift = ridge.turn_.astype(float), ridge.shift_.astype(float)
    mean, spread = x.mean(axis=0), x.std(axis=0)

    def wide(rows: np.ndarray) -> np.ndarray:
        z = (rows - mean) / spread
        return np.column_stack([np.ones(len(z)), z, np.cos(z @ turn + shift)])

    f = wide(x)
    held = np.sqrt(ridge.penalty * len(f)) * np.eye(f.shape[1])
    held[0, 0] = np.sqrt(1e-9 * len(f))
    out = np.zeros((len(asked), y.shape[1], len(ridge.thresholds)))
    for site in range(y.shape[1]):
        for j, threshold in enumerate(ridge.thresholds):
            target = np.r_[(y[:, site] <= threshold).astype(float), np.zeros(f.shape[1])]
            out[:, site, j] = wide(asked) @ np.linalg.lstsq(np.vstack([f, held]), target, rcond=None)[0]
    for row in out.reshape(-1, len(ridge.thresholds)):
        for j in range(1, len(row)):
            row[j] = max(row[j], row[j - 1])
    return np.clip(out, 0, 1)


def test_it_is_the_ridge_of_every_indicator_by_least_squares() -> None:
    x, y = rows()
    ridge = Distribution(cosines=20, penalty=2e-3, thresholds=FEW).fit(x, y)
    asked = rows(30, seed=2)[0]
    np.testing.assert_allclose(ridge.cdf(asked), by_hand(ridge, x, y, asked), atol=2e-4)


def test_honest_distributions_are_those_of_a_ridge_that_never_saw_the_fold() -> None:
    x, y = rows()
    fold = np.arange(len(x)) // 50 % 3
    ridge = Distribution(cosines=20, penalty=2e-3, thresholds=FEW)
    honest = ridge.fit_honest(x, y, fold)
    # the scaling is that of all rows: bring the others to it by telling them mean and spread
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    for one in range(3):
        others = scaled[fold != one]
        alone = by_hand_scaled(ridge, others, y[fold != one], scaled[fold == one])
        np.testing.assert_allclose(honest[fold == one], alone, atol=3e-4)
    np.testing.assert_allclose(ridge.cdf(x), Distribution(20, 1.5, 2e-3, FEW).fit(x, y).cdf(x), atol=3e-4)
    assert np.abs(honest - ridge.cdf(x)).max() > 1e-3


def by_hand_scaled(ridge: Distribution, z: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    def wide(rows: np.ndarray) -> np.ndarray:
        turned = np.cos(rows @ ridge.turn_.astype(float) + ridge.shift_)
        return np.column_stack([np.ones(len(rows)), rows, turned])

    f = wide(z)
    penalty = np.diag(np.r_[1e-9, np.full(f.shape[1] - 1, ridge.penalty)]) * len(f)
    under = (y[..., None] <= np.array(ridge.thresholds)).reshape(len(y), -1).astype(float)
    raw = wide(asked) @ np.linalg.inv(f.T @ f + penalty) @ f.T @ under
    return rising(raw.reshape(len(asked), y.shape[1], -1))


def test_rows_without_power_of_every_site_are_left_out_of_the_fit_and_still_get_an_honest_distribution() -> None:
    x, y = rows()
    gone = np.random.default_rng(3).random(len(x)) < 0.2
    torn = np.where(gone[:, None] & np.array([True, False]), np.nan, y)
    honest = Distribution(20, thresholds=FEW).fit_honest(x, torn, np.arange(len(x)) % 2)
    assert np.isfinite(honest).all()
    left = Distribution(20, thresholds=FEW).fit(x[~gone], y[~gone])
    np.testing.assert_allclose(Distribution(20, thresholds=FEW).fit(x, torn).cdf(x), left.cdf(x), atol=1e-6)


def test_a_row_has_the_same_bits_alone_and_among_others() -> None:
    x, y = rows()
    ridge = Distribution(cosines=40).fit(x, y)
    together = ridge.quantiles(x[:130], LEVELS)
    for i in (0, 63, 64, 129):
        np.testing.assert_array_equal(ridge.quantiles(x[i : i + 1], LEVELS)[0], together[i])


def test_parts_give_the_same_bits_back_and_their_values_are_plain() -> None:
    x, y = rows()
    ridge = Distribution(cosines=40, thresholds=FEW).fit(x, y)
    values, arrays, texts = ridge.to_parts()
    again = Distribution.from_parts(json.loads(json.dumps(values)), arrays, texts)
    np.testing.assert_array_equal(again.quantiles(x, LEVELS), ridge.quantiles(x, LEVELS))
    assert again.get_params() == ridge.get_params()


def test_mass_at_both_bounds_becomes_quantiles_on_them() -> None:
    x, y = rows(4000)
    low, high = np.array([[-3.0, 0, 0]], np.float32), np.array([[3.0, 0, 0]], np.float32)
    ridge = Distribution(cosines=60).fit(x, y)
    assert (ridge.quantiles(low, LEVELS)[0, 0] == 0).sum() >= 5
    assert (ridge.quantiles(high, LEVELS)[0, 0] == 1).sum() >= 5


def test_levels_say_how_often_power_is_below_the_quantile() -> None:
    x, y = rows(6000)
    ridge = Distribution(cosines=150, width=0.7, penalty=1e-4).fit(x[:4000], y[:4000])
    quantiles = ridge.quantiles(x[4000:], LEVELS)
    free = (quantiles > 0) & (quantiles < 1)  # on a bound more of the power is at it than the level says
    below = (y[4000:, :, None] <= quantiles).astype(float)
    for level in range(len(LEVELS)):
        assert free[..., level].sum() > 500
        assert below[..., level][free[..., level]].mean() == pytest.approx(LEVELS[level], abs=0.03)


@given(st.integers(0, 1000), st.sampled_from([np.float32, np.float64]))
def test_whatever_the_ridge_says_quantiles_rise_between_the_bounds(seed: int, kind: type) -> None:
    rng = np.random.default_rng(seed)
    cdf = rising(rng.normal(0.5, 0.6, size=(7, len(THRESHOLDS))).astype(kind))
    assert (np.diff(cdf) >= 0).all() and cdf.min() >= 0 and cdf.max() <= 1
    quantiles = quantiles_of(cdf, np.asarray(THRESHOLDS), np.arange(1, 100) / 100)
    assert (np.diff(quantiles) >= 0).all() and quantiles.min() >= 0 and quantiles.max() <= 1


def test_quantiles_invert_the_distribution_where_it_rises() -> None:
    cdf = np.sort(np.random.default_rng(5).random((9, len(FEW))), axis=1)
    levels = np.linspace(0.02, 0.98, 30)
    got = quantiles_of(cdf, np.array(FEW), levels)
    for row, line in zip(cdf, got, strict=True):
        wanted = np.interp(levels, row, FEW)
        wanted[levels > row[-1]] = 1
        np.testing.assert_allclose(line, wanted, atol=1e-12)


def test_shapes_that_do_not_fit_and_too_little_power_are_told() -> None:
    x, y = rows(20)
    with pytest.raises(ShapeError, match=r"x is \(20, 3\) and y \(20,\); expected \(n, p\) and \(n, S\)"):
        Distribution(5).fit(x, y[:, 0])
    with pytest.raises(NotEnoughDataError, match="1 of 20 rows have power"):
        Distribution(5).fit(x, np.where(np.arange(20)[:, None] == 3, y, np.nan))
