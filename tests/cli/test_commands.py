from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import plants
import pytest
from typer.testing import CliRunner

import forecast as fc
from forecast.cli.app import app
from forecast.saving import FORMAT
from forecast.version import VERSION

SMALL = ("--horizon", "45min", "--step", "15min")
START = plants.START + pd.Timedelta("20D")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site file beside the CSV that it names."""
    folder = tmp_path_factory.mktemp("site")
    power = plants.wind().power
    assert power is not None
    power.rename_axis("time").tz_convert("UTC").round(3).to_csv(folder / "power.csv")
    (folder / "site.toml").write_text(
        '[site]\nkind = "wind"\nname = "ridge"\ncapacity_kw = 2050\ntimezone = "Europe/Paris"\n\n'
        '[data]\npath = "power.csv"\ntime = "time"\ntimezone = "Europe/Paris"\npower = "power"\n'
    )
    return folder / "site.toml"


@pytest.fixture(scope="module")
def bundle(site: Path) -> Path:
    model = site.with_name("model.qh")
    run("fit", "--site", site, "--out", model, "--model", "reference", *SMALL, "--until", START.isoformat())
    return model


def run(*args: object) -> str:
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def table_of(text: str) -> pd.DataFrame:
    # pandas 2 reads floats faster than exactly unless told; pandas 3 reads them exactly and wants no word of it
    exact = {"float_precision": "round_trip"} if pd.__version__.startswith("2.") else {}
    return pd.read_csv(io.StringIO(text), **exact)


def test_help_lists_the_commands_and_no_other() -> None:
    text = run("--help")
    listed = text[text.index("Commands:") :].splitlines()[1:]
    assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "][:7] == [
        "demo", "fit", "predict", "backtest", "check", "inspect", "bench",
    ]  # fmt: skip
    assert run() == text


@pytest.mark.parametrize("command", ["demo", "fit", "predict", "backtest", "check", "inspect", "bench"])
def test_every_option_of_every_command_is_explained(command: str) -> None:
    options = [line for line in run(command, "--help").splitlines() if line.startswith("  --")]
    assert len(options) >= 3
    assert all(len(line.split(maxsplit=2)) == 3 for line in options)


def test_version_is_the_packages() -> None:
    assert run("--version") == f"quarterhour {VERSION}\n"


def test_fit_saves_what_was_learned_until_the_moment_given(site: Path, bundle: Path) -> None:
    fitted = fc.load(bundle)
    assert fitted.model_.name == "reference"
    assert pd.Timestamp(fitted.trained_on_["last_issue_time"]) < START
    said = run("fit", "--site", site, "--out", site.with_name("other.qh"), "--model", "persistence", *SMALL)
    assert "persistence for ridge, up to 45min ahead in steps of 15min" in said


def test_predict_writes_the_librarys_forecast_as_csv(site: Path, bundle: Path) -> None:
    at = START + pd.Timedelta("2h10min")
    table = table_of(run("predict", "--site", site, "--model", bundle, "--at", at.isoformat()))
    frame = fc.load(bundle).predict(fc.SiteData.from_toml(site), at)
    assert list(table.columns) == ["site", "issue_time", "valid_time", *frame.columns]
    assert set(table["site"]) == {"ridge"}
    assert set(table["issue_time"]) == {frame.attrs["issue_time"]}
    assert [pd.Timestamp(time) for time in table["valid_time"]] == list(frame.index)
    for column in ("lead", "power", "q05", "q95", "level"):
        np.testing.assert_array_equal(table[column].to_numpy(dtype=frame[column].dtype), frame[column])


def test_predict_writes_to_a_file_what_it_else_prints_and_forecasts_from_the_newest_moment(
    site: Path, bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "forecast.csv"
    assert run("predict", "--site", site, "--model", bundle, "--out", out) == ""
    assert out.read_text() == run("predict", "--site", site, "--model", bundle)
    newest = fc.SiteData.from_toml(site).newest
    assert set(pd.read_csv(out)["issue_time"]) == {newest.isoformat()}


def test_inspect_tells_what_a_saved_forecaster_is(bundle: Path) -> None:
    said, fitted = run("inspect", bundle, "--features"), fc.load(bundle)
    for fact in (f"format      {FORMAT}", "ridge (wind)", "model       reference", "horizon=45min", "RMSE", VERSION):
        assert fact in said
    assert str(fitted.trained_on_["rows"]) in said
    assert [line.split()[0] for line in said.splitlines() if line.endswith("]") and line.startswith("  ")] == [
        column.name for column in (*fitted.common_columns_, *fitted.lead_columns_)
    ]
    assert json.loads(run("inspect", bundle, "--json"))["trained_on"] == fitted.trained_on_


def test_backtest_prints_scores_and_saves_forecasts_and_page(site: Path, tmp_path: Path) -> None:
    end = START + pd.Timedelta("2D")
    out, page = tmp_path / "result.nc", tmp_path / "report.html"
    said = run(
        "backtest", "--site", site, "--start", START.isoformat(), "--end", end.isoformat(), "--every", "30min",
        "--refit", "none", "--renew", "1D", "--model", "persistence", "--model", "climatology", *SMALL, "--out", out,
        "--report", page,
    )  # fmt: skip
    models = {name: fc.Forecaster(model=name, horizon="45min") for name in ("persistence", "climatology")}
    data = fc.SiteData.from_toml(site)
    expected = fc.backtest(models, data, START, end, every="30min", refit=None, renew="1D", progress=False)
    assert fc.load_backtest(out).dataset.equals(expected.dataset)
    row = expected.scores().loc[("climatology", 3)]
    line = next(text for text in said.splitlines() if "climatology" in text and "45min" in text)
    for cell in (row["nmae"], row["nrmse"], row["skill"], row["coverage_90"]):
        assert f"{100 * cell:.1f}".replace("-", "−") in line
    text = page.read_text(encoding="utf-8")
    assert f"--start {START.isoformat()} --end {end.isoformat()} --every 30min --refit none --renew 1D" in text


def test_demo_hands_its_options_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr("forecast.demo.run", lambda out, **options: seen.update(out=out, **options))
    run("demo", "--out", tmp_path, "--jobs", "1")
    assert seen == {"out": tmp_path, "model": "blend", "jobs": 1}
