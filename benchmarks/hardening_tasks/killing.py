"""`kill -9` at random moments of `save`: what stands there afterwards is one of the saved files, byte for byte."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

import forecast as fc


def kills(one: Path, two: Path, target: Path, count: int, seed: int = 0) -> dict[str, int]:
    """Kill processes that save two bundles over one another; return which was there each time, and what was left.

    The processes fork from this one, so that no time goes into importing; the moments are random within two saves.
    """
    rng = np.random.default_rng(seed)
    both = [fc.load(one), fc.load(two)]
    names = {hashlib.sha256(path.read_bytes()).hexdigest(): name for path, name in ((one, "one"), (two, "two"))}
    found = {"one": 0, "two": 0, "broken": 0, "killed while saving": 0, "left beside": 0}
    begun = time.perf_counter()
    both[0].save(target)
    usual = time.perf_counter() - begun
    for _ in range(count):
        child = os.fork()
        if not child:
            while True:
                for forecaster in both:
                    forecaster.save(target)
        time.sleep(float(rng.uniform(0.2, 2.2)) * usual)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found[names.get(hashlib.sha256(target.read_bytes()).hexdigest(), "broken")] += 1
        left = len(list(target.parent.glob(f".{target.name}.*.part")))
        found["killed while saving"] += left > 0
        found["left beside"] = max(found["left beside"], left)
    fc.load(target)
    return found
