"""A fixed piece of work that no change of ours touches: its time and memory are the measure of a machine."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np


class Work(NamedTuple):
    """CPU seconds, and the process's largest memory [MB] after it (None where the system does not tell)."""

    seconds: float
    peak_mb: float | None


def reference_work(rows: int = 30_000, columns: int = 40, rounds: int = 3) -> Work:
    """Return what it costs to train small boosters on made-up rows, to sort and to multiply, with one thread.

    Much of a benchmark's time is LightGBM's, so it is of this as well: a machine, a build of LightGBM or a
    neighbour that slows both leaves their ratio as it was.
    """
    import lightgbm
    from threadpoolctl import threadpool_limits

    from forecast.bench.measuring import peak_mb

    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, columns)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + 0.5 * rng.standard_normal(rows)
    options = {
        "num_threads": 1, "deterministic": True, "force_col_wise": True, "verbose": -1, "num_leaves": 15,
        "max_bin": 63, "seed": 0,
    }  # fmt: skip
    began = time.process_time()
    with threadpool_limits(1):
        for _ in range(rounds):
            booster = lightgbm.train(options, lightgbm.Dataset(x, y, params=options), 60)
            booster.predict(x[:5000], num_threads=1)
            np.sort(x, axis=0)
            x[:4000] @ x[:4000].T
    return Work(time.process_time() - began, peak_mb())
