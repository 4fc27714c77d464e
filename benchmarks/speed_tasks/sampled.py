"""A task of ours, looked at each millisecond of CPU time: seconds by part, as a line of JSON.

A signal that comes during a call into C is served when the call is over: the sample then has the whole call's time, in
the frame that made it. So nothing is slowed down, and a long training counts where it belongs.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType

import forecast
from speed_tasks import ours
from speed_tasks.dominating import INSIDE

ROOT = Path(forecast.__file__).parents[1]
OURS = ("forecast", "features", "models")  # folders below it: two of them lie beside the package
LIBRARIES = ("pandas", "numpy", "lightgbm", "sklearn", "scipy", "xarray", "numba")
OUTSIDE = "outside"
#: files of the package, the first that fits; what is not named here goes by its folder
PARTS = {
    "models/uncertainty": "uncertainty", "models/residuals": "uncertainty", "models/distribution": "uncertainty",
    "models/scaling": "uncertainty", "models/sides": "uncertainty", "models/dependence": "uncertainty",
    "models/": "model", "features/": "features", "data/": "reading and checking data",
    "audit/": "reading and checking data", "ladder/": "models that stand in", "evaluation/": "collecting and scoring",
    "deliver": "delivery",
}  # fmt: skip


def part_of(files: list[str]) -> str:
    """Return the part of the innermost file of the package; files from the inside out."""
    below = (Path(name).relative_to(ROOT) for name in files if Path(name).is_relative_to(ROOT))
    inside = next((path for path in below if path.parts[0] in OURS), None)
    if inside is None:
        return OUTSIDE
    path = inside.as_posix().removeprefix("forecast/")
    return next((part for start, part in PARTS.items() if path.startswith(start)), "forecaster")


def library_of(file: str) -> str | None:
    """Return the library that a file belongs to, if it is one that we name."""
    return next((name for name in LIBRARIES if f"/site-packages/{name}/" in file), None)


def sampled(task: str, calls: int) -> Counter[str]:
    """Return the CPU seconds of each part in so many calls of a task."""
    seconds: Counter[str] = Counter()
    last = 0.0

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.process_time()
        files = list(_files(frame))
        seconds[part_of(files)] += now - last
        library = library_of(files[0]) if files else None
        if library and part_of(files) != OUTSIDE:
            seconds[f"{INSIDE}{library}"] += now - last
        last = time.process_time()

    signal.signal(signal.SIGPROF, look)
    made = getattr(ours, task)()
    next(made)()  # what is done once is done
    last = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)  # on through all calls, or it would always meet the same places
    for call in islice(made, calls):
        call()
    signal.setitimer(signal.ITIMER_PROF, 0)
    del seconds[OUTSIDE]  # cutting the inputs
    return seconds


def _files(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


if __name__ == "__main__":
    print(json.dumps(sampled(sys.argv[1], int(sys.argv[2]))))
