"""The benchmark and its gate: what is stored, what is compared, what shuts it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from forecast.bench import Workload, full, judged, quick, read, run, suites, write
from forecast.bench.fingerprint import code_hash, data_hash, settings_hash
from forecast.bench.gate import LARGER, SLOWER
from forecast.bench.stored import junit
from forecast.cli.app import app
from forecast.errors import NotEnoughDataError, ReadingError, SettingsError
from forecast.models import Boosted

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, Any]


@pytest.fixture(autouse=True)
def _less_reference_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from forecast.bench.reference_work import reference_work

    monkeypatch.setattr("forecast.bench.measuring.reference_work", lambda: reference_work(3000, 8, 1))


def small(model: Any = "reference") -> list[Workload]:
    return [
        Workload("pvdaq50", quick()[0].load, model, "15min", (1, 4), learn="40D", test="14D", every="1h"),
        Workload("la_haute_borne", quick()[1].load, model, "10min", (3,), learn="40D", test="14D", every="1h"),
    ]


@cache
def measured() -> Found:
    return run("quick", small())


def changed(rate: float, seed: int | None = None, days: int = 60) -> tuple[Found, Found]:
    """A made-up baseline, and the same with every loss `rate` higher, give or take by the day."""
    rng = np.random.default_rng(0)
    hits = np.random.default_rng(seed)
    records: Found = {}
    for name in ("pv", "wind"):
        table: Found = {"day": [str(d) for d in range(days)], "n": [40] * days}
        table |= {metric: (rng.gamma(3, 1, days)).tolist() for metric in ("rmse", "crps")}
        records[name] = {"leads": {"1": table, "4": copy.deepcopy(table)}}
    hashes = {"code": "a", "data": "b", "settings": "c"}
    work = {"time": 8.0, "memory": 2.0, "seconds": 9.0}
    made = "2024-06-01T00:00:00+00:00"
    before = {"suite": "quick", "made": made, "hashes": hashes, "work": work, "records": records}
    now = copy.deepcopy(before)
    for record in now["records"].values():
        for table in record["leads"].values():
            for metric, power in (("rmse", 2), ("crps", 1)):
                noise = 0.0 if seed is None else hits.normal(0, 0.05, days)
                table[metric] = (np.array(table[metric]) * ((1 + rate) ** power + noise)).tolist()
    return before, now


def worse(before: Found, now: Found) -> list[str]:
    return [line.what for line in judged(before, now) if line.worse]


def test_the_same_result_is_not_worse_and_not_better() -> None:
    lines = judged(measured(), measured())
    assert not any(line.worse or line.better for line in lines)
    assert {line.change for line in lines} == {0.0}
    whats = [line.what for line in lines]
    assert {"pvdaq50 lead 4 rmse", "pvdaq50 mean crps", "all rmse"} <= set(
        whats
    ) or "la_haute_borne lead 3 rmse" in whats
    assert whats[-2:] == ["time over the reference work", "memory over the reference work"]


def test_daily_losses_add_up_to_the_scores_of_a_backtest() -> None:
    import pandas as pd

    import forecast as fc
    from forecast.plot.shown import sunlit

    workload = small()[0]
    data, start, end = workload.data()
    model = fc.Forecaster(model="reference", horizon="1h", step="15min", first_lead=4)
    result = fc.backtest({"m": model}, data, start, end, every="1h", refit=None, progress=False)
    scores = result.scores([], where=sunlit)
    table = measured()["records"]["pvdaq50"]["leads"]["4"]
    n = sum(table["n"])
    assert n == scores.loc["m", "n"]
    assert np.sqrt(sum(table["rmse"]) / n) == pytest.approx(scores.loc["m", "nrmse"], rel=1e-5)
    assert np.sqrt(sum(table["reference"]) / n) == pytest.approx(scores.loc["reference", "nrmse"], rel=1e-5)
    assert sum(table["crps"]) / n == pytest.approx(scores.loc["m", "crps"] / 3.4, rel=1e-5)
    assert pd.DatetimeIndex(table["day"]).is_monotonic_increasing and len(table["day"]) >= 14


def test_scores_and_hashes_are_the_same_on_two_jobs() -> None:
    one = run("quick", small(Boosted(trees=6))[1:])
    two = run("quick", small(Boosted(trees=6))[1:], jobs=2)
    assert one["records"] == two["records"] and one["hashes"] == two["hashes"]
    assert two["work"]["time"] is None
    assert [line.what for line in judged(one, two)][-1] == "memory over the reference work"


def test_a_change_beyond_the_noise_of_the_days_is_worse_and_one_within_is_not() -> None:
    assert worse(*changed(0.03, seed=1))
    assert "all rmse" in worse(*changed(0.03, seed=1))
    assert not worse(*changed(0.003))
    assert not worse(*changed(-0.03, seed=1))
    assert any(line.better for line in judged(*changed(-0.03, seed=1)))


def test_the_gate_seldom_fires_by_chance() -> None:
    fired = sum(bool(worse(*changed(0.0, seed=seed))) for seed in range(30))
    assert fired <= 6  # 5 % of 30 and four standard deviations, were there no tolerance


def test_a_change_on_a_few_days_only_is_noise() -> None:
    before, now = changed(0.0)
    for record in now["records"].values():
        for table in record["leads"].values():
            table["rmse"][5] += 0.15 * sum(table["rmse"])
    assert not [what for what in worse(before, now) if "rmse" in what]


def test_a_record_of_few_days_is_left_out() -> None:
    before, now = changed(0.03, seed=1)
    for found in (before, now):
        for table in found["records"]["pv"]["leads"].values():
            for name in table:
                table[name] = table[name][:4]
    whats = [line.what for line in judged(before, now)]
    assert whats[:-2] == [
        f"wind {what} {metric}" for metric in ("rmse", "crps") for what in ("lead 1", "lead 4", "mean")
    ]


def test_the_mean_over_leads_is_drawn_on_the_same_days_though_a_lead_lacks_some() -> None:
    before, now = changed(0.02, seed=1)
    for found in (before, now):
        table = found["records"]["pv"]["leads"]["4"]
        for name in table:
            table[name] = table[name][1:]
    whole, part = (judged(*pair) for pair in (changed(0.02, seed=1), (before, now)))
    spread = [next(line.high - line.low for line in lines if line.what == "pv mean rmse") for lines in (whole, part)]
    assert spread[1] == pytest.approx(spread[0], rel=0.1)


def test_time_and_memory_are_worse_beyond_their_ratio() -> None:
    before, now = changed(0.0)
    now["work"] = {"time": 8.0 * SLOWER * 1.01, "memory": 2.0 * LARGER * 0.99, "seconds": 1.0}
    assert worse(before, now) == ["time over the reference work"]
    now["work"] = {"time": None, "memory": 2.0 * LARGER * 1.01, "seconds": 1.0}
    assert worse(before, now) == ["memory over the reference work"]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("hashes", "data"), "other", "the data changed since the baseline; write it anew with --update-baseline"),
        (("hashes", "settings"), "other", "what is measured changed"),
        (("suite",), "full", "the baseline is of the suite 'quick', this run of 'full'"),
        (("records", "pv", "leads", "1", "n"), [41] * 60, "other days or rows than in the baseline"),
    ],
)
def test_what_cannot_be_compared_is_refused(path: tuple[str, ...], value: object, text: str) -> None:
    before, now = changed(0.0)
    place: Any = now
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(SettingsError, match=text):
        judged(before, now)


def test_a_result_is_read_back_as_it_was_and_other_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "found.json", measured())
    assert read(tmp_path / "found.json") == json.loads(json.dumps(measured()))
    assert (tmp_path / "found.json").stat().st_size < 40_000
    for text, says in (("{}", "not a result"), ("[1", "not a result"), ('{"format": 99}', "reads up to 1")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ReadingError, match=says):
            read(tmp_path / "bad.json")
    with pytest.raises(FileNotFoundError, match="--update-baseline writes it"):
        read(tmp_path / "none.json")


def test_junit_has_a_failure_for_each_line_that_is_worse(tmp_path: Path) -> None:
    before, now = changed(0.03, seed=1)
    lines = judged(before, now)
    junit(tmp_path / "out.xml", now, lines)
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert suite.attrib["tests"] == str(len(lines)) and suite.attrib["failures"] == str(len(worse(before, now)))
    failed = [case.attrib["name"] for case in suite if case.find("failure") is not None]
    assert failed == worse(before, now)
    junit(tmp_path / "alone.xml", now, [])
    assert len(ElementTree.parse(tmp_path / "alone.xml").getroot()) == 1


def test_hashes_follow_what_they_stand_for() -> None:
    assert code_hash() == code_hash() == measured()["hashes"]["code"]
    one, other = small()[0], small("persistence")[0]
    assert settings_hash([one]) != settings_hash([other])
    data = one.data()[0]
    assert data_hash(data) == data_hash(one.data()[0])
    assert data_hash(data) != data_hash(data.between(data.power.index[3], data.power.index[-1]))  # type: ignore[union-attr]


def test_a_site_files_records_are_the_full_suite(tmp_path: Path) -> None:
    import plants

    power = plants.wind(days=30).power
    assert power is not None
    power.rename_axis("time").tz_convert("UTC").to_csv(tmp_path / "power.csv")
    record = (
        '[{0}.site]\nkind = "wind"\nname = "{0}"\ncapacity_kw = 2050\ntimezone = "Europe/Paris"\n'
        '[{0}.data]\npath = "power.csv"\ntime = "time"\ntimezone = "UTC"\npower = "power"\n'
    )
    (tmp_path / "sites.toml").write_text(record.format("north") + record.format("south"))
    found = full(tmp_path / "sites.toml", tmp_path, "ridge")
    assert [(w.name, w.step, w.leads) for w in found] == [(n, "15min", (1, 4, 16)) for n in ("north", "south")]
    data, start, end = found[0].data()
    assert (end - start).days == int(found[0].test[:-1]) == 7
    assert data.power is not None and data.power.index[-1] > end
    (tmp_path / "none.toml").write_text("title = 'nothing'")
    with pytest.raises(ReadingError, match="no record in it"):
        full(tmp_path / "none.toml")


def command(*args: object) -> Any:
    return CliRunner().invoke(app, ["bench", *map(str, args)])


def test_the_command_writes_compares_and_leaves_with_one_when_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.bench.quick", lambda model: small()[:1])
    baseline = tmp_path / "baseline.json"
    done = command("--gate", baseline, "--update-baseline")
    assert done.exit_code == 0 and f"{baseline}: written" in done.output
    done = command("--gate", baseline, "--json", tmp_path / "now.json", "--junit", tmp_path / "now.xml")
    assert done.exit_code == 0, done.output
    assert "same code" in done.output and "not worse" in done.output and (tmp_path / "now.xml").exists()
    stored = read(baseline)
    for table in stored["records"]["pvdaq50"]["leads"].values():
        table["rmse"] = [0.8 * value for value in table["rmse"]]
    write(baseline, stored)
    done = command("--gate", baseline)
    assert done.exit_code == 1, done.output
    assert "WORSE" in done.output and "worse:" in done.output


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (["--suite", "long"], SettingsError, "--suite long: expected quick or full"),
        (["--update-baseline"], SettingsError, "--update-baseline needs --gate"),
        (["--gate", "nowhere/baseline.json"], FileNotFoundError, "no folder"),
    ],
)
def test_what_the_command_cannot_do_is_said(args: list[str], error: type[Exception], text: str) -> None:
    done = command(*args)
    assert isinstance(done.exception, error)
    assert text in str(done.exception)


def test_our_own_baseline_fits_the_quick_suite() -> None:
    stored = read(ROOT / "benchmarks" / "baseline.json")
    assert stored["hashes"]["settings"] == settings_hash(quick()), "make bench-baseline writes it anew"
    assert stored["suite"] == "quick" and set(stored["records"]) == {w.name for w in quick()}


def test_a_record_without_power_is_refused() -> None:
    import forecast as fc

    site = fc.WindSite("bare", 100.0)
    bare = suites.Workload("bare", lambda: fc.SiteData(site), "ridge", "15min", (1,))
    with pytest.raises(NotEnoughDataError, match="bare: no power"):
        bare.data()
