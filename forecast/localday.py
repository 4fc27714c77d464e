"""Forecasts of whole local days issued at stated times of day: 96 quarter hours, 92 or 100 when the clocks change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import SettingsError
from forecast.timegrid import NS_PER_DAY, duration_ns, step_text, to_index, to_moment

MOST_DAYS = 10
CLOCK_CHANGE_NS = duration_ns("1h")


def times_of_day(issued_at: Any) -> tuple[int, ...]:
    """Return times of day such as `"12:00"`, one or several, in nanoseconds after local midnight; None: any time.

    >>> [t // 60_000_000_000 for t in times_of_day(("00:00", "12:30"))]
    [0, 750]
    """
    if issued_at is None:
        return ()
    given = [issued_at] if isinstance(issued_at, str) or not isinstance(issued_at, Sequence) else list(issued_at)
    return tuple(sorted({_time_of_day(value) for value in given}))


def _time_of_day(value: Any) -> int:
    try:
        hours, minutes = (int(part) for part in str(value).split(":"))
    except ValueError:
        hours, minutes = -1, 0
    if not (0 <= hours < 24 and 0 <= minutes < 60):
        raise SettingsError(f"issued_at={value!r}; expected times of day such as '12:00', or None")
    return (hours * 60 + minutes) * 60 * 10**9


def leads_of_days(issued_at: Any, step: Any, days: Any) -> dict[str, Any]:
    """Return `horizon` and `first_lead` that hold the next local days, also when the clocks change in between."""
    moments = times_of_day(issued_at)
    if len(moments) != 1:
        raise SettingsError(f"issued_at={issued_at!r}; whole local days need one time of day, such as '12:00'")
    step_ns = duration_ns(step, "step")
    to_midnight = NS_PER_DAY - moments[0]
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise SettingsError(f"local_days={days!r}; expected a whole number of days from 1 to {MOST_DAYS}")
    if step_ns <= 0 or to_midnight % step_ns or CLOCK_CHANGE_NS % step_ns:
        raise SettingsError(f"step={step!r} does not divide the time from {issued_at} to midnight, and an hour")
    first = max((to_midnight - CLOCK_CHANGE_NS) // step_ns, 0) + 1
    horizon = step_text(to_midnight + days * NS_PER_DAY + CLOCK_CHANGE_NS)
    return {"horizon": horizon, "first_lead": int(first)}


def newest_issue(asked_ns: int, issued_at: tuple[int, ...], zone: Any) -> int:
    """Return the newest moment at or before the asked one [ns] whose local time of day is one of `issued_at`."""
    local = to_moment(asked_ns, zone)
    found = []
    for back in (0, 1, 2):  # a time of day may be left out when the clocks change
        midnight = local.normalize().tz_localize(None) - pd.Timedelta(days=back)
        for since in issued_at:
            moment = (midnight + pd.Timedelta(since, unit="ns")).tz_localize(zone, ambiguous=True, nonexistent="NaT")
            if moment is not pd.NaT:
                found.append(int(moment.as_unit("ns").value))
    return max(moment for moment in found if moment <= asked_ns)


def in_local_days(valid_ns: np.ndarray, issue_ns: int, step_ns: int, days: int, zone: Any) -> np.ndarray:
    """Return which intervals (period-ending labels) lie in the `days` local days after the issue time's own."""
    begins = to_index(valid_ns - step_ns, zone).tz_localize(None).normalize()
    today = to_moment(issue_ns, zone).tz_localize(None).normalize()
    after = (begins - today).days
    inside: np.ndarray = (after >= 1) & (after <= days)
    return inside
