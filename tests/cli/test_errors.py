from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.cli import main
from forecast.errors import StepError


def failed(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """What is said of a command line that cannot be: one line on stderr, nothing on stdout, exit code 2."""
    with pytest.raises(SystemExit) as left:
        main([str(arg) for arg in args])
    assert left.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("quarterhour: ")
    return said.err


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text('[site]\nkind = "wind"\nname = "a"\ncapacity_kw = 10\n[data]\npath = "none.csv"\n')
    return path


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str], site: Path, tmp_path: Path) -> None:
    assert "gone.toml" in failed(capsys, "fit", "--site", tmp_path / "gone.toml", "--out", "m.qh")
    assert "none.csv" in failed(capsys, "fit", "--site", site, "--out", "m.qh")
    assert "gone.qh" in failed(capsys, "predict", "--site", site, "--model", tmp_path / "gone.qh")


def test_where_nothing_can_be_written_is_said_before_the_work(
    capsys: pytest.CaptureFixture[str], site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, times = tmp_path / "gone" / "file", ("--start", "2024-03-01T00:00Z", "--end", "2024-03-02T00:00Z")
    monkeypatch.setattr("forecast.data.SiteData.from_toml", lambda path: pytest.fail("data were read"))
    assert "--out" in failed(capsys, "fit", "--site", site, "--out", out)
    assert "gone" in failed(capsys, "predict", "--site", site, "--model", site, "--out", out)
    assert "--report" in failed(capsys, "backtest", "--site", site, *times, "--report", out)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "quarterhour[plot]" in failed(capsys, "backtest", "--site", site, *times, "--report", tmp_path / "a.html")


def test_a_file_that_is_no_forecaster_is_an_error_of_one_line(
    capsys: pytest.CaptureFixture[str], site: Path, tmp_path: Path
) -> None:
    (tmp_path / "model.qh").write_text("two\nlines\n")
    assert "model.qh" in failed(capsys, "predict", "--site", site, "--model", tmp_path / "model.qh")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-03-01", r"has no time zone; write 2024-03-01T00:00Z for UTC"),
        ("soon", r"--at soon: not a moment; write it as 2024-06-01T12:00Z"),
        ("NaT", r"not a moment"),
    ],
)
def test_a_moment_must_say_its_clock(text: str, wanted: str, capsys: pytest.CaptureFixture[str], site: Path) -> None:
    said = failed(capsys, "predict", "--site", site, "--model", _bundle(site), "--at", text)
    assert wanted in said


def _bundle(site: Path) -> Path:
    """Some file: the moment is looked at before the forecaster."""
    return site


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["frob"], "No such command 'frob'"),
        (["fit"], "Missing option '--site'"),
        (["fit", "--frob"], "No such option: --frob"),
        (["demo", "--jobs", "many"], "--jobs"),
    ],
)
def test_a_wrong_command_line_points_to_the_help(
    args: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = failed(capsys, *args)
    assert wanted in said
    assert said.endswith("see quarterhour --help\n")


def test_a_message_of_several_lines_is_put_into_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise StepError("one\n  two")

    monkeypatch.setattr("forecast.demo.run", wrong)
    assert failed(capsys, "demo") == "quarterhour: one two\n"


def test_a_fault_of_the_library_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("forecast.demo.run", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main(["demo"])


def test_a_stopped_command_leaves_with_130_and_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forecast.demo.run", stop)
    with pytest.raises(SystemExit) as left:
        main(["demo"])
    assert left.value.code == 130
    assert capsys.readouterr().err == ""


def test_the_process_leaves_with_2_and_without_a_traceback(tmp_path: Path) -> None:
    args = [sys.executable, "-m", "forecast", "predict", "--site", "gone.toml", "--model", "gone.qh"]
    done = subprocess.run(args, capture_output=True, text=True, cwd=Path.cwd())
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "forecast", "--help"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
