"""Runs workloads: losses of each day beside the truth, and time and memory beside those of a reference workload."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from forecast.bench.fingerprint import code_hash, data_hash, settings_hash, versions
from forecast.bench.reference_work import reference_work
from forecast.bench.suites import Workload
from forecast.evaluation import backtest
from forecast.evaluation.grouping import Grouping
from forecast.evaluation.metrics.crps import crps_rows
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.summing import grouped_sums
from forecast.forecaster import Forecaster
from forecast.params import copy_unfitted
from forecast.plot.shown import sunlit

FORMAT = 1
OURS, REFERENCE = "ours", "reference"
LOSSES = ("rmse", "crps")  # of each day: the sum of squares and of CRPS, shares of capacity


def run(
    suite: str, workloads: Sequence[Workload], *, jobs: int = 1, said: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Return what the suite's workloads gave, as plain values for JSON.

    Scores do not depend on `jobs`. Time is CPU time over that of a reference workload done before and after; it is
    measured with one job only, since other processes' time is not ours to read.
    """
    records, hashes = {}, []
    before = reference_work()
    seconds, began = 0.0, time.process_time()
    for workload in workloads:
        began = time.process_time()
        data, start, end = workload.data()
        hashes.append(data_hash(data))
        records[workload.name] = scored(workload, data, start, end, jobs)
        seconds += time.process_time() - began
        said(f"{workload.name}: {', '.join(_said(records[workload.name]))}")
    peak = peak_mb()
    after = reference_work()
    reference = (before.seconds + after.seconds) / 2
    return {
        "format": FORMAT,
        "suite": suite,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "hashes": {"code": code_hash(), "data": "-".join(hashes), "settings": settings_hash(workloads)},
        "settings": [workload.settings() for workload in workloads],
        "work": {
            "seconds": round(seconds, 3),
            "reference_seconds": round(reference, 3),
            "time": round(seconds / reference, 3) if jobs == 1 else None,
            "peak_mb": peak and round(peak, 1),
            "reference_mb": before.peak_mb and round(before.peak_mb, 1),
            "memory": round(peak / before.peak_mb, 3) if peak and before.peak_mb else None,
        },
        "records": records,
    }


def scored(workload: Workload, data: Any, start: pd.Timestamp, end: pd.Timestamp, jobs: int = 1) -> dict[str, Any]:
    """Return a record's losses by lead and day, PV with the sun up: `days`, and a table a lead."""
    leads = {}
    for lead in workload.leads:
        forecaster = Forecaster(
            model=workload.model if isinstance(workload.model, str) else copy_unfitted(workload.model),
            horizon=lead * pd.Timedelta(workload.step),
            step=workload.step,
            first_lead=lead,
            random_state=workload.random_state,
            n_jobs=jobs,
        )
        result = backtest({OURS: forecaster}, data, start, end, every=workload.every, refit=None, progress=False)
        leads[str(lead)] = daily_losses(result, OURS)
        del forecaster, result
        gc.collect()
    return {"step": workload.step, "leads": leads}


def daily_losses(result: BacktestResult, model: str) -> dict[str, list[Any]]:
    """Return day by day (of the valid time's local clock) `day n rmse crps reference`: sums over that day's rows.

    `rmse` and `reference` are sums of squares, all of shares of capacity; PV with the sun up.
    """
    data = result.dataset
    levels = data["quantile"].values.astype(np.float64)

    def losses(y: Any, power: Any, quantiles: Any, capacity: float) -> Any:
        yield np.square((power - y) / capacity)
        yield crps_rows(y, quantiles.astype(np.float64), levels) / capacity

    grouping = Grouping(data, ["day"])
    codes, counts, sums = grouped_sums(data, grouping, sunlit(data), losses, 2)
    place, reference = result.models.index(model), result.models.index(REFERENCE)
    some = counts[0] > 0
    days = pd.DatetimeIndex(np.asarray(grouping.labels("day"))[codes[some]])
    return {
        "day": [f"{day:%Y-%m-%d}" for day in days],
        "n": counts[0, some].astype(int).tolist(),
        "rmse": _short(sums[place, 0, some]),
        "crps": _short(sums[place, 1, some]),
        "reference": _short(sums[reference, 0, some]),
    }


def peak_mb() -> float | None:
    """Return the largest memory the process has had so far [MB]; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (2**20 if sys.platform == "darwin" else 2**10)


def _short(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _said(record: dict[str, Any]) -> list[str]:
    out = []
    for lead, table in record["leads"].items():
        n, ours, theirs = (sum(table[name]) for name in ("n", "rmse", "reference"))
        if n:
            skill = 1 - np.sqrt(ours / theirs) if theirs > 0 else np.nan
            out.append(f"lead {lead} RMSE {100 * np.sqrt(ours / n):.2f} % (skill {100 * skill:.1f} %)")
    return out or ["no rows to score"]
