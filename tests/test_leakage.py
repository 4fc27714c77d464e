"""The leakage report: nothing known after the issue time, and a leak that is planted is found."""

from __future__ import annotations

import cases
import numpy as np
import pandas as pd
import pytest

import forecast as fc
from forecast.features.known import Known

CASE = "wind, every input"


def test_no_feature_is_known_after_the_issue_time_nor_moved_by_what_came_later() -> None:
    for case in (CASE, "pv"):
        report = fc.leakage_report(cases.fitted(case, "ridge"), cases.case(case))
        assert not report["newest"].gt(pd.Timedelta(0)).any()
        assert (report["moved"] == 0).all()
        assert set(report["vintage"]) == {"as known", "calendar", "unknown"}


def test_runs_have_the_moment_of_their_publication_and_frames_are_of_unknown_vintage() -> None:
    data = cases.case(CASE)
    report = fc.leakage_report(cases.fitted(CASE, "ridge"), data)
    runs = report.loc["runs:wind_speed_100m", "newest"]
    assert pd.Timedelta("-6h") < runs <= pd.Timedelta(0)
    assert report.loc["nwp:wind_speed_100m", "vintage"] == "unknown"
    assert report.loc["power", "newest"] <= pd.Timedelta(0)


def test_a_leak_that_is_planted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    data, forecaster = cases.case("pv"), cases.fitted("pv", "ridge")
    honest = Known.delayed.func
    monkeypatch.setattr(Known, "delayed", property(lambda self: np.roll(honest(self), -2)))
    report = fc.leakage_report(forecaster, data)
    assert report.loc["power", "moved"] > 0
    assert report.loc["sun_elevation", "moved"] == 0


def test_a_short_record_is_looked_at_too() -> None:
    data, forecaster = cases.case("pv"), cases.fitted("pv", "ridge")
    newest = data.newest
    assert len(fc.leakage_report(forecaster, data.between(newest - pd.Timedelta("2D"), newest)))
    with pytest.raises(fc.errors.NotEnoughDataError, match="too short to look for leaks"):
        fc.leakage_report(forecaster, data.between(newest - pd.Timedelta("1h"), newest))
