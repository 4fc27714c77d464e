from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import NotEnoughDataError, SettingsError, ShapeError
from forecast.evaluation import block_bootstrap, block_sums, diebold_mariano, local_days, resampled_means


def example(days: int = 40, per_day: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Differences that hang together over hours, and the day of each."""
    rng = np.random.default_rng(11)
    noise = rng.standard_normal(days * per_day + 50)
    kernel = 0.8 ** np.arange(20)
    return 0.3 + np.convolve(noise, kernel, "valid")[: days * per_day], np.repeat(np.arange(days), per_day)


def test_diebold_mariano_gives_the_worked_numbers() -> None:
    stats = pytest.importorskip("scipy.stats")
    found = diebold_mariano([0.1, 0.2, -0.1, 0.3, 0.0], horizon=1)
    assert (found.mean, found.n) == (pytest.approx(0.1), 5)
    assert (found.dm, found.hln) == (pytest.approx(1.5811, abs=5e-5), pytest.approx(1.4142, abs=5e-5))
    assert found.pvalue == pytest.approx(2 * stats.t.sf(np.sqrt(2), 4))


@pytest.mark.parametrize("horizon", [1, 2, 4, 9])
def test_diebold_mariano_agrees_with_a_slow_sum(horizon: int) -> None:
    d, _ = example(5)
    n, m = len(d), d.mean()
    variance = 0.0
    for k in range(-(horizon - 1), horizon):
        variance += sum((d[t] - m) * (d[t - abs(k)] - m) for t in range(abs(k), n)) / n
    dm = m / np.sqrt(variance / n)
    found = diebold_mariano(d, horizon=horizon)
    assert found.dm == pytest.approx(dm)
    factor = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    assert found.hln == pytest.approx(dm * np.sqrt(factor))


def test_diebold_mariano_agrees_with_the_scores_package() -> None:
    oracle = pytest.importorskip("scores.stats.statistical_tests")
    xr = pytest.importorskip("xarray")
    d, _ = example(5)
    table = xr.DataArray([d, -d], dims=("lead", "time"), coords={"lead": [1, 2], "h": ("lead", [3, 5])})
    expected = oracle.diebold_mariano(table, "lead", "h", method="HLN", statistic_distribution="t")
    for sign, k, horizon in ((1, 0, 3), (-1, 1, 5)):
        found = diebold_mariano(sign * d, horizon=horizon)
        assert found.hln == pytest.approx(float(expected["dm_test_stat"][k]))
        # theirs is the chance of a value at most as high; ours is two-sided
        below = float(expected["confidence_gt_0"][k])
        assert found.pvalue == pytest.approx(2 * min(below, 1 - below))


def test_missing_differences_are_dropped_and_equal_forecasts_do_not_differ() -> None:
    assert diebold_mariano([0.1, np.nan, 0.2, -0.1]) == diebold_mariano([0.1, 0.2, -0.1])
    same = diebold_mariano(np.zeros(9), horizon=3)
    assert (same.hln, same.pvalue) == (0.0, 1.0)
    # two steps of a see-saw: the estimated variance is negative, so nothing is claimed
    assert np.isnan(diebold_mariano([1.0, -0.9, 1.0, -0.9, 1.0, -0.9], horizon=2).hln)


def test_too_few_differences_for_the_horizon_are_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="horizon is 5 with 5 differences"):
        diebold_mariano([0.1, 0.2, -0.1, 0.3, 0.0], horizon=5)
    with pytest.raises(NotEnoughDataError, match="two or more"):
        diebold_mariano([0.1])
    with pytest.raises(SettingsError, match="horizon is 0"):
        diebold_mariano([0.1, 0.2], horizon=0)


def test_resampling_sums_equals_resampling_rows() -> None:
    d, days = example(8)
    sums, counts = block_sums(d, days)
    found = resampled_means(sums, counts, length=2, n_resamples=20, random_state=5)[:, 0]
    often = np.random.default_rng(5).multinomial(4, np.full(8, 1 / 8), size=20)
    for mean, times in zip(found, often, strict=True):
        starts = np.repeat(np.arange(8), times)
        rows = np.concatenate([d[(days == s) | (days == (s + 1) % 8)] for s in starts])
        assert mean == pytest.approx(rows.mean())


def test_the_interval_agrees_with_one_from_days_drawn_by_hand() -> None:
    d, days = example()
    by_day = d.reshape(40, -1)
    rng = np.random.default_rng(0)
    means = [by_day[(rng.integers(40, size=14)[:, None] + np.arange(3)) % 40].mean() for _ in range(4000)]
    stats = pytest.importorskip("scipy.stats")
    wider = stats.t.ppf(0.95, 13) / stats.norm.ppf(0.95) * np.sqrt(14 / 13)
    expected = d.mean() + wider * (np.quantile(means, [0.05, 0.95]) - d.mean())
    found = block_bootstrap(d, days, level=0.9, n_resamples=4000, random_state=1)
    assert (found.mean, found.n, found.n_blocks) == (pytest.approx(d.mean()), len(d), 40)
    spread = expected[1] - expected[0]
    assert [found.low, found.high] == pytest.approx(expected, abs=0.05 * spread)
    assert found.real == (found.low > 0)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 100))
def test_the_interval_scales_and_does_not_depend_on_the_order_of_rows(seed: int, scale: float) -> None:
    d, days = example(12, 6)
    order = np.random.default_rng(seed).permutation(len(d))
    plain = block_bootstrap(d, days, n_resamples=200, random_state=seed)
    other = block_bootstrap(scale * d[order], days[order], n_resamples=200, random_state=seed)
    assert (other.mean, other.low, other.high) == pytest.approx(
        (scale * plain.mean, scale * plain.low, scale * plain.high), rel=1e-9, abs=1e-9
    )


def test_days_of_unlike_length_and_missing_rows_count_by_their_rows() -> None:
    d, days = example(6, 10)
    d[3], d[50:] = np.nan, np.nan
    good = np.isfinite(d)
    sums, counts = block_sums(d, days)
    assert counts.tolist() == [9, 10, 10, 10, 10]
    assert sums[:, 0] == pytest.approx([d[good & (days == k)].sum() for k in range(5)])
    assert block_bootstrap(d, days, n_resamples=50).n == 49


def test_whole_days_give_wider_intervals_than_single_rows() -> None:
    d, days = example()
    by_day = block_bootstrap(d, days, random_state=1)
    by_row = block_bootstrap(d, np.arange(len(d)), length=1, random_state=1)
    assert by_day.high - by_day.low > 1.5 * (by_row.high - by_row.low)


def test_the_interval_holds_the_truth_at_its_level_when_errors_hang_together() -> None:
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(7)
    days = np.repeat(np.arange(40), 96)
    held = []
    for trial in range(250):
        noise = rng.standard_normal(len(days) + 400)
        d = 0.4 + signal.lfilter([1.0], [1.0, -np.exp(-1 / 12)], noise)[400:]
        found = block_bootstrap(d, days, level=0.9, n_resamples=400, random_state=trial)
        held.append(found.low <= 0.4 <= found.high)
    # four standard deviations of a share of 250 trials
    assert np.mean(held) == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 250))


def test_many_resamples_are_drawn_in_parts_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    from forecast.evaluation import blocks

    d, days = example(9)
    sums, counts = block_sums(np.column_stack([d, d**2]), days)
    whole = resampled_means(sums, counts, n_resamples=25, random_state=3)
    monkeypatch.setattr(blocks, "LARGEST_DRAW", 40)
    assert resampled_means(sums, counts, n_resamples=25, random_state=3) == pytest.approx(whole)


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(NotEnoughDataError, match=r"1 block\(s\) with values"):
        block_bootstrap([1.0, 2.0], [0, 0])
    with pytest.raises(ShapeError, match="one block a row"):
        block_bootstrap([1.0, 2.0], [0])
    with pytest.raises(SettingsError, match="level is 95"):
        block_bootstrap([1.0, 2.0], [0, 1], level=95)
    with pytest.raises(SettingsError, match="two runs"):
        block_bootstrap([1.0, 2.0], [0, 1], length=2)
    with pytest.raises(SettingsError, match="length up to 2"):
        block_bootstrap([1.0, 2.0], [0, 1], length=3)


def test_days_are_those_of_the_clock_asked_for() -> None:
    times = pd.date_range("2024-03-30 21:30", periods=5, freq="1h", tz="UTC")
    assert np.diff(local_days(times)).tolist() == [0, 0, 1, 0]
    assert np.diff(local_days(times, "Europe/Paris")).tolist() == [0, 1, 0, 0]
    naive = times.tz_localize(None)
    assert (local_days(naive, "Europe/Paris") == local_days(times, "Europe/Paris")).all()
    assert (local_days(times.tz_convert("Europe/Paris")) == local_days(times, "Europe/Paris")).all()
    coarse = times.as_unit("s")
    assert (local_days(coarse) == local_days(times)).all()
