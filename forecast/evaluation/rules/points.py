"""Which forecasts of a backtest a part of a rule looks at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.evaluation.rules.clock import Runs
from forecast.rules import Part
from forecast.timegrid import NS_PER_HOUR

BoolArray = NDArray[np.bool_]


def chosen_points(runs: Runs, part: Part, reported_by: str) -> BoolArray:
    """Return the points (runs, leads) that a part looks at; none where the forecasts do not reach so far."""
    ahead = np.broadcast_to(runs.lead_ns, runs.day.shape)
    name = part.points
    if name == "series":
        found = _day_ahead(runs, reported_by)
        return found if found.any() else np.asarray(ahead == 4 * NS_PER_HOUR)
    if name == "day ahead":
        return _day_ahead(runs, reported_by)
    if name.startswith("hour "):
        hour = int(name.split()[1])
        return np.asarray((ahead > (hour - 1) * NS_PER_HOUR) & (ahead <= hour * NS_PER_HOUR))
    if name == "all":
        return np.ones(ahead.shape, dtype=bool)
    found = {
        "fourth hour": (ahead > 3 * NS_PER_HOUR) & (ahead <= 4 * NS_PER_HOUR),
        "four hours ahead": ahead == 4 * NS_PER_HOUR,
        "up to four hours": ahead <= 4 * NS_PER_HOUR,
        "tenth day": (ahead > 216 * NS_PER_HOUR) & (ahead <= 240 * NS_PER_HOUR),
        "first lead": ahead == runs.lead_ns.min(),
    }[name]
    return np.asarray(found)


def _day_ahead(runs: Runs, reported_by: str) -> BoolArray:
    """Return the points of the next local day, of one run a day: the last that is not later than `reported_by`.

    Where a day has none so early, its first one counts.
    """
    hours, minutes = (int(number) for number in reported_by.split(":"))
    early = runs.issue_hour <= hours + minutes / 60
    # the last early one, else the first late one: by day, then early before late, then nearest to the limit
    nearness = np.where(early, -runs.issue_ns, runs.issue_ns)
    order = np.lexsort((nearness, ~early, runs.issue_day))
    first = np.r_[True, np.diff(runs.issue_day[order]) > 0]
    taken = np.zeros(len(order), dtype=bool)
    taken[order[first]] = True
    return np.asarray(taken[:, None] & (runs.day == runs.issue_day[:, None] + 1))
