"""A race: each library a process in its own environment, asked in turn, one round after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from speed_tasks.measures import Entry, Measure

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@dataclass
class Result:
    """What one entry's calls took [s], or why there is nothing."""

    entry: Entry
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    error: str = ""

    def add(self, answer: dict[str, Any]) -> None:
        """Take in one answer of the process."""
        if "error" in answer:
            self.error = answer["error"]
            return
        self.cpu += answer["cpu"]
        self.wall += answer["wall"]
        self.peak_mb = max(self.peak_mb, answer["peak_mb"])
        self.versions = answer["versions"]

    @property
    def seconds(self) -> float:
        """The median CPU time of a call."""
        return median(self.cpu)


def race(measure: Measure, plant: Path, libraries: set[str]) -> list[Result]:
    """Return the results of a measure's entries; whoever fails says why and leaves the race."""
    entries = [entry for entry in measure.entries if entry.library in libraries]
    runners = {entry: _start(entry, plant, measure.part) for entry in entries}
    results = {entry: Result(entry) for entry in entries}
    try:
        for entry, runner in runners.items():
            results[entry].error = _ask(runner, measure.warm_up).get("error", "")
        for _ in range(measure.rounds):
            for entry, runner in runners.items():
                if not results[entry].error:
                    results[entry].add(_ask(runner, measure.calls))
    finally:
        for runner in runners.values():
            if runner is not None:
                runner.communicate()
    return list(results.values())


def _start(entry: Entry, plant: Path, part: str) -> subprocess.Popen[str] | None:
    ours = entry.library == "ours"
    python = Path(sys.executable) if ours else ROOT / ".peers" / entry.library / "bin" / "python"
    if not python.exists():
        return None
    module = f"speed_tasks.ours{part}" if ours else f"peers.{entry.library}{part}"
    command = [str(python), "-P", "-m", module, entry.task]
    quiet = subprocess.DEVNULL  # the libraries talk; what goes wrong comes as an answer
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=quiet,
        text=True,
        bufsize=1,
        env=environment_for(plant, ours),
    )


def environment_for(plant: Path, ours: bool) -> dict[str, str]:
    """Return the environment of a library's process: one thread, our modules, the plant's file."""
    path = [str(ROOT / "benchmarks")] + [str(ROOT)] * ours  # this checkout, installed or not
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # ours is compiled once, as pip leaves what it installs
    return environment | {"QUARTERHOUR_SPEED_PLANT": str(plant)}


def _ask(runner: subprocess.Popen[str] | None, count: int) -> dict[str, Any]:
    if runner is None:
        return {"error": "not installed: make peers"}
    assert runner.stdin is not None and runner.stdout is not None
    with suppress(BrokenPipeError):  # it has ended; its last line says why
        runner.stdin.write(f"{count}\n")
    line = runner.stdout.readline()
    if not line:
        return {"error": f"ended with exit code {runner.wait()}"}
    answer: dict[str, Any] = json.loads(line)
    return answer
