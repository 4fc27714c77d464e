"""Plans: what was announced, as it was known at each issue time, against a loop over entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.data.plan import checked_plan, planned
from forecast.errors import ColumnError, InputTypeError, TimeError

ZERO = pd.Timestamp("2024-05-05", tz="UTC")
MINUTE = 60 * 10**9
STEP = 15 * MINUTE


def at(minutes: float) -> pd.Timestamp:
    return ZERO + pd.Timedelta(minutes=minutes)


def plan_of(*rows: tuple[float, float, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["start", "end", "available_kw", "limit_kw", "known_at"])
    for name in ("start", "end", "known_at"):
        table[name] = [at(minutes) for minutes in table[name]]
    return table


entries = st.lists(
    st.tuples(
        st.integers(-60, 240), st.integers(-60, 300), st.sampled_from([np.nan, -5.0, 0.0, 420.5]),
        st.sampled_from([np.nan, 130.0]), st.integers(-120, 200),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=40)
@given(entries)
def test_capacity_and_limit_are_those_of_a_loop_over_entries(rows: list[tuple[float, ...]]) -> None:
    plan = checked_plan(plan_of(*rows))  # type: ignore[arg-type]
    issues, leads = np.array([0, 45, 90]), np.array([1, 2, 7])
    issue_ns = np.array([int(at(m).as_unit("ns").value) for m in issues])
    valid_ns = issue_ns[:, None] + leads[None, :] * STEP
    available, limit = planned(plan, issue_ns, valid_ns, STEP)
    for i, issue in enumerate(issues):
        for k, lead in enumerate(leads):
            most, cap = [np.inf], [np.inf]
            for start, end, kw, limited, known in rows:
                minutes = range(issue + (lead - 1) * 15, issue + lead * 15)  # each minute of the interval
                if known <= issue and any(start <= m < end for m in minutes):
                    most += [max(kw, 0.0)] if np.isfinite(kw) else []
                    cap += [limited] if np.isfinite(limited) else []
            assert (available[i, k], limit[i, k]) == (min(most), min(cap))


def test_without_a_plan_nothing_is_limited() -> None:
    values = planned(None, np.array([0]), np.array([[STEP]]), STEP)
    assert all(np.isinf(v).all() for v in values)


def test_an_outage_without_an_end_lasts_until_further_notice() -> None:
    plan = plan_of((0, 60, 0.0, np.nan, -60))
    plan["end"] = pd.to_datetime([None], utc=True)
    issue = np.array([int(at(0).as_unit("ns").value)])
    available, _ = planned(checked_plan(plan), issue, issue[:, None] + np.array([[1, 5000]]) * STEP, STEP)
    assert (available == 0).all()


def test_an_empty_plan_is_no_plan() -> None:
    empty = checked_plan(pd.DataFrame(columns=["start", "end", "available_kw", "limit_kw", "known_at"]))
    available, limit = planned(empty, np.array([0]), np.array([[STEP]]), STEP)
    assert np.isinf(available).all() and np.isinf(limit).all()


def test_the_callers_plan_is_not_changed() -> None:
    plan = plan_of((0, 60, 0.0, np.nan, -60))
    before = plan.copy(deep=True)
    checked_plan(plan)
    pd.testing.assert_frame_equal(plan, before)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda p: p.drop(columns="known_at"), ColumnError, "known_at are missing"),
        (lambda p: p.to_dict(), InputTypeError, "plan is dict"),
        (lambda p: p.assign(start=p["start"].dt.tz_localize(None)), TimeError, "plan column start.*no time zone"),
        (lambda p: p.assign(end=p["end"].dt.tz_localize(None)), TimeError, "plan column end.*no time zone"),
        (lambda p: p.assign(start=pd.to_datetime([None], utc=True)), TimeError, "plan column start.*NaT"),
    ],
)
def test_a_plan_that_cannot_be_is_a_typed_error(change: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        checked_plan(change(plan_of((0, 60, 0.0, np.nan, -60))))
