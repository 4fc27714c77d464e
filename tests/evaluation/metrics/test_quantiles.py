from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics import (
    coverage,
    crps_ensemble,
    crps_ensemble_fair,
    crps_quantiles,
    interval_score,
    pinball,
    pinball_by_level,
    pit,
    pit_histogram,
    reliability,
    reliability_bars,
    width,
)

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
number = st.floats(-50, 50).map(lambda x: round(x, 2))
rows = st.lists(st.tuples(number, st.lists(number, min_size=7, max_size=7).map(sorted)), min_size=1, max_size=15)


def example(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    quantiles = np.sort(rng.gamma(2, 10, (n, len(LEVELS))), axis=1)
    return rng.gamma(2, 10, n), quantiles


def quantile_function(q: np.ndarray, bounds: tuple[float, float] | None) -> tuple[np.ndarray, np.ndarray]:
    """Fine levels and the quantile function there, by numpy's interpolation."""
    fine = (np.arange(100_000) + 0.5) / 100_000
    ends = (q[0], q[-1]) if bounds is None else bounds
    return fine, np.interp(fine, [0, *LEVELS, 1], [ends[0], *q, ends[1]])


def test_the_worked_numbers_come_out() -> None:
    assert pinball(0.5, [0.2, 0.45, 0.8], levels=[0.1, 0.5, 0.9]) == pytest.approx(0.02833, abs=5e-6)
    by_level = pinball_by_level(0.5, [0.2, 0.45, 0.8], levels=[0.1, 0.5, 0.9])
    assert by_level == pytest.approx([0.03, 0.025, 0.03])
    fine = np.arange(1, 100) / 100
    assert crps_quantiles(0.3, fine, levels=fine, bounds=(0, 1)) == pytest.approx(0.12333, abs=5e-6)
    assert 2 * pinball(0.3, fine, levels=fine) == pytest.approx(0.12455, abs=5e-6)
    assert crps_ensemble(0.5, [0.2, 0.4, 0.6]) == pytest.approx(0.07778, abs=5e-6)
    assert crps_ensemble_fair(0.5, [0.2, 0.4, 0.6]) == pytest.approx(0.03333, abs=5e-6)
    assert interval_score(0.85, 0.2, 0.8, alpha=0.2) == pytest.approx(1.1)


def test_pinball_agrees_with_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    obs, q = example()
    weights = np.linspace(0.2, 3, len(obs))
    expected = [
        oracle.mean_pinball_loss(obs, q[:, k], alpha=level, sample_weight=weights) for k, level in enumerate(LEVELS)
    ]
    assert pinball_by_level(obs, q, levels=LEVELS, weights=weights) == pytest.approx(expected)
    assert pinball(obs, q, levels=LEVELS, weights=weights) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("bounds", [None, (-3.0, 90.0)])
@pytest.mark.parametrize("y", [-9.0, -1.0, 0.0, 4.0, 12.5, 20.0, 33.0, 60.0, 120.0])
def test_crps_of_quantiles_equals_the_integral_over_power(bounds: tuple[float, float] | None, y: float) -> None:
    q = np.array([0.0, 0.0, 4.0, 12.0, 20.0, 31.0, 45.0])
    _, sample = quantile_function(q, bounds)
    z = np.linspace(-20, 150, 170_001)
    below = np.searchsorted(sample, z, side="right") / len(sample)
    expected = np.trapezoid((below - (z >= y)) ** 2, z)
    found = crps_quantiles(y, q, levels=LEVELS, bounds=bounds)
    assert found == pytest.approx(expected, abs=2e-3)


@settings(max_examples=30)
@given(rows=rows)
def test_crps_of_quantiles_equals_twice_the_pinball_over_fine_levels(rows: list[tuple[float, list[float]]]) -> None:
    y, q = rows[0][0], np.array(rows[0][1])
    fine, sample = quantile_function(q, None)
    loss = np.maximum(fine * (y - sample), (fine - 1) * (y - sample))
    assert crps_quantiles(y, q, levels=LEVELS) == pytest.approx(2 * loss.mean(), rel=1e-4, abs=1e-4)


def test_crps_of_a_single_level_is_the_absolute_error() -> None:
    obs, q = example()
    found = crps_quantiles(obs, q[:, [3]], levels=[0.5])
    assert found == pytest.approx(np.abs(obs - q[:, 3]).mean())


def test_crps_of_many_quantiles_comes_near_the_closed_form_of_the_normal() -> None:
    stats = pytest.importorskip("scipy.stats")
    levels = np.arange(1, 1000) / 1000
    q = stats.norm.ppf(levels)
    for y in (-2.2, 0.3, 1.7):
        exact = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
        assert crps_quantiles(y, q, levels=levels) == pytest.approx(exact, abs=1e-3)


def test_crossed_quantiles_are_scored_in_order() -> None:
    crossed = [3.0, 2.0, 4.0, 5.0, 4.5, 6.0, 7.0]
    assert crps_quantiles(3.3, crossed, levels=LEVELS) == crps_quantiles(3.3, sorted(crossed), levels=LEVELS)


def test_ensemble_scores_agree_with_the_scores_package() -> None:
    oracle = pytest.importorskip("scores.probability")
    xr = pytest.importorskip("xarray")
    obs, q = example()
    o, f = xr.DataArray(obs, dims="row"), xr.DataArray(q, dims=("row", "member"))
    plain = float(oracle.crps_for_ensemble(f, o, "member", method="ecdf"))
    fair = float(oracle.crps_for_ensemble(f, o, "member", method="fair"))
    assert crps_ensemble(obs, q) == pytest.approx(plain)
    assert crps_ensemble_fair(obs, q) == pytest.approx(fair)
    with pytest.raises(ShapeError, match="two members or more"):
        crps_ensemble_fair([1.0], [[2.0]])


def test_interval_score_agrees_with_the_scores_package_and_with_pinball() -> None:
    oracle = pytest.importorskip("scores.continuous")
    xr = pytest.importorskip("xarray")
    obs, q = example()
    o, low, high = (xr.DataArray(v, dims="row") for v in (obs, q[:, 1], q[:, 5]))
    expected = float(oracle.quantile_interval_score(low, high, o, 0.1, 0.9).total)
    found = interval_score(obs, q[:, 1], q[:, 5], alpha=0.2)
    assert found == pytest.approx(expected)
    losses = pinball_by_level(obs, q, levels=LEVELS)
    assert found == pytest.approx(2 / 0.2 * (losses[1] + losses[5]))
    with pytest.raises(SettingsError, match="alpha is 20"):
        interval_score(obs, q[:, 1], q[:, 5], alpha=20)


def test_coverage_counts_the_bounds_in_and_width_is_a_share_of_capacity() -> None:
    obs, low, high = [1, 2, 3, np.nan, 9], [1, 0, 4, 0, 0], [2, 2, 5, 1, np.nan]
    assert coverage(obs, low, high) == pytest.approx(2 / 3)
    assert coverage(obs, low, high, weights=[1, 1, 2, 9, 9]) == pytest.approx(0.5)
    assert width(low, high, capacity=4) == pytest.approx((1 + 2 + 1 + 1) / 4 / 4)
    with pytest.raises(SettingsError, match="capacity must be above 0"):
        width(low, high, capacity=0)


@settings(max_examples=30)
@given(rows=rows)
def test_a_perfect_quantile_forecast_scores_zero(rows: list[tuple[float, list[float]]]) -> None:
    y = np.array([row[0] for row in rows])
    perfect = np.repeat(y[:, None], len(LEVELS), axis=1)
    assert pinball(y, perfect, levels=LEVELS) == 0
    assert crps_quantiles(y, perfect, levels=LEVELS) == 0
    assert crps_ensemble(y, perfect) == pytest.approx(0, abs=1e-12)
    assert interval_score(y, y, y, alpha=0.1) == 0


@settings(max_examples=30)
@given(rows=rows, scale=st.floats(0.1, 50), seed=st.integers(0, 5))
def test_scores_scale_with_the_unit_and_ignore_the_order_of_rows(
    rows: list[tuple[float, list[float]]], scale: float, seed: int
) -> None:
    y, q = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    order = np.random.default_rng(seed).permutation(len(y))
    for score in (pinball, crps_quantiles):
        plain = score(y, q, levels=LEVELS)
        assert score(scale * y[order], scale * q[order], levels=LEVELS) == pytest.approx(
            scale * plain, rel=1e-9, abs=1e-9
        )
        assert plain >= 0


def test_rows_with_a_missing_value_are_dropped() -> None:
    obs, q = example(10)
    holes_y, holes_q = obs.copy(), q.copy()
    holes_y[2], holes_q[5, 6] = np.nan, np.nan
    keep = np.delete(np.arange(10), [2, 5])
    for score in (pinball, crps_quantiles):
        assert score(holes_y, holes_q, levels=LEVELS) == pytest.approx(score(obs[keep], q[keep], levels=LEVELS))
    assert crps_ensemble(holes_y, holes_q) == pytest.approx(crps_ensemble(obs[keep], q[keep]))
    assert np.isnan(crps_quantiles(np.nan, q[0], levels=LEVELS))


def test_more_axes_than_one_are_scored_as_if_flat() -> None:
    obs, q = example(60)
    found = crps_quantiles(obs.reshape(3, 20), q.reshape(3, 20, -1), levels=LEVELS)
    assert found == pytest.approx(crps_quantiles(obs, q, levels=LEVELS))


def test_unfit_levels_and_shapes_are_refused() -> None:
    obs, q = example(4)
    with pytest.raises(SettingsError, match="expected rising numbers between 0 and 1"):
        pinball(obs, q, levels=LEVELS[::-1])
    with pytest.raises(SettingsError, match="expected rising numbers"):
        pinball(obs, q, levels=[5, 50, 95])
    with pytest.raises(ShapeError, match="3 levels are given, but the forecasts' last axis has 7"):
        pinball(obs, q, levels=[0.1, 0.5, 0.9])
    with pytest.raises(ShapeError, match="one axis more"):
        pinball(obs, q.T, levels=LEVELS)
    with pytest.raises(SettingsError, match="the lower must be below the upper"):
        crps_quantiles(obs, q, levels=LEVELS, bounds=(1, 0))
    with pytest.raises(ShapeError, match="indexes"):
        pinball(pd.Series(obs), pd.DataFrame(q, index=range(1, 5)), levels=LEVELS)


FINE = np.arange(1, 100) / 100


def calibrated(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Production with atoms at 0 and at 100, and the true quantiles of each row at the fine levels."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    centre = rng.uniform(-30, 130, n)
    obs = np.clip(centre + 25 * rng.standard_normal(n), 0, 100)
    return obs, np.clip(centre[:, None] + 25 * stats.norm.ppf(FINE), 0, 100)


def test_reliability_counts_observations_at_or_below_each_quantile() -> None:
    obs, q = example()
    obs[4] = np.nan
    table = reliability(obs, q, levels=LEVELS)
    good = np.isfinite(obs)
    assert table["share"].to_numpy() == pytest.approx((obs[good, None] <= q[good]).mean(axis=0))
    assert table.index.name == "level"
    assert (table["n"] == 59).all()


def test_pit_of_a_calibrated_forecast_is_flat_even_with_atoms_at_the_bounds() -> None:
    obs, q = calibrated(40_000)
    assert (obs == 0).mean() > 0.1  # the atoms are there
    assert reliability(obs, q, levels=FINE)["share"].iloc[0] > 0.1  # and fool plain shares
    values = pit(obs, q, levels=FINE, random_state=1)
    shares = (values[:, None] <= FINE).mean(axis=0)
    np.testing.assert_allclose(shares, FINE, atol=0.01)
    np.testing.assert_allclose(pit_histogram(values, bins=4), 1, atol=0.05)


def test_pit_is_the_distribution_function_where_that_rises() -> None:
    q = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    y = np.array([1.5, 3.0, 6.0, 40.0])
    expected = np.interp(y, q, LEVELS)
    assert pit(y, np.tile(q, (4, 1)), levels=LEVELS) == pytest.approx(expected)


def test_pit_is_drawn_over_the_levels_that_share_the_observed_value() -> None:
    q = np.tile([0.0, 0.0, 0.0, 5.0, 50.0, 50.0, 50.0], (4000, 1))
    for y, low, high in ((0.0, 0.0, 0.25), (50.0, 0.75, 1.0), (-1.0, 0.0, 0.05), (51.0, 0.95, 1.0)):
        values = pit(np.full(4000, y), q, levels=LEVELS, random_state=3)
        assert values.min() == pytest.approx(low, abs=0.001)
        assert values.max() == pytest.approx(high, abs=0.001)
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.01)
    clipped = pit(np.full(4000, -1.0), q, levels=LEVELS, bounds=(0, 50), random_state=3)
    assert clipped.max() > 0.24
    with pytest.raises(SettingsError, match="bins is 0"):
        pit_histogram(clipped, bins=0)


def test_pit_depends_on_the_random_state_alone() -> None:
    obs, q = calibrated(500)
    values = pit(obs, q, levels=FINE, random_state=7)
    assert (values == pit(obs, q, levels=FINE, random_state=7)).all()
    assert (values != pit(obs, q, levels=FINE, random_state=8)).any()


def test_consistency_bars_hold_the_shares_of_a_reliable_forecast_and_not_of_a_narrow_one() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(80), 24)
    obs = np.repeat(rng.standard_normal(80), 24) * 0.5 + rng.standard_normal(len(days)) * np.sqrt(0.75)
    q = np.tile(stats.norm.ppf(LEVELS), (len(days), 1))
    bars = reliability_bars(obs, q, days, levels=LEVELS, confidence=0.99, random_state=1)
    assert ((bars["low"] <= bars["share"]) & (bars["share"] <= bars["high"])).all()
    assert ((bars["low"] < bars.index) & (bars.index < bars["high"])).all()
    narrow = reliability_bars(obs, 0.5 * q, days, levels=LEVELS, confidence=0.99, random_state=1)
    assert narrow["share"].iloc[0] > narrow["high"].iloc[0]
    alone = rng.permutation(len(obs))  # every row a block, its neighbours from other days
    rows_alone = reliability_bars(obs, q, alone, levels=LEVELS, confidence=0.99, random_state=1)
    assert (rows_alone["high"] - rows_alone["low"]).iloc[3] < 0.7 * (bars["high"] - bars["low"]).iloc[3]


def test_bars_drop_incomplete_rows_with_their_blocks() -> None:
    obs, q = example(40)
    blocks = np.repeat(np.arange(8), 5)
    obs[:5] = np.nan
    found = reliability_bars(obs, q, blocks, levels=LEVELS, n_resamples=50)
    expected = reliability_bars(obs[5:], q[5:], blocks[5:], levels=LEVELS, n_resamples=50)
    pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(ShapeError, match="one block a row"):
        reliability_bars(obs, q, blocks[1:], levels=LEVELS)
    with pytest.raises(SettingsError, match="confidence is 95"):
        reliability_bars(obs, q, blocks, levels=LEVELS, confidence=95)
