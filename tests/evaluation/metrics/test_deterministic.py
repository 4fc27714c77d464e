from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics import (
    convex_reference,
    convex_reference_mse,
    correlation,
    crmse,
    error_parts,
    lag_correlation,
    mae,
    mbe,
    nmae,
    nrmse,
    potential_skill,
    potential_skill_of,
    rmse,
    skill,
    skill_parts,
    skill_score,
)

OBS, FCST = [50, 60, 40, 80], [55, 50, 45, 70]
SCORES = {
    "mae": mae,
    "rmse": rmse,
    "mbe": mbe,
    "crmse": crmse,
    "nmae": lambda o, f, **k: nmae(o, f, capacity=80.0, **k),
    "nrmse": lambda o, f, **k: nrmse(o, f, capacity=80.0, **k),
}
numbers = st.floats(-1e4, 1e4, allow_subnormal=False).map(lambda x: round(x, 3))
pairs = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=40).map(lambda rows: np.array(rows).T)


def example(n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    obs = rng.gamma(2.0, 30.0, n)
    return obs, 0.7 * obs + rng.normal(5.0, 9.0, n), rng.uniform(0.1, 3.0, n)


def test_the_worked_numbers_come_out() -> None:
    assert nrmse(OBS, FCST, capacity=100) == pytest.approx(0.07906, abs=5e-6)
    assert nmae(OBS, FCST, capacity=100) == pytest.approx(0.075)
    assert mbe(OBS, FCST) / 100 == pytest.approx(-0.025)  # the source's E_me has the other sign, P − F
    assert correlation(OBS, FCST) == pytest.approx(0.9035, abs=5e-5)
    assert skill_score(5, 6) == pytest.approx(0.167, abs=5e-4)
    assert potential_skill_of(0.95, autocorrelation=0.9) == pytest.approx(0.284, abs=5e-4)


def test_scores_agree_with_the_scores_package() -> None:
    oracle = pytest.importorskip("scores.continuous")
    xr = pytest.importorskip("xarray")
    obs, fcst, _ = example()
    o, f = xr.DataArray(obs, dims="row"), xr.DataArray(fcst, dims="row")
    assert mae(obs, fcst) == pytest.approx(float(oracle.mae(f, o)))
    assert rmse(obs, fcst) == pytest.approx(float(oracle.rmse(f, o)))
    assert mbe(obs, fcst) == pytest.approx(float(oracle.additive_bias(f, o)))
    assert correlation(obs, fcst) == pytest.approx(float(oracle.correlation.pearsonr(f, o)))


def test_weights_agree_with_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    obs, fcst, w = example()
    assert mae(obs, fcst, weights=w) == pytest.approx(oracle.mean_absolute_error(obs, fcst, sample_weight=w))
    assert rmse(obs, fcst, weights=w) == pytest.approx(oracle.root_mean_squared_error(obs, fcst, sample_weight=w))


@pytest.mark.parametrize("name", SCORES)
def test_a_whole_number_weight_counts_as_repeated_rows(name: str) -> None:
    obs, fcst, _ = example(20)
    times = np.arange(20) % 4
    repeated = SCORES[name](np.repeat(obs, times), np.repeat(fcst, times))
    assert SCORES[name](obs, fcst, weights=times) == pytest.approx(repeated)


@pytest.mark.parametrize("name", SCORES)
def test_pairs_with_a_missing_side_are_dropped(name: str) -> None:
    obs, fcst, _ = example(30)
    holes_o, holes_f = obs.copy(), fcst.copy()
    holes_o[3], holes_f[7], holes_f[8] = np.nan, np.nan, np.inf
    keep = np.delete(np.arange(30), [3, 7, 8])
    assert SCORES[name](holes_o, holes_f) == pytest.approx(SCORES[name](obs[keep], fcst[keep]))
    assert np.isnan(SCORES[name]([np.nan], [1.0]))


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(rows=pairs)
def test_a_perfect_forecast_scores_zero(name: str, rows: np.ndarray) -> None:
    assert SCORES[name](rows[0], rows[0]) == 0


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=30)
@given(rows=pairs, seed=st.integers(0, 9))
def test_the_order_of_rows_changes_nothing(name: str, rows: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(rows.shape[1])
    before, after = SCORES[name](*rows), SCORES[name](*rows[:, order])
    assert after == pytest.approx(before, rel=1e-9, abs=1e-7)


@settings(max_examples=30)
@given(rows=pairs, scale=st.floats(0.01, 100))
def test_normalised_scores_do_not_depend_on_the_unit(rows: np.ndarray, scale: float) -> None:
    for score in (nmae, nrmse):
        plain = score(*rows, capacity=80.0)
        assert score(*(scale * rows), capacity=80.0 * scale) == pytest.approx(plain, rel=1e-9, abs=1e-12)


@settings(max_examples=30)
@given(rows=pairs, shift=numbers)
def test_a_shift_of_the_forecast_moves_bias_and_leaves_the_centred_error(rows: np.ndarray, shift: float) -> None:
    assert mbe(rows[0], rows[1] + shift) == pytest.approx(mbe(*rows) + shift, rel=1e-9, abs=1e-6)
    assert crmse(rows[0], rows[1] + shift) == pytest.approx(crmse(*rows), rel=1e-6, abs=1e-6)


def test_capacity_may_differ_by_row() -> None:
    assert nmae([1.0, 2.0], [2.0, 4.0], capacity=[10.0, 4.0]) == pytest.approx((0.1 + 0.5) / 2)


def test_unlike_inputs_are_refused_not_aligned() -> None:
    with pytest.raises(ShapeError, match=r"observations have shape \(2,\), forecasts have \(3,\)"):
        mae([1, 2], [1, 2, 3])
    shifted = pd.Series([1.0, 2.0], index=[1, 2])
    with pytest.raises(ShapeError, match="indexes of observations and forecasts differ"):
        mae(shifted, shifted.set_axis([2, 3]))
    with pytest.raises(SettingsError, match="weights must not be negative"):
        mae([1, 2], [1, 2], weights=[1, -1])
    with pytest.raises(SettingsError, match="capacity must be above 0"):
        nmae([1, 2], [1, 2], capacity=0)


def test_skill_is_scored_where_all_three_are_there() -> None:
    obs, fcst, reference = [1.0, 2.0, 3.0, np.nan], [1.5, 2.5, np.nan, 9.0], [3.0, 4.0, 99.0, 1.0]
    assert skill(obs, fcst, reference=reference) == pytest.approx(1 - 0.5 / 2.0)
    assert np.isnan(skill([1.0], [2.0], reference=[1.0]))


def test_correlation_of_a_constant_is_unknown() -> None:
    assert np.isnan(correlation([1.0, 2.0, 3.0], [0.1, 0.1, 0.1]))


@settings(max_examples=30)
@given(rows=pairs)
def test_both_splits_add_up_to_the_mean_square_error(rows: np.ndarray) -> None:
    parts = error_parts(*rows)
    mse = rmse(*rows) ** 2
    near = pytest.approx(mse, rel=1e-6, abs=1e-3)
    assert parts.mse == near
    assert parts.bias_squared + parts.amplitude + parts.phase == near
    assert parts.bias_squared + parts.conditional_bias + parts.unexplained == near


def test_regressing_the_observation_on_the_forecast_takes_bias_and_conditional_bias_away() -> None:
    obs, fcst, _ = example()
    slope, intercept = np.polyfit(fcst, obs, 1)
    parts, better = error_parts(obs, fcst), error_parts(obs, slope * fcst + intercept)
    assert better.bias_squared == pytest.approx(0, abs=1e-9)
    assert better.conditional_bias == pytest.approx(0, abs=1e-9)
    assert better.mse == pytest.approx(parts.unexplained)


def test_a_delayed_wave_has_a_phase_error_and_no_amplitude_error() -> None:
    t = np.arange(0, 200) * 2 * np.pi / 50
    parts = error_parts(np.sin(t), np.sin(t - 0.5))
    assert parts.amplitude == pytest.approx(0, abs=1e-12)
    assert parts.phase == pytest.approx(parts.mse)


@settings(max_examples=30)
@given(rows=pairs)
def test_the_parts_of_skill_add_up(rows: np.ndarray) -> None:
    assume(np.std(rows[0]) > 1.0)
    parts = skill_parts(*rows)
    expected = 1 - rmse(*rows) ** 2 / np.var(rows[0])
    assert parts.skill == pytest.approx(expected, rel=1e-6, abs=1e-6)
    total = parts.potential - parts.conditional_bias - parts.bias
    assert total == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_convex_reference_has_its_stated_error_and_the_least_of_all_weights() -> None:
    rng = np.random.default_rng(5)
    g, n = 0.9, 200_000
    noise = rng.normal(0, np.sqrt(1 - g * g), n)
    from scipy.signal import lfilter

    series = 3.0 + lfilter([1.0], [1.0, -g], noise)[1000:]
    last, later = series[:-1], series[1:]
    found = lag_correlation(series, lag=1)
    assert found == pytest.approx(g, abs=0.01)

    def mse(weight: float) -> float:
        return rmse(later, convex_reference(last, mean=series.mean(), autocorrelation=weight)) ** 2

    assert mse(found) == pytest.approx(convex_reference_mse(series.var(), autocorrelation=found), rel=1e-3)
    assert mse(found) < min(mse(found - 0.05), mse(found + 0.05))


def test_potential_skill_is_the_skill_after_linear_calibration() -> None:
    obs, fcst, _ = example()
    slope, intercept = np.polyfit(fcst, obs, 1)
    reference_rmse = np.sqrt(convex_reference_mse(obs.var(), autocorrelation=0.6))
    expected = skill_score(rmse(obs, slope * fcst + intercept), reference_rmse)
    assert potential_skill(obs, fcst, autocorrelation=0.6) == pytest.approx(expected)
    with pytest.raises(SettingsError, match="autocorrelation 1.0"):
        potential_skill_of(0.5, autocorrelation=1.0)


def test_lag_correlation_leaves_out_gaps() -> None:
    series = np.array([1.0, 3.0, np.nan, 2.0, 5.0, 4.0])
    expected = np.corrcoef([3.0, 5.0, 4.0], [1.0, 2.0, 5.0])[0, 1]
    assert lag_correlation(series, lag=1) == pytest.approx(expected)
    with pytest.raises(SettingsError, match="lag is 0"):
        lag_correlation(series, lag=0)
