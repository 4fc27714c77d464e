"""Many rows are scored in a time and memory that grow with them, not faster: benchmarks/scoring.py, small."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def scoring() -> Iterator[ModuleType]:
    import importlib.util

    path = Path(__file__).resolve().parents[2] / "benchmarks" / "scoring.py"
    spec = importlib.util.spec_from_file_location("benchmark_scoring", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def peak_of(task: Any, result: Any) -> int:
    task(result)  # late imports are not scoring
    tracemalloc.start()
    try:
        task(result)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_scoring_needs_the_memory_of_a_block_and_not_of_all_rows(scoring: ModuleType) -> None:
    # ten million rows of float64 quantiles would be 560 MB; blocks of 100,000 rows need a few dozen
    result = scoring.made_up(600_000, 3)
    assert result.dataset["power"].size == 600_000
    assert peak_of(scoring.TASKS['scores("lead")'], result) < 60e6


def test_every_task_of_the_benchmark_gives_a_table(scoring: ModuleType) -> None:
    result = scoring.made_up(40_000, 4)
    for name, task in scoring.TASKS.items():
        table = task(result)
        assert len(table), name
    table = result.scores("lead")
    assert (table["n"] + table["excluded"]).loc["ours"].sum() == result.dataset["actual"].size
