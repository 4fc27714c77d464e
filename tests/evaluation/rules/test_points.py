from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import results

import forecast as fc
from forecast.evaluation.rules.clock import Runs, read_runs
from forecast.evaluation.rules.points import chosen_points
from forecast.rules import Part


def a_part(points: str) -> Part:
    return replace(fc.rules.get("ENTSO-E").parts["wind"][0], points=points)


def leads_of(points: str, runs: Runs) -> list[int]:
    chosen = chosen_points(runs, a_part(points), "09:00")
    assert (chosen == chosen[:1]).all()
    return [int(lead) for lead in np.flatnonzero(chosen[0]) + 1]


@pytest.mark.parametrize(
    ("points", "leads"),
    [
        ("hour 1", [1, 2, 3, 4]),
        ("hour 2", [5, 6, 7, 8]),
        ("hour 3", [9, 10, 11, 12]),
        ("hour 4", [13, 14, 15, 16]),
        ("fourth hour", [13, 14, 15, 16]),
        ("four hours ahead", [16]),
        ("up to four hours", list(range(1, 17))),
        ("first lead", [1]),
    ],
)
def test_ultra_short_parts_look_at_their_quarter_hours(points: str, leads: list[int]) -> None:
    runs = read_runs(results.backtest(days=1, leads=20, step="15min").dataset, 0)
    assert leads_of(points, runs) == leads


def test_the_tenth_day_is_hours_217_to_240() -> None:
    runs = read_runs(results.backtest(days=1, leads=250, step="1h").dataset, 0)
    assert leads_of("tenth day", runs) == list(range(217, 241))
