"""`result.compare`: verdicts with their noise, corrected for being many, and the days that are missing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import plants
import pytest
import results
from hypothesis import given
from hypothesis import strategies as st

import forecast as fc
from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation import BacktestResult, block_sums, diebold_mariano, holm, more_blocks, resampled_means
from forecast.evaluation import metrics as m
from forecast.evaluation.comparing import t_interval

LEVELS = list(results.LEVELS)


def rows_of(result: BacktestResult, model: str) -> pd.DataFrame:
    frame = result.frame().query("model == @model and valid").reset_index(drop=True)
    zone = str(result.dataset["timezone"].values[0])
    return frame.assign(day=frame["valid_time"].dt.tz_convert(zone).dt.floor("D"))


def slow_loss(rows: pd.DataFrame, metric: str) -> np.ndarray:
    y, p = rows["actual"].to_numpy(float), rows["power"].to_numpy(float)
    quantiles = rows[[f"q{int(100 * level):02d}" for level in LEVELS]].to_numpy(float)
    if metric == "crps":
        return np.array([m.crps_quantiles(a, q, levels=LEVELS) for a, q in zip(y, quantiles, strict=True)])
    if metric == "pinball":
        return np.array([m.pinball(a, q, levels=LEVELS) for a, q in zip(y, quantiles, strict=True)])
    error = (p - y) / (results.CAPACITY if metric.startswith("n") else 1.0)
    return np.abs(error) if metric.endswith("mae") else error**2


@pytest.mark.parametrize("metric", ["rmse", "mae", "nrmse", "nmae", "pinball", "crps"])
def test_the_comparison_equals_one_made_by_hand_from_the_long_frame(metric: str) -> None:
    result = results.backtest(days=9, leads=2)
    a, b = rows_of(result, "gbm"), rows_of(result, "reference")
    losses = np.column_stack([slow_loss(a, metric), slow_loss(b, metric)])
    sums, counts = block_sums(losses, a["day"].astype("int64"))
    drawn, means = resampled_means(sums, counts, length=2, random_state=0), losses.mean(axis=0)
    if metric.endswith("rmse"):
        drawn, means = np.sqrt(drawn), np.sqrt(means)
    row = result.compare("gbm", "reference", metric=metric).iloc[0]
    assert (row["n"], row["days"]) == (len(a), a["day"].nunique())
    assert [row["score"], row["score_against"]] == pytest.approx(means)
    assert row["difference"] == pytest.approx(means[0] - means[1])
    expected = t_interval(means[0] - means[1], drawn[:, 0] - drawn[:, 1], -(-len(counts) // 2))
    assert [row["low"], row["high"], row["pvalue"]] == pytest.approx([expected.low, expected.high, expected.pvalue])
    assert row["relative"] == pytest.approx(means[0] / means[1] - 1)
    assert row["relative_low"] < row["relative"] < row["relative_high"]
    by_issue = pd.Series(losses[:, 0] - losses[:, 1]).groupby(a["issue_time"]).mean()
    assert row["hln"] == pytest.approx(diebold_mariano(by_issue, horizon=2).hln)


def test_scores_are_those_of_the_table_of_scores_and_rows_the_same() -> None:
    result = results.backtest(days=12)
    table = result.compare("gbm", by="lead", where="daylight", floor=0.05)
    scores = result.scores("lead", where="daylight", floor=0.05)
    assert table.index.names == ["model", "against", "lead"]
    for (_, other, lead), row in table.iterrows():
        assert row["score"] == pytest.approx(scores.loc[("gbm", lead), "rmse"])
        assert row["score_against"] == pytest.approx(scores.loc[(other, lead), "rmse"])
        assert row["n"] == scores.loc[("gbm", lead), "n"]


def test_turning_the_question_round_turns_the_answer_round() -> None:
    result = results.backtest(days=15)
    one = result.compare("gbm", "plain").iloc[0]
    other = result.compare("plain", "gbm").iloc[0]
    assert (one["verdict"], other["verdict"]) == ("better", "worse")
    assert other["difference"] == pytest.approx(-one["difference"])
    assert (other["low"], other["high"]) == pytest.approx((-one["high"], -one["low"]))
    assert one["pvalue"] == pytest.approx(other["pvalue"])


def test_the_order_of_issue_times_changes_nothing_and_the_unit_only_the_unit() -> None:
    result = results.backtest(days=10)
    plain = result.compare("gbm", by="lead")
    order = np.random.default_rng(0).permutation(result.dataset.sizes["issue_time"])
    shuffled = BacktestResult(result.dataset.isel(issue_time=order)).compare("gbm", by="lead")
    pd.testing.assert_frame_equal(shuffled, plain)
    data = result.dataset.copy()
    for name in ("power", "quantiles", "actual", "capacity_kw"):
        data[name] = data[name].astype(float) * 1000
    scaled = BacktestResult(data).compare("gbm", by="lead")
    unitless = ["relative", "pvalue", "holm", "hln", "dm_pvalue", "verdict", "more_days"]
    pd.testing.assert_frame_equal(scaled[unitless], plain[unitless])
    pd.testing.assert_series_equal(scaled["difference"], 1000 * plain["difference"])


def test_equal_models_stay_undecided_and_a_small_gain_says_how_many_days_it_needs() -> None:
    result = results.backtest(days=6, models={"gbm": 5.0, "twin": 5.0, "reference": 5.2})
    same = result.dataset.copy()
    same["power"][1] = same["power"][0]
    row = BacktestResult(same).compare("gbm", "twin").iloc[0]
    assert (row["difference"], row["pvalue"], row["verdict"], row["more_days"]) == (0, 1, "undecided", np.inf)
    small = result.compare("gbm", "reference", by="lead")
    open_ = small[small["verdict"] == "undecided"]
    assert len(open_) and (open_["more_days"] > 0).all()
    assert (small.loc[small["verdict"] != "undecided", "more_days"] == 0).all()
    # with that many more days, the verdict is there in most repetitions
    needed = int(6 + open_["more_days"].median())
    longer = results.backtest(days=min(needed, 120), models={"gbm": 5.0, "twin": 5.0, "reference": 5.2}, seed=3)
    assert (longer.compare("gbm", "reference", by="lead")["pvalue"] < small["pvalue"].max()).mean() > 0.5


def test_a_verdict_is_held_against_all_comparisons_of_the_table() -> None:
    result = results.backtest(days=25, models={"a": 5.0, "b": 5.1, "c": 5.05, "reference": 5.1})
    table = result.compare("a", by="lead")
    corrected, _ = holm(table["pvalue"])
    np.testing.assert_allclose(table["holm"], corrected)
    assert ((table["verdict"] == "undecided") == (table["holm"] >= 0.05)).all()
    assert (table["holm"] >= table["pvalue"]).all()


def slow_holm(p: list[float]) -> list[float]:
    order = sorted(range(len(p)), key=lambda i: p[i])
    out, worst = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[i]))
        out[i] = worst
    return out


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_equals_the_steps_of_its_paper(p: list[float]) -> None:
    corrected, limits = holm(p)
    assert corrected.tolist() == pytest.approx(slow_holm(p))
    assert sorted(limits) == pytest.approx([0.05 / k for k in range(len(p), 0, -1)])
    with_hole = holm([*p, np.nan])[0]
    assert np.isnan(with_hole[-1]) and with_hole[:-1].tolist() == pytest.approx(corrected.tolist())


def test_holm_keeps_false_verdicts_at_their_level_where_bare_p_values_do_not() -> None:
    rng = np.random.default_rng(1)
    p = rng.random((3000, 16))
    bare = (p < 0.05).any(axis=1).mean()
    held = np.mean([(holm(row)[0] < 0.05).any() for row in p])
    assert bare > 0.5
    assert held == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 3000))


def test_more_days_bring_a_verdict_as_often_as_stated() -> None:
    rng = np.random.default_rng(2)
    need = 20 + more_blocks(0.5, 1 / np.sqrt(20), 20)
    days = rng.normal(0.5, 1.0, (4000, int(need)))
    statistic = days.mean(axis=1) / days.std(axis=1, ddof=1) * np.sqrt(need)
    assert np.mean(statistic > 1.96) == pytest.approx(0.8, abs=0.04)
    steps = [more_blocks(0.5, 0.2, 20, alpha=alpha) for alpha in (0.1, 0.05, 0.01, 0.001)]
    assert all(a < b for a, b in pairwise(steps))
    assert more_blocks(5.0, 0.1, 20) == 0


def test_intervals_hold_the_true_difference_at_their_level_when_errors_hang_together() -> None:
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(5)
    blocks = np.repeat(np.arange(40), 24)
    truth = np.array([1.0, 1.3])  # standard deviations of the errors of both models
    held = []
    for trial in range(200):
        noise = rng.standard_normal((2, len(blocks) + 200)) + 0.8 * rng.standard_normal(len(blocks) + 200)
        error = signal.lfilter([np.sqrt(1 - 0.9**2)], [1.0, -0.9], noise, axis=1)[:, 200:] / np.sqrt(1.64)
        sums, counts = block_sums((truth[:, None] * error).T ** 2, blocks)
        drawn = np.sqrt(resampled_means(sums, counts, length=3, n_resamples=300, random_state=trial))
        rmse = np.sqrt(sums.sum(axis=0) / counts.sum())
        found = t_interval(rmse[0] - rmse[1], drawn[:, 0] - drawn[:, 1], 14, level=0.9)
        held.append(found.low <= truth[0] - truth[1] <= found.high)
    assert np.mean(held) == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 200))


def test_a_saved_and_loaded_forecaster_is_compared_as_it_is(tmp_path: Path) -> None:
    data, start = plants.wind(), plants.START + pd.Timedelta("15D")
    plants.forecaster("ridge").fit(data.until(start)).save(tmp_path / "ridge.qh")
    models = {"ridge": fc.load(tmp_path / "ridge.qh")}
    result = fc.backtest(models, data, start, start + pd.Timedelta("5D"), every="1h", refit="never", progress=False)
    table = result.compare("ridge", "reference", by="lead")
    assert table["days"].min() >= 5
    assert set(table["verdict"]) <= {"better", "worse", "undecided"}


def test_groups_of_a_single_day_stay_undecided_and_what_cannot_be_compared_is_refused() -> None:
    result = results.backtest(days=6)
    long = results.backtest(days=31).dataset
    some = BacktestResult(long.sel(issue_time=long["issue_time"] < np.datetime64("2024-04-01T06:00")))
    april = some.compare("gbm", "reference", by="month").loc[("gbm", "reference", 4)]
    assert (april["days"], april["verdict"]) == (1, "undecided")
    assert np.isnan(april[["difference", "holm", "more_days"]].astype(float)).all()
    days = result.dataset["issue_time"].values
    one = BacktestResult(result.dataset.isel(issue_time=(days < days[10])))
    with pytest.raises(NotEnoughDataError, match="fewer than two days"):
        one.compare("gbm")
    for options, text in (
        ({"metric": "mape"}, "metric='mape' is not offered"),
        ({"against": "gbm"}, "needs another model"),
        ({"against": "naive"}, "model 'naive' is not in this backtest; it has gbm, plain"),
        ({"by": "day"}, "by='day': a comparison needs several days"),
        ({"length": 7}, "two runs"),
    ):
        with pytest.raises(SettingsError, match=text):
            result.compare("gbm", **options)
    bare = results.backtest(days=6, levels=())
    with pytest.raises(NotEnoughDataError, match="metric='crps' needs quantiles"):
        bare.compare("gbm", metric="crps")


def test_error_parts_by_group_are_those_of_the_plain_metric() -> None:
    result = results.backtest(days=8)
    table = result.error_parts(["lead", "hour"])
    frame = result.frame().query("valid")
    frame = frame.assign(hour=frame["valid_time"].dt.tz_convert("Asia/Kolkata").dt.hour)
    for (model, lead, hour), row in table.sample(25, random_state=0).iterrows():
        rows = frame[(frame["model"] == model) & (frame["lead"] == lead) & (frame["hour"] == hour)]
        expected = m.error_parts(rows["actual"], rows["power"])
        assert row["n"] == len(rows)
        assert row.drop("n").tolist() == pytest.approx(list(expected), rel=1e-5, abs=1e-6)
    both = table["bias_squared"] + table["amplitude"] + table["phase"]
    np.testing.assert_allclose(both, table["mse"], rtol=1e-6)


def test_ramps_are_counted_along_each_lead() -> None:
    result = results.backtest(days=20)
    found = result.ramps(threshold=0.15, tolerance="1h")
    for model in result.models:
        for k, lead in enumerate(result.dataset["lead"].values):
            data = result.dataset.isel(site=0, lead=k)
            obs = np.where(data["valid"], data["actual"], np.nan)
            fcst = data["power"].sel(model=model).values
            expected = m.ramp_contingency(obs, fcst, steps=2, threshold=15.0, tolerance=2)
            row = found.loc[(model, lead)]
            assert tuple(row[["hits", "false_alarms", "misses", "correct_negatives"]]) == tuple(expected)
            assert row["csi"] == pytest.approx(expected.csi)
    assert found["ramp_score"].groupby("model").apply(lambda s: s.is_monotonic_increasing).all()
    with pytest.raises(SettingsError, match="window='10min' is shorter than the 30min between"):
        result.ramps(window="10min")
    with pytest.raises(SettingsError, match="threshold is 20"):
        result.ramps(threshold=20)
    with pytest.raises(NotEnoughDataError, match="1 issue time"):
        BacktestResult(result.dataset.isel(issue_time=[0])).ramps()
