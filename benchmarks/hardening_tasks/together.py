"""Threads and processes that forecast from one bundle: do they agree bit for bit?"""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

import forecast as fc
from hardening_tasks.samples import DAYS, START, data

TIMES = [START + pd.Timedelta(days=DAYS - 2) + pd.Timedelta(minutes=15 * 7 * i) for i in range(8)]


def bits(forecaster: fc.Forecaster, known: fc.SiteData, turn: int = 0) -> str:
    """Return a hash of the forecasts of some issue times, made in an order of their own."""
    order = [(i + turn) % len(TIMES) for i in range(len(TIMES))]
    frames = {i: forecaster.predict(known, TIMES[i]) for i in order}
    digest = hashlib.sha256()
    for i in range(len(TIMES)):
        digest.update(frames[i].drop(columns="reason").to_numpy(dtype=float).tobytes())
        digest.update("".join(frames[i]["reason"]).encode())
    return digest.hexdigest()


def by_threads(path: Path, kind: str, count: int) -> set[str]:
    """Return the hashes of so many threads that share one forecaster and one SiteData, all starting at once."""
    forecaster, known, gate = fc.load(path), data(kind), threading.Barrier(count)

    def one(turn: int) -> str:
        gate.wait()
        return bits(forecaster, known, turn)

    with ThreadPoolExecutor(count) as pool:
        return set(pool.map(one, range(count)))


def _in_process(path: str, kind: str, turn: int) -> str:
    return bits(fc.load(path), data(kind), turn)


def by_processes(path: Path, kind: str, count: int) -> set[str]:
    """Return the hashes of so many new processes, each with its own load."""
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        return set(pool.starmap(_in_process, [(str(path), kind, turn) for turn in range(count)]))


def by_forks(path: Path, kind: str, count: int) -> set[str]:
    """Return the hashes of so many processes that forked after the forecaster was loaded and had forecast."""
    global _shared  # what a fork inherits
    forecaster, known = fc.load(path), data(kind)
    bits(forecaster, known)
    _shared = (forecaster, known)
    with multiprocessing.get_context("fork").Pool(count) as pool:
        return set(pool.map(_forked, range(count)))


_shared: tuple[fc.Forecaster, fc.SiteData]


def _forked(turn: int) -> str:
    return bits(*_shared, turn)
