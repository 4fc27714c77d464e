"""One library on one record: run in its own environment, kept once finished."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import records
from ultra_short import MINUTES, TEN_MINUTES, forecasts

from accuracy_tasks.inputs import prepared
from accuracy_tasks.task import COLUMNS, LEADS, answered

BENCHMARKS = Path(__file__).resolve().parents[1]
OURS = {"ours": {"model": "lightgbm", "adapt": "60D"}, "ours, light": {"model": "blend"}}
LIBRARIES = (*OURS, "skforecast", "mlforecast", "darts", "openstef")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def place(name: str, library: str, keep: Path) -> Path:
    """Return where the forecasts of a library for a record are kept."""
    return keep / f"{name}.{library.replace(', ', '_')}.parquet"


def finished(name: str, library: str, data: Path, keep: Path, peers: Path) -> None:
    """Make the forecasts unless they are there; a library that fails says so and leaves nothing."""
    path = place(name, library, keep)
    if path.exists():
        return
    began = time.process_time() + _children()
    made = _ours(name, data, OURS[library]) if library in OURS else _theirs(name, library, data, keep, peers)
    if made is None:
        return
    spent = time.process_time() + _children() - began
    part = path.with_suffix(".part")
    made[["issue_time", "lead", *COLUMNS]].assign(cpu_seconds=spent).to_parquet(part)
    part.rename(path)
    print(f"{name}: {library} took {spent:.0f} s of CPU", file=sys.stderr, flush=True)


def _ours(name: str, data: Path, settings: dict[str, str]) -> pd.DataFrame:
    rows = records.load_rows(name, data)
    times = pd.DatetimeIndex(rows["issue_time"])
    site = records.load_site(MINUTES.get(name, name), data)
    parts = [
        forecasts(site, step=_step(name), first=lead, last=lead, times=times, jobs=1, **settings) for lead in LEADS
    ]
    made = pd.concat(parts, ignore_index=True).rename(columns={"ours": "power"})
    return rows[["issue_time", "lead"]].merge(made, on=["issue_time", "lead"], how="left")


def _theirs(name: str, library: str, data: Path, keep: Path, peers: Path) -> pd.DataFrame | None:
    python = peers / library / "bin" / "python"
    if not python.exists():
        print(f"{library} is not installed: make peers", file=sys.stderr)
        return None
    task, answer = keep / f"{name}.task.npz", keep / f"{name}.{library}.npz"
    if not task.exists():
        fine = records.load_site(MINUTES.get(name, name), data)
        rows = records.load_rows(name, data)
        prepared(records.load_site(name, data), fine, rows, _step(name)).save(task)
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(BENCHMARKS)}
    command = [str(python), "-P", "-m", f"accuracy_tasks.with_{library}", str(task), str(answer)]
    log = keep / f"{name}.{library}.log"
    with log.open("w") as lines:
        ended = subprocess.run(command, env=environment, stdout=lines, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        print(f"{name}: {library} ended with exit code {ended.returncode}, see {log}", file=sys.stderr)
        return None
    made = answered(answer)
    answer.unlink()
    return made


def _step(name: str) -> str:
    return "10min" if name in TEN_MINUTES else "15min"


def _children() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system
