"""A small backtest that pictures and reports can be tested on: consistent truth, honest quantiles, a few holes."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
import plants

from forecast.evaluation import BacktestResult

CAPACITY = 100.0
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def backtest(
    kind: str = "wind",
    *,
    site: str = "field",
    days: int = 6,
    leads: int = 4,
    step: str = "30min",
    levels: tuple[float, ...] = LEVELS,
    models: dict[str, float] | None = None,
    seed: int = 0,
) -> BacktestResult:
    """Return forecasts that are the truth plus an error of `models`' size [kW] times the root of the lead.

    Their quantiles are those of that error, so they are reliable; some lie below 0 and are cut there, as ours are.
    """
    import xarray as xr

    sizes = models or {"gbm": 4.0, "plain": 7.0, "reference": 6.0}
    rng = np.random.default_rng(seed)
    issues = int(pd.Timedelta(days=days) / pd.Timedelta(step))
    truth = np.clip(40 + 30 * plants.wandering(rng, issues + leads, 0.98), 0, CAPACITY).astype(np.float32)
    ahead = np.arange(1, leads + 1)
    actual = truth[np.arange(issues)[:, None] + ahead - 1][None]
    size = np.array(list(sizes.values()))[:, None, None, None] * np.sqrt(ahead)
    power = actual + size * rng.normal(size=(len(sizes), 1, issues, leads))
    z = np.array([NormalDist().inv_cdf(level) for level in levels])
    quantiles = np.clip(power[..., None] + size[..., None] * z, 0, CAPACITY)
    index = pd.date_range("2024-03-01 18:30", periods=issues, freq=step)
    local = (index.tz_localize("UTC").tz_convert("Asia/Kolkata").hour.to_numpy()[:, None] + ahead * 0.5) % 24
    missing = rng.random(actual.shape) < 0.05
    rows = ("site", "issue_time", "lead")
    dataset = xr.Dataset(
        {
            "power": (("model", *rows), np.clip(power, 0, CAPACITY).astype(np.float32)),
            "quantiles": (("model", *rows, "quantile"), quantiles.astype(np.float32)),
            "level": (("model", *rows), (rng.random(power.shape) < 0.1).astype(np.int8)),
            "actual": (rows, actual),
            "valid": (rows, ~missing),
            "daylight": (rows, ((local > 6) & (local < 19))[None]),
        },
        coords={
            "model": list(sizes),
            "site": [site],
            "issue_time": index.to_numpy(),
            "lead": ahead,
            "quantile": list(levels),
            "capacity_kw": ("site", [CAPACITY]),
            "kind": ("site", [kind]),
            "timezone": ("site", ["Asia/Kolkata"]),
        },
        attrs={"step": step, "version": "0.1.0"},
    )
    return BacktestResult(dataset)
