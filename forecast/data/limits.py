"""When output was limited from outside, as far as somebody said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData


def limited(data: SiteData, labels_ns: np.ndarray, step_ns: int) -> np.ndarray:
    """Return whether output was limited within (label − step, label], (n,) bool; the last statement goes on."""
    if data.curtailed is None:
        return np.zeros(len(labels_ns), dtype=bool)
    stated = np.isfinite(data.values("curtailed"))
    times, yes = data.times("curtailed")[stated], data.values("curtailed")[stated] > 0
    low, high = (np.searchsorted(times, labels_ns - back, side="right") for back in (step_ns, 0))
    so_far = np.r_[0, np.cumsum(yes)]
    hit: np.ndarray = (so_far[high] > so_far[low]) | np.r_[False, yes][high]
    return hit
