"""The comparison with other libraries: nothing later than the issue time is handed over, and all are judged alike."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
STEP = pd.Timedelta("15min")


@pytest.fixture(scope="module")
def tasks() -> Iterator[Any]:
    """The modules of the comparison, by name."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    names = ("task", "inputs", "scores", "runs", "page")
    yield SimpleNamespace(**{name: importlib.import_module(f"accuracy_tasks.{name}") for name in names})
    patch.undo()
    for name in set(sys.modules) - before:
        if name.startswith(("accuracy_tasks", "records", "ultra_short")):
            del sys.modules[name]


def rows_of(data: Any, count: int = 30) -> pd.DataFrame:
    """Return rows to forecast near the end of a record, every lead."""
    newest = data.power.index[-1].tz_convert("UTC") - 20 * STEP
    times = pd.date_range(end=newest, periods=count, freq=STEP)
    return pd.concat([pd.DataFrame({"issue_time": times, "lead": lead}) for lead in (1, 4, 16)], ignore_index=True)


def task_of(tasks: Any, data: Any, fine: Any = None, rows: pd.DataFrame | None = None) -> Any:
    return tasks.inputs.prepared(data, fine or data, rows_of(data) if rows is None else rows, "15min")


def planted(data: Any, after: pd.Timestamp) -> Any:
    """Return the data with every measurement after a moment replaced."""
    power, observed = data.power.copy(), data.observed.copy()
    power[power.index > after] = 0.31 * data.site.capacity_kw
    observed.loc[observed.index > after] = 3.7
    return plants.rebuilt(data, power=power, observed=observed)


@pytest.mark.parametrize("make", [plants.wind, plants.pv])
def test_nothing_measured_after_the_issue_time_is_handed_over(tasks: Any, make: Any) -> None:
    data = make(8)
    rows = rows_of(data)
    issue = rows["issue_time"].iloc[5]
    as_is, changed = task_of(tasks, data, rows=rows), task_of(tasks, planted(data, issue), rows=rows)
    now = issue.tz_localize(None)
    assert (changed.power[now + STEP :] != as_is.power[now + STEP :]).any()
    pd.testing.assert_series_equal(changed.power[:now], as_is.power[:now])
    pd.testing.assert_frame_equal(changed.past[:now], as_is.past[:now])
    # what is known ahead is the same for a whole horizon
    pd.testing.assert_frame_equal(changed.future[: now + 16 * STEP], as_is.future[: now + 16 * STEP])
    for lead in (1, 4, 16):
        valid = now + lead * STEP
        pd.testing.assert_frame_equal(changed.regressors(lead)[:valid], as_is.regressors(lead)[:valid])
        assert not changed.regressors(lead)[valid + STEP :].equals(as_is.regressors(lead)[valid + STEP :])


def test_minutes_within_the_step_are_measurements_of_their_label(tasks: Any) -> None:
    fine = plants.pv(4, "1min", observed=False, nwp=False)
    blocks = fine.power.resample("15min", closed="right", label="right").mean()
    data = plants.rebuilt(fine, power=blocks)
    past = task_of(tasks, data, fine).past
    label = past.index[200]
    share = (fine.clean / fine.site.capacity_kw).tz_convert("UTC").tz_localize(None)
    newest = share[label - STEP + pd.Timedelta("1s") : label]
    expected = [newest.iloc[-1], newest.iloc[-5:].mean(), newest.std()]
    np.testing.assert_allclose(past.loc[label, ["power_1min", "power_5min", "power_spread"]], expected)


def test_the_envelope_is_the_quantile_of_the_same_time_on_the_days_before(tasks: Any) -> None:
    index = pd.date_range("2024-05-01 05:30", periods=40 * 96 + 17, freq=STEP)
    share = pd.Series(np.random.default_rng(3).random(len(index)), index=index).mask(lambda x: x < 0.05)
    made = tasks.inputs.envelope(share)
    for place in (2 * 96 + 5, 12 * 96 + 50, len(index) - 1):
        before = share.iloc[place % 96 : place : 96].iloc[-30:]
        expected = before.quantile(0.95) if before.count() >= 3 else np.nan
        np.testing.assert_allclose(made.iloc[place], expected)


def test_a_task_comes_back_from_its_file_as_it_was(tasks: Any, tmp_path: Path) -> None:
    task = task_of(tasks, plants.wind(3))
    task.save(tmp_path / "task.npz")
    again = tasks.task.Task.load(tmp_path / "task.npz")
    pd.testing.assert_series_equal(again.power, task.power, check_freq=False)
    pd.testing.assert_frame_equal(again.past, task.past, check_freq=False)
    pd.testing.assert_frame_equal(again.future, task.future, check_freq=False)
    assert again.start == rows_of(plants.wind(3))["issue_time"].min().tz_localize(None)
    assert again.step == STEP and again.power.index.freq is not None
    assert again.lags[:2] == [1, 2] and again.lags[-3:] == [81, 93, 96]  # a day before leads 16, 4 and 1


def test_an_answer_is_cut_to_the_capacity_and_its_quantiles_rise(
    tasks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(tasks, plants.wind(3))
    task.save(tmp_path / "task.npz")
    crossing = {"power": 1.2, "q05": 0.4, "q10": 0.2, "q25": 0.3, "q50": 0.5, "q75": 0.6, "q90": 0.7, "q95": -0.1}

    def forecast(task: Any, lead: int) -> pd.DataFrame:
        return pd.DataFrame(crossing, index=task.power.index)

    monkeypatch.setattr(sys, "argv", ["with_a_library", str(tmp_path / "task.npz"), str(tmp_path / "answer.npz")])
    tasks.task.answer(forecast)
    made = tasks.task.answered(tmp_path / "answer.npz")
    asked = rows_of(plants.wind(3))
    assert (made["issue_time"] == asked["issue_time"]).all() and (made["lead"] == asked["lead"]).all()
    assert made.iloc[7][list(tasks.task.COLUMNS)].tolist() == [1.0, 0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def forecasts(seed: int, days: int = 12, spread: float = 0.1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows with their truth, and forecasts that err by so much."""
    rng = np.random.default_rng(seed)
    times = pd.date_range("2024-06-01", periods=days * 96, freq=STEP, tz="UTC")
    rows = pd.concat([pd.DataFrame({"issue_time": times, "lead": lead}) for lead in (1, 4, 16)], ignore_index=True)
    rows["actual"] = np.random.default_rng(0).uniform(-0.02, 1, len(rows))
    made = rows[["issue_time", "lead"]].assign(power=rows["actual"] + spread * rng.normal(size=len(rows)))
    for place, name in enumerate(("q05", "q10", "q25", "q50", "q75", "q90", "q95")):
        made[name] = made["power"] + (place - 3) * 0.05
    return rows, made


def test_scores_are_root_mean_square_and_pinball_of_the_power_cut_at_zero(tasks: Any) -> None:
    rows, made = forecasts(1)
    sums = tasks.scores.daily({"ours": tasks.scores.losses(rows, made.sample(frac=1, random_state=0))})
    rmse, pinball = tasks.scores.of(sums[4, "ours"].sum(axis=0))
    part, truth = made[made["lead"] == 4], rows.loc[rows["lead"] == 4, "actual"]
    assert rmse == pytest.approx(100 * np.sqrt(((part["power"] - truth) ** 2).mean()))
    losses = [
        max(level * (y - q), (level - 1) * (y - q))
        for level, name in zip(tasks.task.LEVELS, tasks.task.COLUMNS[1:], strict=True)
        for y, q in zip(truth.clip(lower=0), part[name], strict=True)
    ]
    assert pinball == pytest.approx(100 * np.mean(losses))


def test_rows_that_one_library_did_not_forecast_count_for_none(tasks: Any) -> None:
    rows, made = forecasts(1)
    holes = made.copy()
    holes.loc[holes["lead"] == 4, "q25"] = np.nan
    holes.loc[10, "power"] = np.nan
    sums = tasks.scores.daily({who: tasks.scores.losses(rows, table) for who, table in {"a": made, "b": holes}.items()})
    assert {key for key in sums if key[0] == 4} == set()
    assert sums[1, "a"][:, 0].sum() == sums[1, "b"][:, 0].sum() == (rows["lead"] == 1).sum() - 1
    assert sums[16, "a"][:, 0].sum() == (rows["lead"] == 16).sum()


def test_the_ratio_is_of_means_over_records_that_both_have(tasks: Any) -> None:
    days = {}
    for name, spread in {"calm": 0.05, "rough": 0.2}.items():
        rows, ours = forecasts(1, spread=spread)
        theirs = forecasts(2, spread=1.1 * spread)[1]
        tables = {"ours": ours, "peer": theirs, "twin": ours}
        days[name] = tasks.scores.daily({who: tasks.scores.losses(rows, table) for who, table in tables.items()})
    days["alone"] = {key: sums for key, sums in days["calm"].items() if key[1] == "ours"}
    found = tasks.scores.compared(days, 16, "ours", "peer")
    each = {who: [tasks.scores.of(days[name][16, who].sum(axis=0))[0] for name in ("calm", "rough")]
            for who in ("ours", "peer")}  # fmt: skip
    ours, theirs, ratio, low, high = found["rmse"]
    assert found["records"] == 2
    assert (ours, theirs) == pytest.approx((np.mean(each["ours"]), np.mean(each["peer"])))
    assert ratio == pytest.approx(ours / theirs) and low < ratio < high < 1
    assert tasks.scores.compared(days, 16, "ours", "twin")["pinball"][2:] == pytest.approx((1, 1, 1))
    assert tasks.scores.compared(days, 16, "ours", "nobody") == {"records": 0}


def test_what_has_finished_is_not_made_again_and_what_fails_leaves_nothing(
    tasks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []
    made = forecasts(1)[1]
    monkeypatch.setattr(tasks.runs, "_ours", lambda name, data, settings: calls.append((name, settings)) or made)
    for _ in range(2):
        tasks.runs.finished("turkey_t1", "ours", tmp_path, tmp_path, tmp_path)
        tasks.runs.finished("turkey_t1", "ours, light", tmp_path, tmp_path, tmp_path)
    tasks.runs.finished("turkey_t1", "darts", tmp_path, tmp_path, tmp_path / "no environments")
    assert calls == [("turkey_t1", {"model": "lightgbm", "adapt": "60D"}), ("turkey_t1", {"model": "blend"})]
    assert {path.name for path in tmp_path.iterdir()} == {"turkey_t1.ours.parquet", "turkey_t1.ours_light.parquet"}
    assert "darts is not installed: make peers" in capsys.readouterr().err


def test_the_page_has_what_finished_and_names_what_has_not(
    tasks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, made = forecasts(1)
    monkeypatch.setattr(tasks.page.records, "load_rows", lambda name, data: rows.copy())
    for name, libraries in {"turkey_t1": ("ours", "ours, light", "darts"), "paddle_wind": ("ours",)}.items():
        for library in libraries:
            made.to_parquet(tasks.runs.place(name, library, tmp_path))
    text = tasks.page.text(tmp_path, tmp_path)
    assert text.count("| darts | 1 |") == 4  # two scores of two of ours
    assert "**1.000** (1.000 … 1.000)" in text
    assert not any(line.startswith("| skforecast ") for line in text.splitlines())
    assert f"| paddle_wind | 16 | {12 * 96} |" in text
    assert "- darts: stategrid_pv.site1_50mw" in text and "\n- ours: stategrid_pv.site1_50mw" in text
    left = next(line for line in text.splitlines() if line.startswith("- darts: "))
    assert "paddle_wind" in left and "turkey_t1" not in left


def test_levels_are_those_of_the_other_benchmark(tasks: Any) -> None:
    quantiles = importlib.import_module("ultra_short").QUANTILES
    assert dict(zip(tasks.task.LEVELS, tasks.task.COLUMNS[1:], strict=True)) == quantiles
