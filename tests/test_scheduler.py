"""The example service: simulated hours with broken drops, killed and started again; the README's commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "scheduler"
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def readme_commands() -> list[list[str]]:
    block = re.search(r"```\n(.*?)```", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.S)
    assert block
    return [shlex.split(line) for line in block[1].splitlines()]


def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    assert command[0] == "python"
    here = [sys.executable, str(ROOT / command[1]), *command[2:]]
    return subprocess.run(here, cwd=cwd, env=ENV, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the README's first command makes."""
    folder = tmp_path_factory.mktemp("scheduler")
    done = run(readme_commands()[0], folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "live from 2015-12-31T12:00Z" in done.stdout
    return folder / "demo"


def forecasts(folder: Path) -> int:
    text = (folder / "out" / "quarterhour.prom").read_text()
    match = re.search(r"^quarterhour_forecasts_total\{.*\} (\d+)$", text, re.M)
    assert match
    return int(match[1])


def spoil(drops: Path) -> None:
    """One drop is missing, one comes an hour late, one is cut off, one is no CSV, one holds impossible values."""
    at = {name: drops / f"scada_20151231T{name}.csv" for name in ("1230", "1300", "1330", "1400", "1430")}
    at["1230"].unlink()
    late = at["1300"].stat().st_mtime + 3600
    os.utime(at["1300"], (late, late))
    for name, text in (("1330", at["1330"].read_text()[:95]), ("1400", "\x00\x01 no table")):
        when = at[name].stat().st_mtime
        at[name].write_text(text)
        os.utime(at[name], (when, when))
    when = at["1430"].stat().st_mtime
    table = pd.read_csv(at["1430"]).assign(power_kw=1e9)
    table.to_csv(at["1430"], index=False)
    os.utime(at["1430"], (when, when))


def test_the_commands_of_the_readme_run_and_a_second_start_goes_on(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)  # times of files are kept
    _, hours, once = readme_commands()
    short = [argument.replace("T18:00Z", "T12:25Z") for argument in hours]
    for command, count in ((short, 26), (once, 27)):
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "Traceback" not in done.stderr
        assert forecasts(folder) == count
    table = pd.read_csv(folder / "out" / "forecast_20151231T1230.csv")
    assert table["point"].tolist() == list(range(1, 17))
    assert table["time"].iloc[0] == "13:30"  # on the site's clock
    assert table["power_kw"].between(0, 2050).all()


def test_broken_drops_and_a_kill_leave_whole_files_and_forecasts_go_on(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)
    spoil(folder / "drops")
    command = [sys.executable, str(EXAMPLE / "scheduler.py"), str(folder / "scheduler.toml")]
    clock = ["--from", "2015-12-31T12:20Z", "--to", "2015-12-31T14:50Z", "--speed", "0"]
    process = subprocess.Popen([*command, *clock], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics, waited = folder / "out" / "quarterhour.prom", time.monotonic()
    while not (metrics.exists() and forecasts(folder) >= 7) and time.monotonic() - waited < 300:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = forecasts(folder)
    assert before >= 7
    fc.monitor.Watch.load(folder / "state" / "watch.json")

    clock[1] = "2015-12-31T14:28Z"
    done = subprocess.run([*command, *clock], env=ENV, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-2000:]
    # the watch is written after the metrics: one forecast at most is counted again
    assert before - 1 + 23 <= forecasts(folder) <= before + 23
    assert "scada_20151231T1400.csv is left out" in done.stderr
    text = metrics.read_text()
    assert re.search(r'power_values_total\{.*kind="out_of_range"\} [1-9]', text)
    for path in (folder / "out").glob("forecast_*.csv"):
        table = pd.read_csv(path)
        assert len(table) == 16 and table["power_kw"].between(0, 2050).all()
    lines = [json.loads(line) for line in (folder / "out" / "served.jsonl").read_text().splitlines()]
    assert lines[-1]["asked_at"].startswith("2015-12-31T15:50") or lines[-1]["asked_at"].startswith("2015-12-31T14:50")
    age = {line["asked_at"][11:16]: line["inputs"]["power"]["age_s"] for line in lines}
    assert max(age.values()) >= 1800  # what was missing is told


def test_the_example_stays_small() -> None:
    count = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in EXAMPLE.glob("*.py"))
    assert count < 250
