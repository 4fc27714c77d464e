from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import results

import forecast as fc
from forecast.errors import SettingsError
from forecast.evaluation import BacktestResult
from forecast.rules import assess


def backtest(days: int = 40) -> BacktestResult:
    """Four hours ahead in half hours, over the turn of a month, some forecasts and whole runs missing."""
    result = results.backtest(days=days, leads=8)
    power = result.dataset["power"].copy()
    power[0, 0, 100:110] = np.nan
    return BacktestResult(result.dataset.assign(power=power).drop_isel(issue_time=[300, 301, 302]))


def test_a_day_of_the_table_is_the_assessment_of_its_points() -> None:
    result = backtest()
    table = result.rule("ZJ", by="day").loc[("plain", "field", "accuracy")]
    frame = result.frame()
    frame = frame[(frame["model"] == "plain") & (frame["lead"] == 8)]
    middle = (frame["valid_time"] - pd.Timedelta("15min")).dt.tz_convert("Asia/Kolkata")
    for day in ("2024-03-05", "2024-03-31", "2024-04-02"):
        points = frame[middle.dt.strftime("%Y-%m-%d") == day]
        p = points["actual"].where(points["valid"]).to_numpy()
        alone = assess(p, points["power"].to_numpy(), "ZJ", capacity_kw=100.0, kind="wind")
        row = table.loc[pd.Timestamp(day)]
        assert (row["n"], row["missing_truth"]) == (int(alone.n), int(alone.excluded["missing_truth"]))
        assert (row["score"], row["penalty"]) == pytest.approx((float(alone.score), float(alone.penalty)))


@pytest.mark.parametrize("rule", ["NW-2023", "ZJ", "JS", "NE", "CC", "SD"])
def test_days_hours_and_causes_add_up_to_the_same_penalty(rule: str) -> None:
    result = backtest()
    whole = result.rule(rule, by=[])
    total = (whole["penalty"] + whole["reporting_penalty"]).groupby(level=["model", "part"]).sum()
    assert rule in ("CC", "NE", "SD") or (total > 0).all()
    for by in ("run", "day", "month"):
        table = result.rule(rule, by=by)
        np.testing.assert_allclose(
            (table["penalty"].fillna(0) + table["reporting_penalty"]).groupby(level=["model", "part"]).sum(), total
        )
    split = result.rule(rule, by=["month", "hour", "cause"])
    np.testing.assert_allclose(split["penalty"].groupby(level=["model", "part"]).sum(), total)
    assert set(split.index.get_level_values("cause")) <= {"forecast too high", "forecast too low", "not reported"}


def test_every_row_shows_its_status_and_attrs_the_source() -> None:
    for by in ("run", "month", ["hour", "cause"]):
        table = backtest(8).rule("SD", by=by)
        assert (table["status"] == "unverified").all()
        assert "libeeepy" in table.attrs["rule"]["source"]


def test_missing_and_absent_runs_lower_the_reporting_rate_and_cost_what_the_rule_says() -> None:
    result = backtest()
    day = result.rule("SD", by="day").loc[("gbm", "field", "ultra-short deviation energy")]
    assert day["runs_due"].sum() == 40 * 48
    assert (day["runs_due"] - day["runs"]).sum() == 10 + 3
    month = result.rule("SD").loc[("gbm", "field", "ultra-short deviation energy")]
    march = month.loc["2024-03"]
    frame = result.frame()
    frame = frame[(frame["model"] == "gbm") & (frame["lead"] == 8) & frame["valid"]]
    middle = (frame["valid_time"] - pd.Timedelta("15min")).dt.tz_convert("Asia/Kolkata")
    energy = frame.loc[middle.dt.month == 3, "actual"].clip(lower=0).sum() * 0.5 / 1000
    percent = 100 * (1 - march["reporting_rate"])
    assert march["reporting_penalty"] == pytest.approx(min(0.001 * percent, 0.01) * energy, rel=1e-6)
    assert month.loc["2024-04", "reporting_penalty"] == 0


def test_a_month_costs_at_most_its_cap() -> None:
    result = results.backtest(days=20, leads=8)
    data = result.dataset
    # a plant of 100 MW whose forecast is always nothing
    big = data.assign(actual=data["actual"] * 1000, power=data["power"] * 0).assign_coords(capacity_kw=("site", [1e5]))
    row = BacktestResult(big).rule("SD", by="month", models=["gbm"]).iloc[0]
    frame = BacktestResult(big).frame()
    frame = frame[(frame["model"] == "gbm") & (frame["lead"] == 8) & frame["valid"]]
    assert row["penalty"] == pytest.approx(0.08 * frame["actual"].clip(lower=0).sum() * 0.5 / 1000, rel=1e-6)


def test_curtailed_truth_is_counted_as_such() -> None:
    from forecast.evaluation.excluding import REASONS

    result = results.backtest(days=6, leads=8)
    why = np.where(result.dataset["valid"].values, 0, REASONS.index("curtailed")).astype(np.int8)
    coded = (result.dataset["valid"].dims, why, {"labels": "|".join(REASONS)})
    table = BacktestResult(result.dataset.assign(reason=coded)).rule("CC", by=[])
    assert (table["curtailed"] > 0).all()
    assert (table["missing_truth"] == 0).all()
    assert (table["n"] + table["excluded"] == 6 * 48).all()


def test_day_ahead_rules_take_one_run_a_day_and_the_next_local_day() -> None:
    result = results.backtest(days=10, leads=96, step="30min")
    table = result.rule("NC-2019", by="day", models=["gbm"])
    short = table.xs("short accuracy", level="part")
    whole = short[short["runs"] > 0].iloc[2:-3]
    assert (whole["n"] + whole["excluded"] == 48).all()
    assert (whole["runs_due"] == 1).all()
    with pytest.raises(SettingsError, match="no forecast for the next local day, of one run a day.*leads="):
        results.backtest(leads=4).rule("SX-2021")
    assert len(results.backtest(leads=4).rule("SX-2021", leads=[4]))


def test_what_a_rule_cannot_be_asked_is_told() -> None:
    result = results.backtest()
    with pytest.raises(SettingsError, match="the rule is not for wind sites"):
        result.rule("NBT-32011-2013")
    with pytest.raises(SettingsError, match="by='weak' is not offered"):
        result.rule("ENTSO-E", by="weak")
    with pytest.raises(SettingsError, match="name one of run, day, month"):
        result.rule("ENTSO-E", by=["day", "month"])
    with pytest.raises(SettingsError, match="model 'gbn' is not in this backtest; did you mean 'gbm'"):
        result.rule("ENTSO-E", models=["gbn"])


def test_the_convention_is_the_plain_score() -> None:
    result = results.backtest()
    errors = result.rule("ENTSO-E", by=[])["error"]
    table = errors.unstack("part").droplevel("site")  # noqa: PD010  nothing to aggregate
    scores = result.scores(by=[])
    np.testing.assert_allclose(table["nRMSE"], scores.loc[table.index, "nrmse"])
    np.testing.assert_allclose(table["nMAE"], scores.loc[table.index, "nmae"])


def test_the_rules_are_reached_by_both_names() -> None:
    from forecast.evaluation import rules

    assert rules.get("SD") is fc.rules.get("SD")
    assert rules.list().equals(fc.rules.list())
