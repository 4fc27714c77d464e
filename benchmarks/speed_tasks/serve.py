"""One library's side: a process that prepares a task once and then times as many calls as it is asked for.

A task is a generator function: what it does before it yields is preparation, and each value it yields is a
function of no arguments, which alone is timed. So every call has fresh inputs, and cutting them out costs
nothing. Requests come as lines on stdin, a number of calls each; answers leave as lines of JSON. The first request
is the warm-up: what it and the preparation have held in memory is forgotten, and the peak is that of the calls timed.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

Calls = Iterator[Callable[[], object]]


class Usage(NamedTuple):
    """What a new process took: CPU seconds, most memory [MB]; stands for the call that returns it."""

    cpu: float
    peak_mb: float


def serve(tasks: list[Callable[[], Calls]], versions: dict[str, str]) -> None:
    """Run the task that the first argument names until stdin ends; what the library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        calls = next(task for task in tasks if task.__name__ == sys.argv[1])()
        for number, line in enumerate(sys.stdin):
            if number == 0:
                calls = chain([next(calls)], calls)  # prepared now, in turn, and before memory is looked at
            if number == 1:
                _forget_peak()
            print(json.dumps({**timed(calls, int(line)), "versions": versions}), file=answers)
    except Exception as error:  # a peer's failure is a line of the table, not the end of the run
        traceback.print_exc()
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers)


def timed(calls: Calls, count: int) -> dict[str, Any]:
    """Return CPU and wall seconds of the next so many calls, and the most memory [MB] so far."""
    cpu, wall = [], []
    peak = 0.0
    for _ in range(count):
        call = next(calls)
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        made = call()
        used = time.process_time() - cpu_start
        wall.append(time.perf_counter() - wall_start)
        cpu.append(made.cpu if isinstance(made, Usage) else used)
        peak = max(peak, made.peak_mb if isinstance(made, Usage) else _peak_mb())
    return {"cpu": cpu, "wall": wall, "peak_mb": peak}


def fresh(code: str, *arguments: str) -> Usage:
    """Run code in a new interpreter of this environment and return what it took; its failure is an error."""
    # the kernel's ru_maxrss would begin at what the parent held, VmHWM does not
    command = [sys.executable, "-P", "-c", f"{code}\nprint(open('/proc/self/status').read())", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr.strip().splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Usage(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, _peak_mb(ended.stdout))


def _forget_peak() -> None:
    """Let the most memory held begin anew at what is held now, and give back what is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb(status: str = "") -> float:
    """Return the most memory [MB] that a process has held, from the kernel's words about it (this process: "")."""
    found = re.search(r"VmHWM:\s+(\d+) kB", status or Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")
