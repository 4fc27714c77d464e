"""Jumps of a daily number: found where they are, drifts left alone."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.audit.breaks import breaks


@pytest.mark.parametrize("place", [15, 60, 130])
def test_a_jump_is_found_at_its_day(place: int) -> None:
    x = np.random.default_rng(place).normal(scale=2.0, size=160)
    x[place:] += 15
    x[::9] = np.nan
    found = breaks(x, 9.0)
    assert len(found) == 1 and abs(found[0][0] - place) <= 1 and found[0][1] == pytest.approx(15, abs=4)


def test_a_season_is_no_jump() -> None:
    x = 20 * np.sin(np.arange(300) / 50) + np.random.default_rng(1).normal(size=300)
    assert breaks(x, 9.0) == []


def test_single_wild_days_are_no_jump() -> None:
    x = np.random.default_rng(2).normal(size=200)
    x[[30, 31, 90, 150]] = 80
    assert breaks(x, 9.0) == []
