"""A small backtest with everything in it that scoring must get right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from forecast.evaluation import BacktestResult

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]


def make_result(seed: int = 0, *, dtype: str = "float64", levels: list[float] = LEVELS) -> BacktestResult:
    """Three models, two sites in two zones, over the change of the clocks and of the month, with holes."""
    import xarray as xr

    rng = np.random.default_rng(seed)
    models, sites, issues, leads = ["gbm", "reference", "plain"], ["field", "ridge"], 60, [1, 2, 4]
    shape = (len(models), len(sites), issues, len(leads))
    actual = rng.gamma(2.0, 20.0, shape[1:]) - 4.0
    power = actual + rng.normal(2.0, 8.0, shape) * np.array([0.7, 1.0, 1.3])[:, None, None, None]
    quantiles = power[..., None] + 12 * np.sort(rng.standard_normal((*shape, len(levels))), axis=-1)
    valid = rng.random(shape[1:]) > 0.1
    actual[:, 7, 1] = np.nan
    power[2, 0, 11, 0] = np.nan
    quantiles[2] = np.nan  # a model without quantiles
    rows = ("site", "issue_time", "lead")
    dataset = xr.Dataset(
        {
            "power": (("model", *rows), power.astype(dtype)),
            "quantiles": (("model", *rows, "quantile"), quantiles.astype(dtype)),
            "level": (("model", *rows), rng.integers(0, 3, shape).astype(np.int8)),
            "actual": (rows, actual.astype(dtype)),
            "valid": (rows, valid),
            "daylight": (rows, rng.random(shape[1:]) > 0.4),
        },
        coords={
            "model": models,
            "site": sites,
            "issue_time": pd.date_range("2024-03-30 17:00", periods=issues, freq="30min").to_numpy(),
            "lead": leads,
            "quantile": levels,
            "capacity_kw": ("site", [100.0, 250.0]),
            "kind": ("site", ["pv", "wind"]),
            "timezone": ("site", ["Europe/Paris", "Asia/Kolkata"]),
        },
        attrs={"step": "30min"},
    )
    return BacktestResult(dataset)


@pytest.fixture
def result() -> BacktestResult:
    return make_result()


@pytest.fixture
def make() -> Callable[..., BacktestResult]:
    return make_result
