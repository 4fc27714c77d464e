"""Weather forecasts around the valid times, each as it was known at the issue time."""

from __future__ import annotations

import numpy as np

from forecast.features.known import Known
from forecast.features.seriestable import NOTHING


class Ahead:
    """Weather at the valid times and some steps before and after them; columns as in `Known.weather`.

    By valid time (vintage unknown): the value itself. As runs: what the newest run published by the issue time says;
    where that lacks a value, the one before it; for intervals that are over, what was known when they ended.
    """

    def __init__(self, known: Known, before: int, after: int) -> None:
        self._known = known
        self._steps = np.unique(known.leads[:, None] + np.array([-before, 0, after]))
        ends = known.issue_ns[:, None] + self._steps * known.spec.step_ns
        parts = [
            _blank(ends, len(names)) if runs is None else runs.best(known.issue_ns, ends, known.spec.step_ns)
            for names, runs in known.own_runs.values()
        ]
        self._runs = np.concatenate(parts, axis=2) if parts else None

    def at(self, offset: int = 0) -> np.ndarray:
        """Return the weather `offset` steps after each valid time (−before, 0 or after), (n, L, k) float32."""
        known = self._known
        place = np.clip(known.valid + offset, 0, known.count - 1)
        if self._runs is None:
            frames: np.ndarray = known.frames.array[place]
            return frames
        runs = self._runs[:, np.searchsorted(self._steps, known.leads + offset)]
        over = (place <= known.issue[:, None])[..., None] & np.isnan(runs)
        if over.any():
            runs = np.where(over, known.as_of.array[place], runs)
        if known.frames is NOTHING:
            return runs
        return np.concatenate([known.frames.array[place], runs], axis=2)


def _blank(ends: np.ndarray, columns: int) -> np.ndarray:
    return np.full((*ends.shape, columns), np.nan, dtype=np.float32)
