from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

import forecast as fc
from forecast import datasets
from forecast.demo import CASES, Case, measured_only, run

SMALL = (
    Case("PV", "pvdaq50", horizon="1h", step="15min", learn="20D", test="3D", every="30min"),
    Case("wind", "la_haute_borne", horizon="30min", step="10min", learn="10D", test="3D", every="30min"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, fc.BacktestResult]]:
    folder, said = tmp_path_factory.mktemp("demo") / "new" / "folder", io.StringIO()
    results = run(folder, model="smart_persistence", cases=SMALL, jobs=1, console=Console(file=said, width=140))
    return folder, said.getvalue(), results


def test_the_demo_leaves_pictures_forecasts_and_one_page(made: tuple[Path, str, dict[str, fc.BacktestResult]]) -> None:
    folder, _, results = made
    pictures = ("fan.png", "reliability.png", "skill_by_lead.png")
    expected = {f"{case}_{name}" for case in ("pv", "wind") for name in pictures}
    assert {path.name for path in folder.iterdir()} == expected | {"pv.nc", "wind.nc", "report.html"}
    assert all(path.stat().st_size > 5000 for path in folder.iterdir())
    saved = fc.load_backtest(folder / "wind.nc")
    assert saved.dataset["power"].equals(list(results.values())[1].dataset["power"])


def test_the_demo_prints_skill_error_and_coverage_by_lead(
    made: tuple[Path, str, dict[str, fc.BacktestResult]],
) -> None:
    _, said, results = made
    for heading, result in results.items():
        assert heading in said
        row = result.scores(where="daylight" if "PV" in heading else None).loc[("smart_persistence", 2)]
        cells = [f"{100 * row[name]:.1f}".replace("-", "−") for name in ("nmae", "nrmse", "skill", "coverage_90")]
        table = said[said.index(heading) :].splitlines()
        second = f" {2 * int(result.dataset.attrs['step'][:2])}min "
        line = next(text for text in table if second in text)
        assert all(cell in line for cell in cells)
    assert "Open" in said.splitlines()[-1]


def test_the_page_credits_the_owners_of_the_data_and_says_what_was_left_out(
    made: tuple[Path, str, dict[str, fc.BacktestResult]],
) -> None:
    page = (made[0] / "report.html").read_text(encoding="utf-8")
    for words in ("ENGIE", "Licence Ouverte", "National Renewable Energy Laboratory", "no forecast"):
        assert words in page


def test_models_are_tested_only_after_what_they_learned_from(
    made: tuple[Path, str, dict[str, fc.BacktestResult]],
) -> None:
    for case, result in zip(SMALL, made[2].values(), strict=True):
        power = datasets.load(case.dataset).power
        assert power is not None
        first = pd.Timestamp(result.dataset["issue_time"].values[0], tz="UTC")
        assert first >= power.index[0] + pd.Timedelta(case.learn)


def test_the_lighter_model_is_named_as_such_and_weather_that_knows_the_truth_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = io.StringIO()
    monkeypatch.setattr("forecast.demo._backtest", lambda case, data, model, jobs: pytest.fail(model))
    with pytest.raises(pytest.fail.Exception, match="blend"):
        run(tmp_path, cases=CASES, console=Console(file=said, width=300))
    assert "lighter than the default 'lightgbm'" in said.getvalue()
    assert measured_only("pvdaq50").nwp == {}
