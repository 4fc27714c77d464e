"""The rarer scores: distributions, timing, dead bands, Brier's parts, references without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics import (
    brier,
    brier_parts,
    complete_history,
    cpi,
    ksi,
    mae,
    mape,
    mbe,
    nmbe,
    over,
    persistence_ensemble,
    persistence_with_errors,
    r_squared,
    rmse,
    temporal_distortion,
    within_band,
)

OBS, FCST = [50.0, 60.0, 40.0, 80.0], [55.0, 50.0, 45.0, 70.0]


def example(n: int = 150) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    obs = rng.gamma(2.0, 20.0, n) + 1
    return obs, obs * rng.uniform(0.7, 1.4, n)


def test_relative_scores_agree_with_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    obs, fcst = example()
    weights = np.linspace(1, 2, len(obs))
    assert mape(obs, fcst) == pytest.approx(oracle.mean_absolute_percentage_error(obs, fcst))
    assert r_squared(obs, fcst, weights=weights) == pytest.approx(oracle.r2_score(obs, fcst, sample_weight=weights))
    assert nmbe(obs, fcst, capacity=200) == pytest.approx(mbe(obs, fcst) / 200)
    assert mape([0.0, 10.0], [5.0, 12.0], least=1.0) == pytest.approx(0.2)
    assert np.isnan(r_squared([1.0, 1.0], [1.0, 2.0]))


def test_a_dead_band_forgives_small_errors_only() -> None:
    obs, fcst = example()
    forgiven = within_band(obs, fcst, band=0.1)
    near = np.abs(fcst - obs) <= 0.1 * obs
    assert near.any() and not near.all()
    np.testing.assert_array_equal(forgiven == obs, near)
    assert mae(obs, forgiven) == pytest.approx(np.abs(fcst - obs)[~near].sum() / len(obs))
    with pytest.raises(SettingsError, match="band is -1"):
        within_band(obs, fcst, band=-1)


def test_the_kolmogorov_integral_is_the_area_between_both_distributions() -> None:
    stats = pytest.importorskip("scipy.stats")
    obs, fcst = example()
    critical = 1.63 / np.sqrt(len(obs))
    width = max(obs.max(), fcst.max()) - min(obs.min(), fcst.min())
    assert ksi(obs, fcst) == pytest.approx(stats.wasserstein_distance(obs, fcst) / (critical * width))
    x = np.linspace(min(obs.min(), fcst.min()), max(obs.max(), fcst.max()), 200_001)
    distance = np.abs(
        np.searchsorted(np.sort(fcst), x, side="right") - np.searchsorted(np.sort(obs), x, side="right")
    ) / len(obs)
    beyond = np.trapezoid(np.maximum(distance - critical, 0), x) / (critical * width)
    assert over(obs, fcst + 25) > 0
    assert over(obs, fcst) == pytest.approx(beyond, abs=1e-3)
    assert cpi(obs, fcst, capacity=150) == pytest.approx(
        (ksi(obs, fcst) + over(obs, fcst) + 2 * rmse(obs, fcst) / 150) / 4
    )
    assert ksi(obs, np.random.default_rng(0).permutation(obs)) == 0
    assert np.isnan(ksi([np.nan], [1.0]))


@given(seed=st.integers(0, 50))
def test_briers_parts_add_up_to_the_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chance = rng.integers(0, 6, 80) / 5
    event = (rng.random(80) < chance).astype(float)
    parts = brier_parts(event, chance)
    assert parts.brier == pytest.approx(brier(event, chance))
    assert parts.brier == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty)
    assert min(parts) >= 0


def test_briers_parts_by_bins_and_of_a_forecast_that_means_what_it_says() -> None:
    rng = np.random.default_rng(1)
    chance = rng.random(60_000)
    event = (rng.random(60_000) < chance).astype(float)
    parts = brier_parts(event, chance, bins=20)
    assert parts.reliability == pytest.approx(0, abs=1e-3)
    assert parts.uncertainty == pytest.approx(0.25, abs=1e-3)
    assert parts.brier == pytest.approx(brier(event, chance), abs=2e-3)
    assert all(np.isnan(brier_parts([np.nan], [0.5])))
    with pytest.raises(SettingsError, match="bins is 0"):
        brier_parts([0, 1], [0.1, 0.2], bins=0)


def slow_path(cost: np.ndarray) -> float:
    n = len(cost)
    total = np.full((n, n), np.inf)
    for i in range(n):
        for j in range(n):
            before = [total[a, b] for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if a >= 0 and b >= 0]
            total[i, j] = cost[i, j] + (min(before) if before else 0.0)
    return float(total[-1, -1])


@given(seed=st.integers(0, 30), n=st.integers(2, 14))
def test_the_warping_path_is_the_cheapest(seed: int, n: int) -> None:
    from forecast.evaluation.metrics.distortion import _path

    rng = np.random.default_rng(seed)
    cost = np.square(rng.integers(0, 9, n)[:, None] - rng.integers(0, 9, n)[None, :]).astype(float)
    path = _path(cost)
    assert cost[path[:, 0], path[:, 1]].sum() == pytest.approx(slow_path(cost))
    steps = np.diff(path, axis=0)
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [n - 1, n - 1]
    assert set(map(tuple, steps)) <= {(1, 1), (0, 1), (1, 0)}


def test_a_late_forecast_is_distorted_by_as_much_as_it_is_late() -> None:
    rng = np.random.default_rng(3)
    wave = np.cumsum(rng.standard_normal(400))
    for late in (2, 6):
        found = temporal_distortion(wave[late:], wave[:-late])
        n = len(wave) - late
        assert found.late > 0 and found.rmse < rmse(wave[late:], wave[:-late])
        # a path `late` beside the diagonal all along encloses late · n
        assert found.tdi == pytest.approx(2 * late * n / (n - 1) ** 2, rel=0.25)
        assert temporal_distortion(wave[:-late], wave[late:]).late < 0
    assert temporal_distortion(wave, wave) == (0, 0, 0)
    assert all(np.isnan(temporal_distortion([1.0], [2.0])))
    with pytest.raises(ShapeError, match="2001 values"):
        temporal_distortion(np.zeros(2001), np.zeros(2001))


def test_the_complete_history_is_the_quantile_of_each_slot() -> None:
    rng = np.random.default_rng(0)
    values, slots = rng.gamma(2, 1, 500), rng.integers(0, 24, 500)
    values[::9] = np.nan
    asked = np.array([3, 7, 3, 99])
    found = complete_history(values, slots, asked, levels=[0.1, 0.5, 0.9])
    for row, slot in zip(found[:3], asked, strict=False):
        np.testing.assert_allclose(row, np.nanquantile(values[slots == slot], [0.1, 0.5, 0.9]))
    assert np.isnan(found[3]).all()
    with pytest.raises(ShapeError, match="one slot a value"):
        complete_history(values, slots[1:], asked, levels=[0.5])


def test_the_persistence_ensemble_sees_the_newest_values_and_none_after() -> None:
    rng = np.random.default_rng(0)
    values = rng.gamma(2, 1, 60)
    values[10:14] = np.nan
    found = persistence_ensemble(values, count=4, levels=[0.25, 0.75])
    for i in range(60):
        window = values[max(0, i - 3) : i + 1]
        if np.isfinite(window).any():
            np.testing.assert_allclose(found[i], np.nanquantile(window, [0.25, 0.75]))
        else:
            assert np.isnan(found[i]).all()
    changed = values.copy()
    changed[30:] = 9
    np.testing.assert_array_equal(persistence_ensemble(changed, count=4, levels=[0.5])[:30],
                                  persistence_ensemble(values, count=4, levels=[0.5])[:30])  # fmt: skip
    with pytest.raises(SettingsError, match="count is 0"):
        persistence_ensemble(values, count=0, levels=[0.5])


def test_persistence_with_its_past_errors_is_calibrated_on_like_days() -> None:
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.standard_normal(40_000))
    errors = walk[4:20_000] - walk[: 20_000 - 4]
    quantiles = persistence_with_errors(walk[20_000:-4], errors, levels=[0.1, 0.9])
    inside = (quantiles[:, 0] <= walk[20_004:]) & (walk[20_004:] <= quantiles[:, 1])
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    with pytest.raises(ShapeError, match="errors hold no number"):
        persistence_with_errors([1.0], [np.nan], levels=[0.5])
