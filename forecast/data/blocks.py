"""Means over intervals: which value belongs to which label, and when there are enough of them."""

from __future__ import annotations

import numpy as np

NEEDED_SHARE = 0.8  # of an interval's values


def place_of(times_ns: np.ndarray, first_ns: int, step_ns: int) -> np.ndarray:
    """Return j such that a time lies in (first + (j − 1) · step, first + j · step]."""
    return -((first_ns - times_ns) // step_ns)


def block_means(
    times_ns: np.ndarray, values: np.ndarray, first_ns: int, step_ns: int, count: int, whole: int
) -> np.ndarray:
    """Return means over (label − step, label] for labels first, first + step, …: (count, columns) float32.

    Args:
        values: (rows, columns), NaN = missing. whole: how many values a full interval has; under 80 % of them the
            mean is missing. Each mean is one chain of additions in the order of time, whatever else is there.
    """
    place = place_of(times_ns, first_ns, step_ns)
    low, high = np.searchsorted(place, 0), np.searchsorted(place, count)
    place, values = place[low:high], values[low:high]
    out = np.full((count, values.shape[1]), np.nan, dtype=np.float32)
    if whole == 1 and (np.diff(place) > 0).all():
        out[place] = values
        return out
    for i, column in enumerate(values.T):
        here = np.isfinite(column)
        at, there = (place, column) if here.all() else (place[here], column[here])
        number = np.bincount(at, minlength=count)
        total = np.bincount(at, weights=there, minlength=count)
        enough = number >= max(NEEDED_SHARE * whole, 1)
        out[enough, i] = total[enough] / number[enough]
    return out


def between(x: np.ndarray, values: np.ndarray, at: np.ndarray, reach: int) -> np.ndarray:
    """Return values (rows at x) linearly between their neighbours at `at`; missing where these are further apart."""
    out = np.full((len(at), values.shape[1]), np.nan, dtype=np.float32)
    if len(x) < 2:
        return out
    right = np.clip(np.searchsorted(x, at, side="left"), 1, len(x) - 1)
    left = right - 1
    width = x[right] - x[left]
    share = ((at - x[left]) / width)[:, None]
    good = (at >= x[left]) & (at <= x[right]) & (width <= 1.5 * reach)
    line = values[left] + share * (values[right] - values[left])
    out[good] = line[good]
    return out
