"""Forecasts that seem to know what happened."""

from __future__ import annotations

import warnings

import numpy as np

from forecast.evaluation.result import BacktestResult

MOST, ENOUGH = 0.5, 20
LOW, HIGH = 0.02, 0.97  # shares of capacity: outside, calm and rated output make forecasts equal by themselves


def warn_of_hindsight(result: BacktestResult) -> None:
    """Warn where more than half of a model's forecasts, 20 or more, are the measured power to the digit."""
    data = result.dataset.transpose("model", "site", "issue_time", "lead", ...)
    actual, capacity = data["actual"].values, data["capacity_kw"].values[:, None, None]
    with np.errstate(invalid="ignore"):
        between = data["valid"].values & (actual > LOW * capacity) & (actual < HIGH * capacity)
        for place, model in enumerate(result.models):
            power = data["power"].values[place]
            rows = between & np.isfinite(power)
            same = rows & (np.abs(power - actual) <= 1e-6 * capacity)
            if same.sum() >= ENOUGH and same.sum() > MOST * rows.sum():
                warnings.warn(
                    f"model {model!r}: {int(same.sum())} of {int(rows.sum())} forecasts are the measured power to the "
                    "digit; they seem to know what happened",
                    stacklevel=3,
                )
