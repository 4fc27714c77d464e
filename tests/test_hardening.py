"""Small shares of benchmarks/hardening.py: mutants, kills, threads and processes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
PARTS = ("samples", "mutants", "trying", "killing", "together")


class Tasks:
    """The benchmark's modules, its bundles and input files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in PARTS:
            setattr(self, name, importlib.import_module(f"hardening_tasks.{name}"))
        here: Any = self
        self.blobs = {name: here.samples.bundle(name, folder) for name in ("wind blend", "pv pooled", "wind physical")}
        self.blobs |= {form: here.samples.file(form) for form in here.samples.FILES}
        (folder / "table.csv").write_bytes(self.blobs["csv"])


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(BENCHMARKS))
    yield Tasks(tmp_path_factory.mktemp("tasks"))
    patch.undo()
    for name in [name for name in sys.modules if name.startswith("hardening_tasks")]:
        del sys.modules[name]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(["wind blend", "pv pooled", "wind physical"]), seed=st.integers(10**6, 2 * 10**6))
def test_a_mutated_bundle_is_a_typed_error_or_forecasts(tasks: Any, form: str, seed: int) -> None:
    _, changed = tasks.mutants.mutant(tasks.blobs[form], form, seed)
    path = tasks.folder / "model.qh"
    path.write_bytes(changed)
    what, error = tasks.trying.outcome(form, path)
    assert what in (tasks.trying.TYPED, tasks.trying.VALID), (what, error)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(["csv", "toml", "parquet"]), seed=st.integers(10**6, 2 * 10**6))
def test_a_mutated_input_file_is_a_typed_error_or_data(tasks: Any, form: str, seed: int) -> None:
    _, changed = tasks.mutants.mutant(tasks.blobs[form], form, seed)
    path = tasks.folder / ("mutant." + form)
    path.write_bytes(changed)
    what, error = tasks.trying.outcome(form, path)
    assert what in (tasks.trying.TYPED, tasks.trying.VALID), (what, error)


def test_what_is_not_mutated_is_valid(tasks: Any) -> None:
    for form, blob in tasks.blobs.items():
        path = tasks.folder / f"whole.{'nc' if form == 'netcdf' else form}"
        path.write_bytes(blob)
        assert tasks.trying.outcome(form, path) == (tasks.trying.VALID, "")


def test_hashes_that_are_computed_again_are_right(tasks: Any) -> None:
    """Else the mutants would be refused for their hashes, and nothing behind these would be tried."""
    blob = tasks.blobs["wind blend"]
    parts = tasks.mutants.parts_of(blob)
    path = tasks.folder / "again.qh"
    path.write_bytes(tasks.mutants.hashed(parts, json.loads(parts["manifest.json"])))
    assert tasks.trying.outcome("wind blend", path) == (tasks.trying.VALID, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")
def test_a_save_that_is_killed_leaves_one_of_the_two_files_whole(tasks: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "one.qh", tmp_path / "two.qh"
    one.write_bytes(tasks.blobs["wind physical"])
    two.write_bytes(tasks.blobs["pv pooled"])
    (tmp_path / "place").mkdir()
    code = (
        "import json, sys; from pathlib import Path; from hardening_tasks.killing import kills;"
        "a, b, c = map(Path, sys.argv[1:]); print(json.dumps(kills(a, b, c, 5)))"
    )
    root = BENCHMARKS.parent
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(BENCHMARKS)])}
    # in a process without the threads that a test session has: these do not go well with fork
    done = subprocess.run(
        [sys.executable, "-c", code, one, two, tmp_path / "place" / "model.qh"], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["broken"] == 0 and found["one"] + found["two"] == 5 and found["left beside"] <= 1


def test_threads_and_processes_forecast_the_same_bits(tasks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tasks.folder / "shared.qh"
    path.write_bytes(tasks.blobs["wind blend"])
    threads = tasks.together.by_threads(path, "wind", 4)
    root = BENCHMARKS.parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(BENCHMARKS)]))
    assert len(threads) == 1 and tasks.together.by_processes(path, "wind", 2) == threads
