"""Stops and limited hours against a slow look at every run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecast.physics.stops import EXPECTED, FLAT, FULL, STANDING, undisturbed

LEVELS = st.sampled_from([0.0, 0.01, 0.15, 0.1501, 0.4, 0.4004, 0.9, np.nan])


def slow(power: np.ndarray, expected: np.ndarray, standing: int, flat: int) -> np.ndarray:
    there = [i for i in range(len(power)) if np.isfinite(power[i]) and np.isfinite(expected[i])]
    kept = np.ones(len(power), dtype=bool)
    for a in range(len(there)):
        for b in range(a + 1, len(there) + 1):
            run = there[a:b]
            p, e = power[run], expected[run]
            if len(run) >= standing and ((p < STANDING) & (e > EXPECTED)).all():
                kept[run] = False
            low = p < FULL * e
            if len(run) >= flat and low.all() and (p[1:] >= STANDING).all() and (np.abs(np.diff(p)) < FLAT).all():
                kept[run] = False
    return kept


@given(st.lists(st.tuples(LEVELS, st.sampled_from([0.1, 0.3, 0.6, np.nan])), max_size=24))
def test_runs_are_found_across_gaps(values: list[tuple[float, float]]) -> None:
    power, expected = np.array(values).reshape(-1, 2).T
    # hourly: a stop is three values, a flat run four
    np.testing.assert_array_equal(undisturbed(power, expected, 1.0), slow(power, expected, 3, 4))
