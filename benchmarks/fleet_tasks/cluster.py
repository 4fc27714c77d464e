"""200 sites in one process and on a cluster that loses a worker; a run that is killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

import forecast as fc
from fleet_tasks.sites import Reader, made, rubbish
from forecast.bench.memory import peak_mb

SITES, DAYS, SPLIT_DAY = 200, 75, 45
SETTINGS: dict[str, Any] = {"horizon": "4h", "step": "15min", "quantiles": (0.1, 0.5, 0.9)}


def sources(days: list[np.ndarray], work: Path, number: int = SITES) -> dict[str, Reader]:
    return made(days, number, DAYS, "15min", work / "sites") | rubbish(work)


def moments(split: int = SPLIT_DAY, length: int = 30) -> tuple[pd.Timestamp, pd.Timestamp]:
    from fleet_tasks.sites import START

    start = START + pd.Timedelta(days=split)
    return start, start + pd.Timedelta(days=length) - pd.Timedelta("4h")


def backtested(data: Mapping[str, Reader], folder: Path) -> Any:
    start, end = moments()
    models = {"reference": fc.Forecaster("reference", **SETTINGS)}
    return fc.backtest_fleet(models, data, start, end, folder=folder, every="1h", refit=None)


def fitted(data: Mapping[str, Reader], folder: Path) -> Any:
    return fc.fit_fleet(data, fc.Forecaster("reference", **SETTINGS), folder=folder)


def predicted(folder: Path, data: Mapping[str, Reader], at: Any) -> pd.DataFrame:
    fleet = fitted(data, folder)  # reads what is there
    return fc.predict_fleet(fleet, {name: data[name]() for name in fleet}, at)


def measure(days: list[np.ndarray], work: Path) -> dict[str, Any]:
    data, at = sources(days, work), moments()[1]
    begin = time.process_time()
    models = fitted(data, work / "one" / "models")
    fit_cpu, begin = time.process_time() - begin, time.process_time()
    alone = backtested(data, work / "one" / "backtest")
    backtest_cpu = time.process_time() - begin
    frame = predicted(work / "one" / "models", data, at)
    out = {"sites": len(models), "fit_cpu": fit_cpu / len(models), "backtest_cpu": backtest_cpu / len(alone)}
    out |= {"failed": alone.failed, "failed_fit": models.failed, "one_process_mb": peak_mb()}
    out |= _on_cluster(data, at, work / "cluster", alone, frame)
    return out | _restarted(data, work)


def _on_cluster(data: Mapping[str, Reader], at: Any, work: Path, alone: Any, frame: pd.DataFrame) -> dict[str, Any]:
    from distributed import Client, LocalCluster

    work.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
        half = len(data) // 2
        killer = threading.Thread(target=_kill_at, args=(victim, work / "backtest", half))
        killer.start()
        with joblib.parallel_config(backend="dask"):
            models = fitted(data, work / "models")
            result = backtested(data, work / "backtest")
            killer.join()
            names = list(models)
            halves = [{n: data[n] for n in names[i::2]} for i in range(2)]
            jobs = (joblib.delayed(predicted)(work / "models", some, at) for some in halves)
            made_there = pd.concat(joblib.Parallel()(jobs)).sort_index(level="site", sort_remaining=False)
        peaks = list(client.run(peak_mb).values())
    same = [result[name].dataset.identical(alone[name].dataset) for name in alone]
    wanted = frame.sort_index(level="site", sort_remaining=False)
    return {
        "same_backtests": int(sum(same)), "same_predictions": bool(made_there.equals(wanted)),
        "cluster_failed": result.failed, "worker_mb": max(peaks), "cluster_s": time.monotonic() - begin,
        "killed_after": half, "killed": not _alive(victim),
    }  # fmt: skip


def _kill_at(victim: int, folder: Path, number: int) -> None:
    while len(list(folder.glob("*.parquet"))) < number:
        time.sleep(0.05)
    os.kill(victim, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _restarted(data: Mapping[str, Reader], work: Path) -> dict[str, Any]:
    """Kill a whole run when 20 sites are done, start it again over 40, and count what was made twice."""
    folder = work / "again"
    child = subprocess.Popen([sys.executable, str(Path(__file__).parents[1] / "fleet.py"), "--child", str(work)])
    while child.poll() is None and len(list(folder.glob("*.parquet"))) < 20:
        time.sleep(0.05)
    child.kill()
    child.wait()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    result = backtested(dict(list(data.items())[:40]), folder)
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    twice = [name for name, time_ns in before.items() if after[name] != time_ns]
    return {"finished_before": len(before), "made_twice": len(twice), "finished_after": len(result)}


def child(work: Path) -> None:
    """The run that is killed."""
    data = made([], 40, DAYS, "15min", work / "sites")
    backtested(data, work / "again")
