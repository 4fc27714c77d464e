"""The control room itself: each minute what arrived is told, a forecast is asked for, and both are looked at."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import forecast as fc
from forecast.live import Live
from operation_tasks.messages import MINUTE, Inbox

TINY = 1e-9
SAME: Any = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}


@dataclass
class Log:
    """What was seen: forecasts, restarts, comparisons with the batch forecast, memory [MB] by day, seconds."""

    forecasts: int = 0
    restarts: int = 0
    compared: int = 0
    invalid: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    rows_kept: list[int] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    file_kb: float = 0.0


class Record:
    """All that was told, to forecast from in the usual way: of each label the newest value, of each init the run."""

    def __init__(self, data: fc.SiteData) -> None:
        self.data = data
        self.told: dict[str, list[pd.Series | pd.DataFrame]] = {"power": [data.power], "observed": [data.observed]}
        self.runs: dict[str, list[xr.Dataset]] = {name: [data.nwp[name]] for name in data.run_sources}

    def site_data(self) -> fc.SiteData:
        tables: dict[str, Any] = {}
        for name, parts in self.told.items():
            tables[name] = None
            if parts[0] is not None:
                joined = pd.concat(parts)
                tables[name] = joined[~joined.index.duplicated(keep="last")].sort_index()
                self.told[name] = [tables[name]]  # what comes later replaces it all the same
        nwp = {}
        for name, parts in self.runs.items():
            joined = xr.concat(parts, "init_time", **SAME)
            newest = ~pd.Index(joined["init_time"].to_numpy()).duplicated(keep="last")
            nwp[name] = joined.isel(init_time=newest).sortby("init_time")
        delay = {name: pd.Timedelta(value, unit="ns") for name, value in self.data.delays.items()} | self.data.drawn
        frames = {name: self.data.nwp[name] for name in self.data.nwp if name not in self.runs}
        return fc.SiteData(self.data.site, tables["power"], observed=tables["observed"], nwp={**frames, **nwp} or None,
                           delay=delay)  # fmt: skip


def operate(
    forecaster: fc.Forecaster,
    known: fc.SiteData,
    start: pd.Timestamp,
    minutes: int,
    came: Inbox,
    *,
    folder: Path,
    restart_at: frozenset[int],
    compare_at: frozenset[int],
    every: int = 1,
) -> Iterator[Log]:
    """Yield the log after each forecast, one `every` so many minutes; `known` is the record until `start`."""
    live, record, log = forecaster.live(known), Record(known), Log()
    capacity = known.site.capacity_kw
    for minute in range(every, minutes + 1, every):
        at, since = start + minute * MINUTE, frozenset(range(minute - every + 1, minute + 1))
        told = tables(known, came, since)
        began = time.process_time()
        live.update(**told)
        frame = live.predict(at)
        log.cpu_ms.append(1e3 * (time.process_time() - began))
        log.forecasts += 1
        keep(record, told)
        wrong = what_is_wrong(frame, capacity)
        log.invalid += [f"{at}: {wrong}"] if wrong else []
        for level in frame["level"].tolist():
            log.levels[level] = log.levels.get(level, 0) + 1
        if since & compare_at:
            log.compared += 1
            log.different += [] if same_bits(frame, forecaster.predict(record.site_data(), at)) else [str(at)]
        if since & restart_at:
            live = restarted(live, forecaster, folder / "plant.live", log)
        if minute // 1440 > (minute - every) // 1440:
            log.memory_mb.append(resident_mb())
            log.rows_kept.append(len(live.data.times("power")))
        yield log


def tables(known: fc.SiteData, came: Inbox, minutes: frozenset[int]) -> dict[str, Any]:
    """Return some minutes' messages as arguments of `Live.update`; of one label the last message counts."""
    out: dict[str, Any] = {}
    messages = [message for minute in sorted(minutes) for message in came.values.get(minute, [])]
    for what in ("power", "observed"):
        rows = {label: values for name, label, values in messages if name == what}
        if rows:
            index, values = pd.DatetimeIndex(list(rows)), np.array(list(rows.values()), dtype=float)
            columns = getattr(known, what).columns if what == "observed" else None
            out[what] = pd.Series(values[:, 0], index) if columns is None else pd.DataFrame(values, index, columns)
    runs: dict[str, dict[Any, xr.Dataset]] = {}
    for minute in sorted(minutes):
        for name, run in came.runs.get(minute, []):
            runs.setdefault(name, {})[run["init_time"].to_numpy()[0]] = run
    if runs:
        out["nwp"] = {name: xr.concat(list(parts.values()), "init_time", **SAME) for name, parts in runs.items()}
    return out


def keep(record: Record, told: dict[str, Any]) -> None:
    """Write what was told into the record."""
    for name in ("power", "observed"):
        if told.get(name) is not None:
            record.told[name].append(told[name])
    for name, runs in (told.get("nwp") or {}).items():
        record.runs[name].append(runs)


def restarted(live: Live, forecaster: fc.Forecaster, path: Path, log: Log) -> Live:
    """Return what a new process would have: all that was saved, and nothing else."""
    live.save(path)
    log.restarts += 1
    log.file_kb = path.stat().st_size / 1024
    return fc.restore_live(path, forecaster)


def what_is_wrong(frame: pd.DataFrame, capacity_kw: float) -> str:
    """Return what of a forecast is not finite, within [0, capacity] or rising; empty for a valid one."""
    quantiles = frame.filter(regex=r"^q\d+$").to_numpy()
    numbers = np.column_stack([frame[["power", "potential"]].to_numpy(), quantiles])
    if not np.isfinite(numbers).all():
        return "not finite"
    if numbers.min() < 0 or numbers.max() > capacity_kw * (1 + TINY):
        return f"from {numbers.min():g} to {numbers.max():g} kW of {capacity_kw:g}"
    return "quantiles cross" if (np.diff(quantiles, axis=1) < 0).any() else ""


def same_bits(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Return whether two forecasts are the same, bit for bit, with all they say."""
    numbers = [frame.drop(columns="reason").to_numpy().tobytes() for frame in (a, b)]
    words = [(frame.attrs, list(frame["reason"]), list(frame.index)) for frame in (a, b)]
    return numbers[0] == numbers[1] and words[0] == words[1]


def resident_mb() -> float:
    """Return the memory that this process holds now [MB]."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")
