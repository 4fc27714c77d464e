"""Whole local days ahead: all of their quarter hours, also when the clocks change, from what was known at the hour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import SettingsError
from forecast.localday import leads_of_days, newest_issue

ZONE = "Europe/Paris"


def hourly(days: int = 120, start: str = "2025-01-05") -> fc.SiteData:
    index = pd.date_range(start, periods=days * 24, freq="1h", tz=ZONE)
    rng = np.random.default_rng(3)
    wind = 8 + 4 * plants.wandering(rng, len(index), 0.97)
    nwp = pd.DataFrame({"wind_speed_100m": np.maximum(wind + rng.normal(size=len(index)), 0)}, index=index)
    power = pd.Series(2000 * plants.wind_power(np.maximum(wind, 0)), index=index)
    return fc.SiteData(plants.wind_site(), power, nwp=nwp)


@pytest.fixture(scope="module")
def fitted() -> tuple[fc.SiteData, fc.Forecaster]:
    data = hourly()
    return data, fc.Forecaster.preset("day_ahead", step="1h", model="ridge").fit(data)


def test_the_next_day_has_its_hours_also_when_the_clocks_change(fitted) -> None:
    data, forecaster = fitted
    for day, hours in (("2025-03-20", 24), ("2025-03-29", 23), ("2025-03-30", 24)):
        frame = forecaster.predict(data, pd.Timestamp(f"{day} 12:40", tz=ZONE))
        begins = frame.index - pd.Timedelta("1h")
        assert len(frame) == hours
        assert set(begins.tz_localize(None).normalize()) == {pd.Timestamp(day) + pd.Timedelta("1D")}
        assert frame.attrs["issue_time"].startswith(f"{day}T12:00")
        assert frame.index[-1] == (pd.Timestamp(day, tz=ZONE) + pd.DateOffset(days=2))


def test_autumn_has_an_hour_more_and_quarter_hours_are_counted() -> None:
    index = pd.date_range("2025-08-20", "2025-10-28", freq="15min", tz=ZONE)
    power = pd.Series(1000 + 900 * np.sin(np.arange(len(index)) / 37.0), index=index)
    data = fc.SiteData(plants.wind_site(), power)
    forecaster = fc.Forecaster.preset("day_ahead", model="reference").fit(data)
    assert len(forecaster.predict(data, pd.Timestamp("2025-10-25 12:00", tz=ZONE))) == 100
    assert len(forecaster.predict(data, pd.Timestamp("2025-10-26 12:00", tz=ZONE))) == 96
    two = fc.Forecaster.preset("day_ahead", model="persistence", local_days=2).fit(data)
    assert len(two.predict(data, pd.Timestamp("2025-10-25 13:00", tz=ZONE))) == 196


def test_it_learns_at_its_hour_only_and_ignores_what_came_after(fitted) -> None:
    data, forecaster = fitted
    assert forecaster.trained_on_["rows"] < 125
    at = pd.Timestamp("2025-04-10 12:00", tz=ZONE)
    frame = forecaster.predict(data, at)
    pd.testing.assert_frame_equal(forecaster.predict(data.until(at), at), frame, check_exact=True)
    later = forecaster.predict(data, at + pd.Timedelta("5h"))
    pd.testing.assert_frame_equal(later, frame, check_exact=True)
    before = forecaster.predict(data, at - pd.Timedelta("1min"))
    assert before.index[0] == frame.index[0] - pd.DateOffset(days=1)


def test_it_is_saved_and_loaded(fitted, tmp_path) -> None:
    data, forecaster = fitted
    forecaster.save(tmp_path / "m.qh")
    again = fc.load(tmp_path / "m.qh")
    pd.testing.assert_frame_equal(again.predict(data), forecaster.predict(data), check_exact=True)


def test_a_time_of_day_that_the_clock_leaves_out_is_passed_over() -> None:
    asked = int(pd.Timestamp("2025-03-30 12:00", tz=ZONE).as_unit("ns").value)
    found = newest_issue(asked, (2 * 3_600_000_000_000 + 30 * 60_000_000_000,), ZONE)
    assert pd.Timestamp(found, tz="UTC").tz_convert(ZONE) == pd.Timestamp("2025-03-29 02:30", tz=ZONE)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"issued_at": "25:00"}, "times of day"),
        ({"issued_at": None}, "one time of day"),
        ({"local_days": 0}, "from 1 to 10"),
        ({"step": "45min"}, "does not divide"),
    ],
)
def test_what_cannot_be_is_said(changes: dict, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        fc.Forecaster.preset("day_ahead", **changes)


def test_leads_reach_over_both_changes_of_the_clocks() -> None:
    leads = leads_of_days("12:00", "15min", 1)
    assert leads == {"horizon": "37h", "first_lead": 45}
