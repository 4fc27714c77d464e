"""Whether time and memory a unit stay flat: sites, months, and finer data, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forecast as fc
from fleet_tasks.sites import START, made
from forecast.bench.memory import peak_mb

HISTORY, MONTH = 21, 30
#: name, sites, days of the backtest, step of the power, issue times every
CASES: dict[str, Sequence[tuple[int, int, str, str]]] = {
    "sites": [(50, 3, "15min", "1h"), (200, 3, "15min", "1h"), (800, 3, "15min", "1h")],
    "months": [(4, MONTH, "15min", "1h"), (4, 3 * MONTH, "15min", "1h"), (4, 12 * MONTH, "15min", "1h")],
    "step": [(4, MONTH, "15min", "15min"), (4, MONTH, "1min", "15min")],
}


def measure(days: list[np.ndarray], work: Path, only: str) -> list[dict[str, Any]]:
    out = []
    for number, length, step, every in CASES[only]:
        made(days, number, HISTORY + length, step, work / "growth")
        case = json.dumps([number, length, step, every])
        script = str(Path(__file__).parents[1] / "fleet.py")
        done = subprocess.run(
            [sys.executable, script, "--case", case, str(work)], check=True, capture_output=True, text=True
        )
        out.append(json.loads(done.stdout.splitlines()[-1]))
        print(out[-1], file=sys.stderr, flush=True)
    return out


def run(case: str, work: Path) -> None:
    """One case: a warm-up site first, so that what is counted is the sites."""
    number, length, step, every = json.loads(case)
    data = made([], number, HISTORY + length, step, work / "growth")
    start = START + pd.Timedelta(days=HISTORY)
    end = start + pd.Timedelta(days=length) - pd.Timedelta("4h")
    models = {"reference": fc.Forecaster("reference", horizon="4h", step="15min", quantiles=(0.1, 0.5, 0.9))}
    first = dict(list(data.items())[:1])
    name = f"{number}.{length}.{step}.{every}"
    fc.backtest_fleet(models, first, start, end, folder=work / f"warm {name}", every=every, refit=None)
    warm, begin = peak_mb(), time.process_time()
    result = fc.backtest_fleet(models, data, start, end, folder=work / f"growth {name}", every=every, refit=None)
    cpu = time.process_time() - begin
    stored = sum(path.stat().st_size for path in result.files.values())
    issues = int((end - start) / pd.Timedelta(every)) + 1
    print(json.dumps({
        "sites": len(result), "days": length, "step": step, "every": every, "issues": issues, "cpu": cpu,
        "warm_mb": warm, "peak_mb": peak_mb(), "stored": stored, "rows": len(data[next(iter(data))]().power),
    }))  # fmt: skip
