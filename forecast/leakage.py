"""When the newest value behind each feature became known, beside the issue time; and a test that it is so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.design import Column
from forecast.errors import NotEnoughDataError
from forecast.forecaster import Forecaster
from forecast.timegrid import evenly

TESTED = 24  # issue times at which each feature is made again from what was known then
CALENDAR = ("calendar", "sun")
FROM_RUNS = ("run age", "neighbours' weather")


def leakage_report(forecaster: Forecaster, data: SiteData) -> pd.DataFrame:
    """Return, feature by feature, when its newest value became known, and whether later knowledge moves it.

    Index `feature`; columns `group`; `vintage`: `"as known"`, `"calendar"` (known for ever) or `"unknown"` (weather by
    valid time: every value counts as known at every issue time); `newest`: the moment its newest value became known
    minus the issue time, a Timedelta that is never above zero, the largest of the issue times looked at; missing for
    calendars and unknown vintages; `moved`: at how many of these it changes when everything that became known later is
    taken away: 0 unless something leaks.

    Raises:
        NotFittedError, SiteError, ColumnError: as `Forecaster.predict`. NotEnoughDataError: no room for an issue time.
    """
    features = forecaster._features_for(data)
    spec = features.spec
    issue_ns = _some_issue_times(data, forecaster.history_needed, spec.power_step_ns, spec.phase_ns)
    whole = forecaster._design(features, data, issue_ns)
    moved_common, moved_lead = np.zeros(len(whole.common_columns), int), np.zeros(len(whole.lead_columns), int)
    for i, moment in enumerate(issue_ns):
        known = forecaster._design(features, data.until(pd.Timestamp(moment, tz="UTC")), issue_ns[i : i + 1])
        moved_common += _differs(known.common[0], whole.common[i])
        moved_lead += _differs(known.lead[0], whole.lead[i]).any(axis=0)
    columns = (*whole.common_columns, *whole.lead_columns)
    newest = _newest_runs(data, spec.runs, issue_ns)
    rows = [_row(column, newest, count) for column, count in zip(columns, [*moved_common, *moved_lead], strict=True)]
    index = pd.Index([column.name for column in columns], name="feature")
    return pd.DataFrame(rows, index=index, columns=["group", "vintage", "newest", "moved"])


def _some_issue_times(data: SiteData, history: pd.Timedelta, step_ns: int, phase_ns: int) -> np.ndarray:
    times = data.times("power")
    first, last = int(times[0]) + int(history.as_unit("ns").value) if len(times) else 0, int(times[-1])
    first = min(first, last - step_ns * TESTED)  # a short record is better looked at than not
    first += (phase_ns - first) % step_ns
    if len(times) < 2 or first < times[0]:
        raise NotEnoughDataError(f"site {data.site.name!r}: the record is too short to look for leaks")
    apart = max((last - first) // step_ns // TESTED, 1)
    return evenly(first, last, apart * step_ns)[:TESTED]


def _differs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(~((a == b) | (np.isnan(a) & np.isnan(b))))


def _newest_runs(data: SiteData, runs: dict[str, Any], issue_ns: np.ndarray) -> dict[str, int]:
    """Return by source the latest publication, relative to the issue time [ns], of the runs that served."""
    out = {}
    for name, table in runs.items():
        owner = data.neighbours.get(table.near) if table.near else data
        if owner is None or table.source not in owner.run_sources:
            continue
        published = np.sort(owner.published(table.source))
        place = np.searchsorted(published, issue_ns, side="right") - 1
        if (place >= 0).any():
            out[name] = int((published[place[place >= 0]] - issue_ns[place >= 0]).max())
    return out


def _row(column: Column, newest: dict[str, int], moved: int) -> dict[str, Any]:
    source = next((name for name in newest if f"{name}:" in column.name), None)
    if source is not None and column.group in ("weather forecast", "weather to power", *FROM_RUNS):
        vintage, known = "as known", newest[source]
    elif column.group in CALENDAR:
        vintage, known = "calendar", None
    elif column.group in ("weather forecast", "weather to power"):
        vintage, known = "unknown", None
    else:
        vintage, known = "as known", column.known_ns
    moment = pd.NaT if known is None else pd.Timedelta(known, unit="ns")
    return {"group": column.group, "vintage": vintage, "newest": moment, "moved": int(moved)}
