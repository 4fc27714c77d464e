"""A watch scores live forecasts beside the promise, rings for faults and not for chance, and survives restarts."""

from __future__ import annotations

import json
import logging
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from watched import CAPACITY, STEP, Live, promise, watch

import forecast as fc
from forecast.errors import ColumnError, InputTypeError, NotEnoughDataError, ReadingError, SettingsError, SiteError
from forecast.monitor.charts import standardised
from forecast.monitor.limits import Limits, _spread, drawn, false_alarms
from forecast.monitor.promising import promise_of


def field(found: fc.monitor.Watch) -> dict:
    return found.status()["sites"]["field"]


def rung(found: fc.monitor.Watch) -> list[str]:
    return [name for name, alarm in field(found)["alarms"].items() if alarm["raised"]]


def test_scores_are_those_of_a_slow_recomputation() -> None:
    live = Live(5)
    found = live.feed(watch(), 4)
    scores = field(found)["scores"]["7D"]
    known = live.outcome(0, 4 * 48)
    rows = []
    for i in range(4 * 48):
        frame = live.frame(i)
        rows.append(frame.assign(actual=known.reindex(frame.index)))
    table = pd.concat(rows).dropna(subset="actual")
    table = table[table["q95"].astype(np.float32) > 0]
    for leads, part in (("1", table[table["lead"] == 1]), ("3", table[table["lead"] == 3]), ("all", table)):
        error = part["power"] - part["actual"]
        assert scores[leads]["n"] == len(part)
        assert scores[leads]["mae"] == pytest.approx(error.abs().mean(), rel=1e-5)
        assert scores[leads]["rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-5)
        assert scores[leads]["bias"] == pytest.approx(error.mean(), rel=1e-4, abs=1e-4)
        inside = (part["actual"] >= part["q05"] - 1e-6) & (part["actual"] <= part["q95"] + 1e-6)
        assert scores[leads]["coverage_90"] == pytest.approx(inside.mean(), abs=2e-3)


def test_the_promise_is_near_the_scores_of_the_backtest_in_the_same_conditions() -> None:
    found = field(Live(16).feed(watch(), 15))["scores"]["30D"]
    table = promise().scores(by="lead").loc["gbm"]
    for lead in ("1", "4"):
        assert found[lead]["promised_mae"] == pytest.approx(table.loc[int(lead), "mae"], rel=0.1)
        assert found[lead]["promised_coverage_90"] == pytest.approx(table.loc[int(lead), "coverage_90"], abs=0.05)
        assert found[lead]["mae"] == pytest.approx(found[lead]["promised_mae"], rel=0.15)


@pytest.mark.parametrize(
    ("fault", "alarm"),
    [
        ({"error": 2.0}, "error"),
        ({"bias": 4.0}, "forecasts too high"),
        ({"bias": -4.0}, "forecasts too low"),
        ({"width": 0.5}, "intervals too narrow"),
        ({"width": 2.0}, "intervals too wide"),
    ],
)
def test_a_fault_is_found_within_a_week_and_healthy_days_before_are_quiet(fault: dict, alarm: str) -> None:
    found = Live(8).feed(watch(), 6)
    assert rung(found) == []
    Live(16, **fault).feed(found, 7, first=6)
    assert alarm in rung(found)


def test_alarms_are_logged_once_and_quiet_without_a_handler(caplog, capsys) -> None:
    found = Live(10, error=2.5).feed(watch(), 8)
    with caplog.at_level(logging.INFO, logger="forecast"):
        found.status()
        found.status()
    assert sum("alarm raised: error" in text for text in caplog.messages) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("rate", [1.0, 6.0])
def test_years_drawn_from_the_record_ring_as_often_as_stated_or_less(rate: float) -> None:
    _, days, hours = promise_of(promise(), "gbm", 0)
    limits = Limits.of(days, hours, rate)
    live = days[drawn(len(days), (425, 400), np.random.default_rng(5))]
    measured = false_alarms(standardised(live, limits.spread), limits.thresholds).sum()
    # limits allow for a promise that is known from 90 days only; a promise that is exactly right rings less often
    assert 0.2 * rate < measured < 1.2 * rate
    assert limits.thresholds.shape == (5,) and (_spread(days) > 0).all()


def test_an_uncertain_promise_rings_as_often_as_stated() -> None:
    often = []
    for seed in range(6):  # records of 60 days, each with its own limits, and the truth that they come from
        rng = np.random.default_rng(100 + seed)
        record = rng.normal(size=(60, 3)) * [0.3, 0.4, 0.08]
        limits = Limits.of(record - record.mean(axis=0), 24, 8.0)  # days beside their own promise
        live = rng.normal(size=(425, 40, 3)) * [0.3, 0.4, 0.08] - record.mean(axis=0)
        often.append(false_alarms(standardised(live, limits.spread), limits.thresholds).sum())
    assert 0.4 * 8 < np.mean(often) < 1.6 * 8


def test_late_corrected_and_repeated_outcomes_end_where_orderly_ones_do() -> None:
    live = Live(3)
    orderly, wild = live.feed(watch(), 2), watch()
    rng = np.random.default_rng(0)
    for i in range(96):
        wild.forecast(live.frame(i))
    wild.outcome(live.outcome(0, 96) * 1.7 + 3)  # wrong at first
    for i in rng.permutation(96):
        wild.outcome(live.outcome(i, i + 1))
        if i % 9 == 0:
            wild.outcome(live.outcome(i, i + 1))
    one, other = field(orderly), field(wild)
    assert one["scores"] == other["scores"] and one["alarms"] == other["alarms"]
    counts = other["counters"]["power"]
    known = int(live.outcome(0, 96).notna().sum())
    assert counts["corrected"] >= known - 2 and counts["repeated"] >= 11
    assert one["counters"]["power"]["late"] == 0


def test_what_comes_out_of_order_is_counted_as_late_and_the_future_is_left_out() -> None:
    live, found = Live(3), watch()
    for i in range(40):
        found.forecast(live.frame(i))
    found.outcome(live.outcome(20, 30))
    found.outcome(live.outcome(5, 12))
    found.outcome(pd.Series([3.0], index=[live.index[39] + pd.Timedelta("400D")]))
    counts = field(found)["counters"]["power"]
    assert (counts["late"], counts["ahead"]) == (7, 1)
    assert field(found)["newest_outcome"] == (live.index[29] + pd.Timedelta(STEP)).isoformat()


def test_flagged_and_limited_values_are_told_and_not_scored() -> None:
    live, found = Live(3), watch()
    for i in range(48):
        found.forecast(live.frame(i))
    power = live.outcome(0, 48).fillna(20.0)
    power.iloc[10] = 9 * CAPACITY
    power.iloc[11] = np.nan
    limited = pd.Series(True, index=power.index[12:15])
    found.outcome(power, limited=limited)
    status = field(found)
    day = status["last_day"]
    assert (day["expected"], day["out_of_range"], day["limited"]) == (48, 1, 3)
    assert day["used"] + day["out_of_range"] + day["missing"] + day["limited"] + day["frozen"] == 48
    assert status["counters"]["power"]["out_of_range"] == 1 and status["counters"]["power"]["missing"] == 1
    clean = watch()
    for i in range(48):
        clean.forecast(live.frame(i))
    clean.outcome(power.drop(power.index[10:15]))
    assert field(clean)["scores"] == status["scores"]


def test_site_data_tell_of_limits_themselves() -> None:
    live, found, plain = Live(3), watch(), watch()
    for i in range(48):
        found.forecast(live.frame(i))
        plain.forecast(live.frame(i))
    power = live.outcome(0, 48).fillna(20.0)
    site = fc.WindSite("field", CAPACITY)
    # what is stated goes on until something else is
    curtailed = pd.Series(np.r_[np.zeros(20), np.ones(8), np.zeros(20)] > 0, index=power.index)
    found.outcome(fc.SiteData(site, power, curtailed=curtailed))
    data = fc.SiteData(site, power, curtailed=curtailed)
    limited = pd.Series(data.limited(data.times("power"), data.power_step_ns), index=power.index)
    plain.outcome(power, limited=limited)
    assert limited.sum() == 8
    found.outcome(data)  # the same history again is no news
    assert field(found) == field(plain)


def test_a_restart_at_any_moment_changes_nothing(tmp_path) -> None:
    live = Live(9, error=1.6)
    steady = live.feed(watch(), 8)
    broken = watch()
    for day in range(8):
        live.feed(broken, 1, first=day)
        broken.save(tmp_path / "watch.json")
        broken = fc.monitor.Watch.load(tmp_path / "watch.json")
    assert broken.status() == steady.status()
    assert broken.prometheus() == steady.prometheus()
    assert [path.name for path in tmp_path.iterdir()] == ["watch.json"]


def test_memory_and_state_do_not_grow_with_time() -> None:
    live, found = Live(30), watch()
    live.feed(found, 8)
    tracemalloc.start()
    before, early = tracemalloc.get_traced_memory()[0], len(json.dumps(found.to_dict()["sites"]["field"]["recorded"]))
    live.feed(found, 20, first=8)
    after, late = tracemalloc.get_traced_memory()[0], len(json.dumps(found.to_dict()["sites"]["field"]["recorded"]))
    tracemalloc.stop()
    assert late < 1.2 * early
    assert after - before < 500_000
    assert len(found.sites["field"].closed) <= 60


def test_reasons_stay_few_however_many_texts_there_are() -> None:
    found, live = watch(), Live(3)
    for i in range(96):
        frame = live.frame(i)
        frame["level"], frame["reason"] = 1, f"no nwp; newest run {i}.5 h old; {chr(65 + i % 26)}{chr(65 + i // 26)}"
        found.forecast(frame)
    counters = field(found)["counters"]
    assert len(counters["reasons"]) == 51 and counters["reasons"]["other"] == 96 - 50
    assert counters["levels"] == {"1": 96} and counters["forecasts"] == 96


@pytest.mark.parametrize("spoil", ["text", "newer", "kind", "shape", "gone"])
def test_a_damaged_state_is_one_typed_error(spoil: str, tmp_path) -> None:
    values = watch().to_dict()
    if spoil == "newer":
        values["quarterhour_watch"] = 99
    if spoil == "kind":
        values["sites"]["field"]["recorded"]["power"]["kind"] = "|O"
    if spoil == "shape":
        values["sites"]["field"]["recorded"]["power"]["shape"] = [0, 3]
    if spoil == "gone":
        del values["sites"]["field"]["limits"]["hours"]
    text = json.dumps(values)
    (tmp_path / "state.json").write_text(text[: len(text) // 2] if spoil == "text" else text)
    with pytest.raises(ReadingError, match=r"state\.json"):
        fc.monitor.Watch.load(tmp_path / "state.json")


def test_errors_say_what_to_do() -> None:
    live, found = Live(3), watch()
    with pytest.raises(InputTypeError, match="predict returned"):
        found.forecast(pd.DataFrame())
    other = live.frame(0)
    other.attrs["site"] = "elsewhere"
    with pytest.raises(SiteError, match="'field'"):
        found.forecast(other)
    with pytest.raises(ColumnError, match="q95"):
        found.forecast(live.frame(0).drop(columns="q95"))
    with pytest.raises(ColumnError, match="leads"):
        found.forecast(live.frame(0).assign(lead=[1, 2, 3, 9]))
    with pytest.raises(SettingsError, match="plain"):
        fc.monitor.Watch(promise(), "gmb")
    with pytest.raises(SettingsError, match="false_alarms_per_year"):
        fc.monitor.Watch(promise(), "gbm", false_alarms_per_year=0)
    with pytest.raises(NotEnoughDataError, match="30"):
        fc.monitor.Watch(promise(6), "gbm")
    with pytest.raises(InputTypeError, match="backtest"):
        fc.monitor.Watch("backtest.nc")  # type: ignore[arg-type]
