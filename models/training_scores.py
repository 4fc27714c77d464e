"""What honest forecasts of training rows scored, for a bundle to tell; a backtest says more."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.design import Design
from forecast.models.reference import Reference, usable


def training_scores(design: Design, honest: np.ndarray) -> dict[str, Any]:
    """Return by lead RMSE, MAE (shares of the capacity in service) and skill = 1 − RMSE / RMSE of the reference.

    Args:
        honest: forecasts (n, L) by a model that did not learn from their rows, NaN where there is none; the same rows
            are scored for the reference, which did learn from them.
    """
    good = usable(design) & np.isfinite(honest)
    count = good.sum(axis=0)
    missed, by_reference = (
        np.where(good, design.actual - np.nan_to_num(point), 0.0).astype(np.float64)
        for point in (honest, Reference().fit(design).point(design))
    )
    rows = np.maximum(count, 1)
    rmse, usual = (np.sqrt((x**2).sum(axis=0) / rows) for x in (missed, by_reference))
    skill = 1.0 - np.divide(rmse, usual, out=np.ones_like(rmse), where=usual > 0)
    return {
        "lead": design.leads.tolist(),
        "rows": int(count.max(initial=0)),
        "rmse": rmse.tolist(),
        "mae": (np.abs(missed).sum(axis=0) / rows).tolist(),
        "skill": skill.tolist(),
    }
