from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.data import SiteData
from forecast.evaluation.daylight import sun_is_up
from forecast.site import PVSite, WindSite
from forecast.timegrid import NS_PER_DAY

STEP = 900_000_000_000
DAY = pd.date_range("2024-05-01 00:15", "2024-05-02 00:00", freq="15min", tz="UTC")


def daily_power(days: int = 20) -> pd.Series:
    times = pd.date_range("2024-04-20 00:15", periods=days * 96, freq="15min", tz="UTC")
    hour = (times.hour + times.minute / 60).to_numpy()
    return pd.Series(np.clip(80 * np.sin((hour - 5) / 14 * np.pi), -0.05, None), index=times)


@pytest.mark.parametrize("shift_s", [0, 420])
def test_with_a_position_the_sun_decides(shift_s: int) -> None:
    pvlib = pytest.importorskip("pvlib")
    site = WindSite("ridge", 100, latitude=48.0, longitude=5.0)
    valid = DAY.as_unit("ns").asi8.reshape(12, 8) + shift_s * 10**9
    found = sun_is_up(SiteData(site, daily_power()), valid, STEP)
    fine = pd.DatetimeIndex((valid.ravel()[:, None] - np.arange(16) * STEP // 15).ravel(), tz="UTC")
    elevation = pvlib.solarposition.get_solarposition(fine, 48.0, 5.0)["elevation"].to_numpy()
    expected = elevation.reshape(-1, 16).max(axis=1) >= -0.83
    np.testing.assert_array_equal(found.ravel(), expected)


def test_a_pv_plant_without_a_position_shows_its_daylight_itself() -> None:
    power = daily_power()
    power.iloc[5 * 96 : 6 * 96] = 0.0  # a day of snow is still a day
    data = SiteData(PVSite("roof", 100), power)
    valid = DAY.as_unit("ns").asi8
    found = sun_is_up(data, valid, STEP)
    typical = power.groupby(power.index.strftime("%H:%M")).max()
    expected = [typical[f"{time:%H:%M}"] > 0.2 for time in DAY]
    np.testing.assert_array_equal(found, expected)
    assert 0 < found.sum() < 96
    snow = valid - NS_PER_DAY * 6
    np.testing.assert_array_equal(sun_is_up(data, snow, STEP), expected)


def test_where_nothing_is_known_it_counts_as_day() -> None:
    far = DAY.as_unit("ns").asi8 + 400 * NS_PER_DAY
    assert sun_is_up(SiteData(PVSite("roof", 100), daily_power()), far, STEP).all()
    assert sun_is_up(SiteData(PVSite("roof", 100)), far, STEP).all()
    assert sun_is_up(SiteData(WindSite("ridge", 100), daily_power()), far, STEP).all()
