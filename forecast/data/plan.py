"""Planned outages and limits: what was announced, counting from the moment it became known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import ColumnError, InputTypeError
from forecast.timegrid import moment_ns

COLUMNS = ("start", "end", "available_kw", "limit_kw", "known_at")
FOREVER = np.iinfo(np.int64).max


def checked_plan(plan: Any) -> pd.DataFrame:
    """Return the plan with times also as nanoseconds (`start_ns end_ns known_ns`); typed errors name what is wrong."""
    if not isinstance(plan, pd.DataFrame):
        raise InputTypeError(f"plan is {type(plan).__name__}, expected a DataFrame with columns {', '.join(COLUMNS)}")
    missing = [name for name in COLUMNS if name not in plan.columns]
    if missing:
        raise ColumnError(f"plan: columns {', '.join(missing)} are missing; expected {', '.join(COLUMNS)}")
    out = plan.loc[:, list(COLUMNS)].reset_index(drop=True)
    for name, short in (("start", "start_ns"), ("end", "end_ns"), ("known_at", "known_ns")):
        out[short] = np.array([_moment(value, name) for value in out[name]], dtype=np.int64)
    return out


def _moment(value: Any, column: str) -> int:
    # an outage without an end lasts until further notice
    return FOREVER if column == "end" and pd.isna(value) else moment_ns(value, f"plan column {column}")


def planned(
    plan: pd.DataFrame | None, issue_ns: np.ndarray, valid_ns: np.ndarray, step_ns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return planned capacity and limit [kW] (inf where none) of each interval, as known at each issue time.

    Args:
        issue_ns: (n,) issue times. valid_ns: (n, L) labels of the intervals; an interval counts when any of it is
            inside `(start, end]`. The smallest value of overlapping entries counts.
    """
    available = np.full(valid_ns.shape, np.inf)
    limit = np.full(valid_ns.shape, np.inf)
    if plan is None:
        return available, limit
    times = plan[["start_ns", "end_ns", "known_ns"]].to_numpy(dtype=np.int64)
    powers = plan[["available_kw", "limit_kw"]].to_numpy(dtype=np.float64)
    for (start, end, known), kilowatts in zip(times, powers, strict=True):
        touched = (valid_ns > start) & (valid_ns - step_ns < end) & (issue_ns >= known)[:, None]
        for value, target in zip(kilowatts, (available, limit), strict=True):
            if np.isfinite(value):
                target[touched] = np.minimum(target[touched], max(value, 0.0))
    return available, limit
