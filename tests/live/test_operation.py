"""A day in operation with everything going wrong: always a valid forecast, and the one of the whole record."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cases
import numpy as np
import pandas as pd
import plants
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
DAY = 1440


@pytest.fixture(scope="module")
def tasks() -> Iterator[tuple[ModuleType, ModuleType]]:
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(BENCHMARKS))
    yield tuple(importlib.import_module(f"operation_tasks.{name}") for name in ("messages", "shift"))  # type: ignore
    patch.undo()
    for name in [name for name in sys.modules if name.startswith("operation_tasks")]:
        del sys.modules[name]


@pytest.mark.parametrize(("case", "every"), [("minutes", 4), ("wind, every input", 30)])
def test_a_day_of_faults_gives_valid_forecasts_that_equal_the_batch(
    case: str, every: int, tasks: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    messages, shift = tasks
    start, forecaster = cases.split(case), cases.fitted(case, "ridge")
    data = plants.rebuilt(cases.case(case), available_kw=None, curtailed=None, plan=None, neighbours=None)
    many = messages.Faults(late=0.1, lost=0.05, twice=0.1, swapped=0.1, wrong=0.05, outages_a_day=3, latest=300)
    came = messages.inbox(data, start, DAY, many, seed=4)
    assert {kind.split()[1] for kind in came.count} >= {"late", "lost", "twice", "corrupted", "corrected", "out"}
    rng = np.random.default_rng(2)
    for log in shift.operate(
        forecaster, data.until(start), start, DAY, came, folder=tmp_path, every=every,
        restart_at=frozenset({200, 700}), compare_at=frozenset(rng.integers(1, DAY, 12).tolist()),
    ):  # fmt: skip
        assert not log.invalid and not log.different
    assert log.forecasts == DAY // every and log.restarts == 2 and log.compared >= 8
    assert sum(log.levels.values()) == 3 * log.forecasts


def test_forecasts_that_are_not_valid_are_seen(tasks: tuple[ModuleType, ModuleType]) -> None:
    _, shift = tasks
    index = pd.date_range("2024-01-01", periods=2, freq="15min", tz="UTC")
    good = pd.DataFrame({"power": [1.0, 2.0], "potential": [1.0, 2.0], "q10": [0.5, 1.0], "q90": [2.0, 3.0]}, index)
    assert shift.what_is_wrong(good, 3.0) == ""
    assert shift.what_is_wrong(good.assign(power=np.nan), 3.0) == "not finite"
    assert "kW of 2.5" in shift.what_is_wrong(good, 2.5)
    assert shift.what_is_wrong(good.assign(q10=2.5), 3.0) == "quantiles cross"
