"""The table behind `result.ramps`: were large changes of power forecast, lead by lead, and about in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation.metrics.contingency import Contingency
from forecast.evaluation.metrics.ramp_score import ramp_score
from forecast.evaluation.metrics.ramps import ramp_contingency
from forecast.timegrid import NS_PER_HOUR, duration_ns, evenly, step_text

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = ("hits", "false_alarms", "misses", "correct_negatives", "pod", "far", "csi", "bias", "pofd")
DOOR = 0.25  # the swinging door's tolerance, as a share of the ramp's size


def ramps_table(
    dataset: xr.Dataset, window: Any = "1h", threshold: float = 0.2, tolerance: Any = "30min"
) -> pd.DataFrame:
    """Return contingency counts and scores of ramps and the ramp score, index [model, lead], sites together.

    The forecasts of one lead, an issue time after the other, are a series beside the measured one. A ramp is a change
    by more than `threshold` (share of capacity) within `window`; it is hit when one in the same direction is forecast
    at most `tolerance` earlier or later. `ramp_score`: mean distance of the swinging-door slopes, in shares of
    capacity an hour. Formulas and sources: `forecast.evaluation.metrics`.

    Raises:
        SettingsError: a window shorter than the time between issue times. NotEnoughDataError: one issue time.
    """
    table = contingency_table(dataset, window, threshold, tolerance)
    grid, place = _grid(dataset)
    hours = (grid - grid[0]) / NS_PER_HOUR
    scores = []
    for m in range(dataset.sizes["model"]):
        for k in range(dataset.sizes["lead"]):
            pairs = _series(dataset, m, k, len(grid), place)
            scores.append(_mean([ramp_score(o, f, epsilon=DOOR * threshold, times=hours) for o, f in pairs]))
    return table.assign(ramp_score=scores)


def contingency_table(
    dataset: xr.Dataset, window: Any = "1h", threshold: float = 0.2, tolerance: Any = "30min"
) -> pd.DataFrame:
    """Return `ramps_table` without the ramp score, whose segments take most of its time."""
    if not 0 < threshold < 1:
        raise SettingsError(f"threshold is {threshold}; expected a share of the capacity, such as 0.2")
    issue = dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64)
    if len(issue) < 2:
        raise NotEnoughDataError(f"{len(issue)} issue time(s); ramps need a series of them")
    grid, place = _grid(dataset)
    apart = int(grid[1] - grid[0])
    steps, forgiven = duration_ns(window, "window") // apart, duration_ns(tolerance, "tolerance") // apart
    if steps < 1:
        raise SettingsError(f"window={window!r} is shorter than the {step_text(apart)} between issue times")
    rows = {}
    for m, model in enumerate(dataset["model"].values):
        for k, lead in enumerate(dataset["lead"].values):
            pairs = _series(dataset, m, k, len(grid), place)
            tables = [ramp_contingency(o, f, steps=steps, threshold=threshold, tolerance=forgiven) for o, f in pairs]
            total = Contingency(*(sum(counts) for counts in zip(*tables, strict=True)))
            rows[str(model), lead] = [getattr(total, name) for name in COLUMNS]
    index = pd.MultiIndex.from_tuples(list(rows), names=["model", "lead"])
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(COLUMNS))
    return table.astype(dict.fromkeys(COLUMNS[:4], np.int64))


def _grid(dataset: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return even times [ns] that hold all issue times, and the place of each issue time among them."""
    issue = dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64)
    apart = int(np.gcd.reduce(np.diff(np.sort(issue))))
    grid = evenly(int(issue.min()), int(issue.max()), apart)
    return grid, (issue - grid[0]) // apart


def _series(
    dataset: xr.Dataset, model: int, lead: int, size: int, place: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return measured and forecast series of each site on the even grid, shares of capacity, NaN where unknown."""
    out = []
    for site in range(dataset.sizes["site"]):
        part = dataset.isel(site=site, lead=lead)
        actual = np.where(part["valid"].values, part["actual"].values, np.nan)
        both = np.full((2, size), np.nan)
        both[:, place] = actual, part["power"].isel(model=model).values
        obs, fcst = both / float(part["capacity_kw"].values)
        out.append((obs, fcst))
    return out


def _mean(scores: list[float]) -> float:
    known = [score for score in scores if np.isfinite(score)]
    return float(np.mean(known)) if known else float("nan")
