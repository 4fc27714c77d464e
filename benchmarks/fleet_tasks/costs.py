"""What one site costs each minute: CPU, memory, storage and bytes over the wire."""

from __future__ import annotations

import gc
import pickle
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forecast as fc
from fleet_tasks.sites import START, made

TAIL = pd.Timedelta("12D")
MODEL = "lightgbm"


def cpu(call: Callable[[], Any], times: int = 5) -> float:
    """Return the median CPU seconds of a call."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        call()
        found.append(time.process_time() - begin)
    return statistics.median(found)


def held_when_loaded(path: Path, data: fc.SiteData) -> int:
    """Return the bytes that one more forecaster holds once it is loaded and has made a forecast."""
    fc.load(path).predict(data)  # what all forecasters of a process share is there before
    tracemalloc.start()
    forecaster = fc.load(path)
    forecaster.predict(data)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held


def tail(data: fc.SiteData, name: str, at: pd.Timestamp) -> fc.SiteData:
    """Return what a service holds of a site: its newest days, in objects of their own."""
    power = data.power
    assert power is not None
    site = fc.WindSite(name, 2000.0, timezone="UTC")
    return fc.SiteData(site, power[(power.index > at - TAIL) & (power.index <= at)])


def long(sites: dict[str, fc.SiteData], at: pd.Timestamp) -> tuple[pd.DataFrame, list[fc.WindSite]]:
    """Return what a database answers each minute, the newest days of all sites in one table, and what the sites are."""
    held = [tail(data, name, at) for name, data in sites.items()]
    table = pd.concat({one.site.name: one.power for one in held}, names=["site", "time"]).rename("power").reset_index()
    return table.assign(site=table["site"].astype("category")), [one.site for one in held]


def measure(days: list[np.ndarray], work: Path) -> dict[str, Any]:
    data = [read() for read in made(days, 20, 75, "15min", work / "sites").values()]
    at = START + pd.Timedelta("60D")
    train = [site.until(at) for site in data[:4]]
    begin = time.process_time()
    shared = fc.Forecaster(MODEL, horizon="4h").fit(train)
    fit_shared = time.process_time() - begin
    begin = time.process_time()
    own = fc.Forecaster(MODEL, horizon="4h").fit(train[0])
    out: dict[str, Any] = {"fit_shared": fit_shared, "fit_own": time.process_time() - begin}
    path = work / "own.qh"
    own.save(path)
    out |= {"bundle": path.stat().st_size, "load": cpu(lambda: fc.load(path))}
    out["loaded"] = held_when_loaded(path, train[0])
    for number in (200, 2000):
        each = {f"f{i}": data[i % len(data)] for i in range(number)}
        table, described = long(each, at)
        out[f"make_each_{number}"] = cpu(lambda each=each: [tail(site, name, at) for name, site in each.items()], 1)
        out[f"make_{number}"] = cpu(lambda known=(table, described): fc.SiteData.from_long(*known))
        twice = [_twice(shared, fc.SiteData.from_long(table, described), at) for _ in range(3)]
        first, again = (statistics.median(times) for times in zip(*twice, strict=True))
        out |= {f"first_{number}": first, f"again_{number}": again}
    one = tail(data[0], "f0", at)
    out["single"] = cpu(lambda: shared.predict(one, at), 30)
    small = {f"f{i}": tail(site, f"f{i}", at) for i, site in enumerate(data)}
    frame = fc.predict_fleet(dict.fromkeys(small, shared), small, at)
    assert one.power is not None
    out["frame"] = int(frame.memory_usage(deep=True, index=False).sum()) / 20
    out["sent"] = len(pickle.dumps(frame.to_records(index=False)[:16].tobytes()))
    out["held"] = int(one.power.memory_usage(deep=True)) * 2  # values and times, and the float64 copy that is read
    out["window_sent"] = len(pickle.dumps(one.power.to_numpy()))
    return out


def _twice(shared: fc.Forecaster, fleet: dict[str, fc.SiteData], at: pd.Timestamp) -> tuple[float, float]:
    """Return the CPU seconds of a call on data that nobody read yet, and of the same call again."""
    gc.collect()
    first = cpu(lambda: fc.predict_fleet(dict.fromkeys(fleet, shared), fleet, at), 1)
    return first, cpu(lambda: fc.predict_fleet(dict.fromkeys(fleet, shared), fleet, at), 1)
