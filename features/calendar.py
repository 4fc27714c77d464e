"""Time of day and year as smooth waves, at the middle of the valid interval, UTC."""

from __future__ import annotations

import numpy as np

from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.timegrid import NS_PER_DAY

YEAR_DAYS = 365.2425
TURNS = (("day", 1), ("day", 2), ("year", 1))


def time_of_day_and_year(known: Known) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both as shares [0, 1) of intervals' middles, (labels,) each, and where the (n, L) valid ones stand."""
    labels, place = known.after_issue()
    labels = labels - known.spec.step_ns // 2
    day = (labels % NS_PER_DAY) / NS_PER_DAY
    year = (labels / NS_PER_DAY / YEAR_DAYS) % 1.0
    return day.astype(np.float32), year.astype(np.float32), place


def add_calendar(columns: Columns, day: np.ndarray, year: np.ndarray, place: np.ndarray, season: bool) -> None:
    """Add waves of the day, and of the year where the record is long enough to know seasons."""
    turns = TURNS if season else TURNS[:2]
    waves = np.empty((len(day), 2 * len(turns)), dtype=np.float32)  # a label's, whatever leads it is valid for
    for i, (share, times) in enumerate(turns):
        # float64 and contiguous: one code path of the sine, whatever the number of labels
        angle = (day if share == "day" else year).astype(np.float64) * (2 * np.pi * times)
        waves[:, 2 * i], waves[:, 2 * i + 1] = np.sin(angle), np.cos(angle)
    names = tuple(f"{share}_{wave}{times}" for share, times in turns for wave in ("sin", "cos"))
    columns.add_block(names, waves.take(place, axis=0), "1", "calendar", None)
