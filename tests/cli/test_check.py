"""`quarterhour check` prints findings of site files and of tables."""

from __future__ import annotations

from pathlib import Path

import plants
import pytest

from forecast.cli import main


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(args)
    return int(left.value.code or 0)


def test_a_table_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    power = plants.wind().power.tz_convert("UTC")
    power.iloc[7] = -99999.0
    file = tmp_path / "farm.csv"
    power.rename("output").rename_axis("time").to_csv(file)
    options = ("--kind", "wind", "--capacity-kw", "9000", "--time", "time", "--power", "output")
    assert run("check", str(file), *options) == 0
    out = capsys.readouterr().out
    assert "sentinel" in out and "gap" in out


def test_a_table_needs_kind_and_capacity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", str(tmp_path / "farm.csv")) == 2
    assert "--capacity-kw" in capsys.readouterr().err
