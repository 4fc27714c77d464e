"""Time of day and year as smooth waves, at the middle of the valid interval, UTC."""

from __future__ import annotations

import numpy as np

from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.timegrid import NS_PER_DAY

YEAR_DAYS = 365.2425


def time_of_day_and_year(known: Known) -> tuple[np.ndarray, np.ndarray]:
    """Return both as shares [0, 1) of (n, L) valid intervals' middles."""
    labels, place = known.after_issue()
    labels = labels - known.spec.step_ns // 2
    day = (labels % NS_PER_DAY) / NS_PER_DAY
    year = (labels / NS_PER_DAY / YEAR_DAYS) % 1.0
    return day.astype(np.float32)[place], year.astype(np.float32)[place]


def add_calendar(columns: Columns, day: np.ndarray, year: np.ndarray, season: bool) -> None:
    """Add waves of the day, and of the year where the record is long enough to know seasons."""
    turns = [("day", day, 1), ("day", day, 2)] + ([("year", year, 1)] if season else [])
    for name, share, times in turns:
        # float64 and contiguous: one code path of the sine, whatever the number of rows
        angle = np.ascontiguousarray(share, dtype=np.float64) * (2 * np.pi * times)
        columns.add(f"{name}_sin{times}", np.sin(angle), "1", "calendar", None)
        columns.add(f"{name}_cos{times}", np.cos(angle), "1", "calendar", None)
