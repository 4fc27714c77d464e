"""Which intervals say what a plant can do: not those in which it stood or was held down."""

from __future__ import annotations

import numpy as np

STANDING = 0.02  # share of capacity
EXPECTED = 0.2  # share of capacity that was expected meanwhile
STANDING_HOURS = 3.0
FLAT = 2e-3  # share of capacity that a limited output moves from value to value
FLAT_HOURS = 1.0
FULL = 0.95  # of what is expected or of the highest values: flat there is no limit from outside


def undisturbed(power: np.ndarray, expected: np.ndarray, step_hours: float) -> np.ndarray:
    """Return where power (share, in order of time) is neither a stop nor an output held at a constant level.

    A stop: under 2 % for three hours or more while 20 % or more is expected. A limit: values that move by less than
    0.2 % for an hour or more (four values at least), below 95 % of what is expected.
    """
    there = np.flatnonzero(np.isfinite(power) & np.isfinite(expected))  # a gap does not end a run
    kept = np.ones(len(power), dtype=bool)
    kept[there] = _undisturbed(power[there], expected[there], step_hours)
    return kept


def _undisturbed(power: np.ndarray, expected: np.ndarray, step_hours: float) -> np.ndarray:
    stands = (power < STANDING) & (expected > EXPECTED)
    low = power < FULL * expected
    still = np.abs(np.diff(power, prepend=-1.0)) < FLAT
    stop = _long_runs(stands, max(int(np.ceil(STANDING_HOURS / step_hours)), 2))
    flat = _long_runs(still & (power >= STANDING) & low, max(int(np.ceil(FLAT_HOURS / step_hours)), 4) - 1)
    flat |= np.r_[flat[1:], False] & low  # the value that a flat run began with
    kept: np.ndarray = ~(stop | flat)
    return kept


def _long_runs(yes: np.ndarray, least: int) -> np.ndarray:
    edge = np.diff(np.r_[0, yes.astype(np.int8), 0])
    begin, end = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    long = end - begin >= least
    mark = np.zeros(len(yes) + 1, dtype=np.int64)
    mark[begin[long]] += 1
    mark[end[long]] -= 1
    inside: np.ndarray = np.cumsum(mark[:-1]) > 0
    return inside
