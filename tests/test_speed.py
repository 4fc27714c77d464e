"""The speed benchmark: what is prepared is not measured, goals are judged by the run's own ratios, shares add up."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
TASK = """
from functools import partial
import numpy as np
from speed_tasks.serve import serve

def task():
    np.ones(60_000_000 // 8).sum()  # 60 MB that only the preparation needs
    kept = np.ones(1_000)
    while True:
        yield partial(np.ones, {rows})

serve([task], {{}})
"""


@pytest.fixture
def speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The modules of the benchmark, by name, with a made-up plant."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    names = ("plant", "sites", "measures", "race", "document")
    modules = {name: importlib.import_module(f"speed_tasks.{name}") for name in names}
    np.savez(tmp_path / "plant.npz", **modules["plant"].made_up())
    monkeypatch.setenv("QUARTERHOUR_SPEED_PLANT", str(tmp_path / "plant.npz"))
    yield SimpleNamespace(**modules)
    for name in set(sys.modules) - before:
        if name.startswith("speed_tasks"):
            del sys.modules[name]


def asked(rows: int) -> list[dict[str, Any]]:
    """Return the answers to a warm-up and one call of a task that makes so many rows."""
    environment = os.environ | {"PYTHONPATH": str(BENCHMARKS)}
    command = [sys.executable, "-c", TASK.format(rows=rows), "task"]
    ended = subprocess.run(command, input="0\n1\n", env=environment, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is the kernel's word, on Linux")
def test_the_peak_is_that_of_the_calls_and_not_of_what_prepared_them() -> None:
    (_, small), (_, large) = asked(1_000), asked(40_000_000 // 8)
    assert small["peak_mb"] + 30 < large["peak_mb"] < small["peak_mb"] + 55


def result(speed: Any, library: str, seconds: float, peak: float, **entry: Any) -> Any:
    made = speed.race.Result(speed.measures.Entry(library, "task", **entry))
    made.cpu, made.wall, made.peak_mb = [seconds], [seconds], peak
    return made


def test_goals_are_judged_by_the_ratio_to_the_best_peer_of_the_same_run(speed: Any) -> None:
    goals = {"cpu_goals": (0.5, 0.2), "memory_goals": (1 / 3,)}
    results = [
        result(speed, "ours", 0.4, 350.0, **goals),
        result(speed, "darts", 1.0, 900.0),
        result(speed, "mlforecast", 3.0, 100.0),
        result(speed, "skforecast", 0.1, 100.0, variant="unchecked"),
    ]
    text = speed.document.section(speed.measures.MEASURES[0], results, "made up")
    assert "≤ 0.50 met; ≤ 0.20 not met; memory ≤ 0.33 not met" in text
    alone = speed.document.section(speed.measures.MEASURES[0], results[:1], "made up")
    assert "met" not in alone.split("| ours |")[1]


def test_a_result_without_a_call_is_a_line_that_says_why(speed: Any) -> None:
    failed = replace(result(speed, "darts", 1.0, 1.0), error="ValueError: a | b\nmore")
    line = speed.document._row(speed.measures.MEASURES[0], failed, None)
    assert line.startswith("| darts | ValueError: a / b |")
    assert line.count("|") == 8


def test_every_entry_names_a_task_that_its_module_serves(speed: Any) -> None:
    for measure in speed.measures.MEASURES:
        for entry in measure.entries:
            folder, name = ("speed_tasks", "ours") if entry.library == "ours" else ("peers", entry.library)
            source = (BENCHMARKS / folder / f"{name}{measure.part}.py").read_text(encoding="utf-8")
            assert f"def {entry.task}(" in source, entry
            assert entry.task in source.split('if __name__ == "__main__":')[1], entry


def test_sites_of_a_fleet_differ_and_new_rows_come_at_the_next_issue_time(speed: Any) -> None:
    fleets = speed.sites.fleets(3)
    first, second = next(fleets), next(fleets)
    powers = [site.power.to_numpy() for site in first.values()]
    assert len({power.tobytes() for power in powers}) == 3
    for name, site in second.items():
        assert (site.power.index == first[name].power.index + (site.power.index[1] - site.power.index[0])).all()
        np.testing.assert_array_equal(site.power.to_numpy()[:-1], first[name].power.to_numpy()[1:])
        assert list(site.exog) == list(speed.plant.plant().exog)
