from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics import (
    Contingency,
    brier,
    brier_skill,
    contingency,
    door_slopes,
    ramp_contingency,
    ramp_events,
    ramp_score,
    swinging_door,
)

series = st.lists(st.integers(-20, 20), min_size=2, max_size=60).map(lambda x: np.array(x, dtype=float))


def events(n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(9)
    chance = rng.beta(1, 3, n)
    return (rng.random(n) < chance).astype(float), np.clip(chance + rng.normal(0, 0.1, n), 0, 1), rng.random(n)


def test_the_worked_numbers_come_out() -> None:
    assert brier([0, 1, 0], [0.1, 0.7, 0.4]) == pytest.approx(0.08667, abs=5e-6)
    assert brier_skill([0, 1, 0], [0.1, 0.7, 0.4], base_rate=1 / 3) == pytest.approx(0.61, abs=5e-3)
    table = Contingency(hits=6, false_alarms=2, misses=3, correct_negatives=89)
    found = (table.pod, table.far, table.csi, table.bias, table.pofd)
    assert found == pytest.approx((0.667, 0.25, 0.545, 0.889, 0.022), abs=5e-4)
    obs, fcst = np.cumsum([0, 0.1, 0.1, 0.1, -0.2]), np.cumsum([0, 0.2, 0.2, -0.1, -0.1])
    assert ramp_score(obs, fcst, epsilon=0.01) == pytest.approx(0.125)


def test_brier_agrees_with_scikit_learn_and_scores() -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    obs, chance, w = events()
    expected = oracle.brier_score_loss(obs, chance, sample_weight=w)
    assert brier(obs, chance, weights=w) == pytest.approx(expected)
    assert brier_skill(obs, chance) == pytest.approx(1 - brier(obs, chance) / obs.var())
    scores = pytest.importorskip("scores.probability")
    xr = pytest.importorskip("xarray")
    o, f = xr.DataArray(obs, dims="row"), xr.DataArray(chance, dims="row")
    assert brier(obs, chance) == pytest.approx(float(scores.brier_score(f, o)))


def test_brier_wants_events_and_probabilities() -> None:
    with pytest.raises(SettingsError, match="must be 0 or 1, got 2"):
        brier([0, 2], [0.1, 0.2])
    with pytest.raises(SettingsError, match=r"must lie in \[0, 1\], got 70"):
        brier([0, 1], [0.1, 70])
    assert np.isnan(brier([np.nan], [0.5]))
    assert np.isnan(brier_skill([0, 0], [0.1, 0.2]))


def test_contingency_agrees_with_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    obs, chance, _ = events()
    fcst = (chance > 0.3).astype(float)
    tn, fp, fn, tp = oracle.confusion_matrix(obs, fcst).ravel()
    found = contingency(obs, fcst)
    assert found == (tp, fp, fn, tn)
    assert found.accuracy == pytest.approx(oracle.accuracy_score(obs, fcst))
    assert contingency([1, np.nan, 0], [1, 1, np.nan]) == (1, 0, 0, 0)
    assert np.isnan(Contingency(0, 0, 0, 5).pod)
    with pytest.raises(SettingsError, match="forecast events must be 0 or 1, got 0.3"):
        contingency([0, 1], [0.3, 1])


def slow_ramps(power: np.ndarray, steps: int, threshold: float) -> list[float]:
    out = []
    for t in range(len(power)):
        change = power[t + steps] - power[t] if t + steps < len(power) else np.nan
        out.append(np.nan if np.isnan(change) else float(np.sign(change)) if abs(change) > threshold else 0.0)
    return out


def slow_counts(obs: np.ndarray, fcst: np.ndarray, steps: int, threshold: float, k: int) -> Contingency:
    seen, said = slow_ramps(obs, steps, threshold), slow_ramps(fcst, steps, threshold)
    known = [not (np.isnan(a) or np.isnan(b)) for a, b in zip(seen, said, strict=True)]
    seen = [a if ok else 0.0 for a, ok in zip(seen, known, strict=True)]
    said = [a if ok else 0.0 for a, ok in zip(said, known, strict=True)]
    near = [range(max(0, t - k), min(len(seen), t + k + 1)) for t in range(len(seen))]
    found = [any(said[u] == seen[t] for u in near[t]) for t in range(len(seen))]
    meant = [any(seen[u] == said[t] for u in near[t]) for t in range(len(seen))]
    return Contingency(
        hits=sum(seen[t] != 0 and found[t] for t in range(len(seen))),
        false_alarms=sum(said[t] != 0 and not meant[t] for t in range(len(seen))),
        misses=sum(seen[t] != 0 and not found[t] for t in range(len(seen))),
        correct_negatives=sum(known[t] and seen[t] == said[t] == 0 for t in range(len(seen))),
    )


@pytest.mark.parametrize("tolerance", [0, 1, 3])
@given(obs=series, seed=st.integers(0, 5))
def test_ramps_are_counted_like_the_slow_loop(tolerance: int, obs: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fcst = np.roll(obs, 1) + rng.integers(-3, 4, len(obs))
    fcst[rng.random(len(obs)) < 0.1] = np.nan
    found = ramp_contingency(obs, fcst, steps=2, threshold=8, tolerance=tolerance)
    assert found == slow_counts(obs, fcst, 2, 8, tolerance)
    np.testing.assert_array_equal(ramp_events(obs, steps=2, threshold=8), slow_ramps(obs, 2, 8))


def test_a_late_ramp_is_a_miss_unless_the_tolerance_forgives_it() -> None:
    obs = np.array([0, 0, 0, 50, 50, 50, 50, 50], dtype=float)
    late = np.roll(obs, 2)
    late[:2] = 0
    assert ramp_contingency(obs, late, steps=1, threshold=20, tolerance=1)[:3] == (0, 1, 1)
    assert ramp_contingency(obs, late, steps=1, threshold=20, tolerance=2)[:3] == (1, 0, 0)
    down = 50 - obs
    assert ramp_contingency(obs, down, steps=1, threshold=20, tolerance=2)[:3] == (0, 1, 1)
    with pytest.raises(SettingsError, match="tolerance is -1"):
        ramp_contingency(obs, late, steps=1, threshold=20, tolerance=-1)
    with pytest.raises(ShapeError, match="must be equal"):
        ramp_contingency(obs, late[1:], steps=1, threshold=20)
    with pytest.raises(SettingsError, match="steps is 0"):
        ramp_events(obs, steps=0, threshold=20)
    with pytest.raises(ShapeError, match="expected one series"):
        ramp_events(obs.reshape(2, 4), steps=1, threshold=20)
    assert np.isnan(ramp_events(obs[:2], steps=5, threshold=20)).all()


def slow_doors(x: np.ndarray, t: np.ndarray, eps: float) -> list[int]:
    """The definition, point by point."""
    knots, start = [0], 0
    upper, lower = -np.inf, np.inf
    i = 1
    while i < len(x):
        upper = max(upper, (x[i] - (x[start] + eps)) / (t[i] - t[start]))
        lower = min(lower, (x[i] - (x[start] - eps)) / (t[i] - t[start]))
        if upper > lower + 1e-12 * (abs(upper) + abs(lower)):
            start = i - 1
            knots.append(start)
            upper, lower = -np.inf, np.inf
            i = start
        i += 1
    return [*knots, len(x) - 1]


@given(x=series, eps=st.sampled_from([0.0, 0.5, 2.0, 7.0]), seed=st.integers(0, 3))
def test_doors_close_where_the_slow_loop_closes_them(x: np.ndarray, eps: float, seed: int) -> None:
    t = np.cumsum(np.random.default_rng(seed).integers(1, 4, len(x))).astype(float)
    assert swinging_door(x, epsilon=eps, times=t).tolist() == slow_doors(x, t, eps)


def test_long_segments_are_found_beyond_the_first_look() -> None:
    x = np.concatenate([np.linspace(0, 90, 700), np.linspace(90, 10, 500)[1:]])
    x += 0.1 * np.sin(np.arange(len(x)))
    found = swinging_door(x, epsilon=1.0)
    assert found.tolist() == slow_doors(x, np.arange(len(x), dtype=float), 1.0)
    assert len(found) < 8


@given(x=series, eps=st.sampled_from([0.5, 2.0]))
def test_every_point_within_a_segment_can_be_passed_within_epsilon(x: np.ndarray, eps: float) -> None:
    knots = swinging_door(x, epsilon=eps)
    for begin, end in zip(knots[:-1], knots[1:], strict=True):
        run = np.arange(1, end - begin + 1)
        up = (x[begin + 1 : end + 1] - x[begin] + eps) / run
        down = (x[begin + 1 : end + 1] - x[begin] - eps) / run
        assert down.max() <= up.min() + 1e-9


def test_slopes_are_those_of_the_lines_between_the_knots() -> None:
    x, t = np.array([0.0, 1.0, 2.0, 2.0, 2.0]), np.array([0.0, 2.0, 4.0, 5.0, 9.0])
    assert door_slopes(x, epsilon=0.01, times=t).tolist() == [0.5, 0.5, 0.0, 0.0]
    assert door_slopes([1.0], epsilon=1).size == 0
    assert swinging_door([], epsilon=1).size == 0
    with pytest.raises(SettingsError, match="values must be complete"):
        swinging_door([1.0, np.nan, 2.0], epsilon=1)
    with pytest.raises(SettingsError, match="epsilon is -1"):
        swinging_door([1.0, 2.0], epsilon=-1)
    with pytest.raises(ShapeError, match="a time for each value"):
        swinging_door([1.0, 2.0], epsilon=1, times=[1.0])


@given(x=series, eps=st.sampled_from([0.5, 2.0]))
def test_a_perfect_forecast_has_ramp_score_zero(x: np.ndarray, eps: float) -> None:
    assert ramp_score(x, x, epsilon=eps) == 0


def test_ramp_score_leaves_gaps_out_and_weighs_by_time() -> None:
    obs, fcst = np.array([0.0, 5.0, 2.0, 3.0]), np.array([0.0, np.nan, 4.0, 4.0])
    # lines over the gap: slopes 1 and 1 measured, 2 and 0 forecast, over two steps and one
    assert ramp_score(obs, fcst, epsilon=0.01) == pytest.approx((1 * 2 + 1 * 1) / 3)
    assert np.isnan(ramp_score([1.0], [2.0], epsilon=1))
