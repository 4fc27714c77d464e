"""The newest power there is, however old: what a forecast starts from when telemetry is late or lost."""

from __future__ import annotations

import numpy as np

from forecast.features.clearsky import ClearSky
from forecast.features.known import Known

OLDEST = 64  # steps: power older than that counts as gone; `Spec.lookback_ns` reaches further


def newest_power(known: Known, sky: ClearSky | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the newest known clear-sky index (wind: power, share) and how many steps late the power is, (n,) each.

    Late by 0: the newest power is there. Both are missing where all of the last `OLDEST` steps are; an index is looked
    for up to two days back, for at night there is none.
    """
    age = _steps_back(known, known.delayed, OLDEST)
    if sky is None:
        x, back = known.delayed, age
    else:
        x = sky.index
        back = _steps_back(known, x, max(OLDEST, 2 * known.spec.per_day))
    there = np.isfinite(age) & np.isfinite(back)
    at = known.issue - np.where(there, back, 0).astype(np.int64)
    return np.where(there, x[at], np.float32(np.nan)), age


def _steps_back(known: Known, x: np.ndarray, most: int) -> np.ndarray:
    """Return how many steps before each issue time the newest value stands, NaN where none of `most` steps has one."""
    newest = x[known.issue]
    if np.isfinite(newest).all():
        return np.zeros(len(newest), dtype=np.float32)
    part, at = known.tail(x, most)
    place = np.maximum.accumulate(np.where(np.isfinite(part), np.arange(len(part)), -(2**40)))
    back = at - place[at]
    return np.where(back <= most, back, np.nan).astype(np.float32)
