"""Weather forecasts on the forecast's grid, and the power expected from them, against plain interpolation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

from forecast import SiteData

LEADS = (1, 2, 5)
STEP = pd.Timedelta("15min")
ISSUES = plants.START + pd.Timedelta("12D") + pd.to_timedelta(15 * np.array([0, 1, 37, 60, 61, 200, 333]), unit="min")
VALID = np.stack([(ISSUES + lead * STEP).tz_localize(None).to_numpy() for lead in LEADS], axis=1)


def with_weather(frame: pd.DataFrame, **options: object) -> SiteData:
    return plants.rebuilt(plants.wind(nwp=False), nwp=frame, **options)


def weather(step: str) -> pd.DataFrame:
    frame = plants.wind().nwp["nwp"]
    assert isinstance(frame, pd.DataFrame)
    fine = frame.resample("1min").interpolate()
    return fine.resample(step, label="right", closed="right").mean().clip(lower=0)


def found_in(data: SiteData) -> dict[str, np.ndarray]:
    return plants.by_name(plants.features_of(data, LEADS).design(data, plants.nanoseconds(ISSUES)))


def seconds(times: object) -> np.ndarray:
    return np.asarray(times, dtype="datetime64[ns]").astype(np.int64) / 1e9


@pytest.mark.parametrize(("step", "label"), [("1h", "end"), ("3h", "end"), ("1h", "instant"), ("1h", "start")])
def test_coarser_forecasts_are_read_between_the_middles_of_their_intervals(step: str, label: str) -> None:
    frame = weather(step)
    found = found_in(with_weather(frame, label={"nwp": label}))
    move = {"end": -0.5, "instant": 0.0, "start": 0.5}[label] * pd.Timedelta(step)
    middles = seconds(frame.index.tz_convert("UTC").tz_localize(None) + move)
    at = seconds(VALID) - 450
    speed = np.interp(at, middles, frame["wind_speed_100m"])
    np.testing.assert_allclose(found["nwp:wind_speed_100m"], speed, rtol=1e-5)
    turn = np.deg2rad(frame["wind_direction_100m"])
    np.testing.assert_allclose(found["nwp:wind_direction_100m_sin"], np.interp(at, middles, np.sin(turn)), atol=1e-5)
    np.testing.assert_allclose(found["nwp:wind_direction_100m_cos"], np.interp(at, middles, np.cos(turn)), atol=1e-5)
    hour_ago = np.interp(at - 3600, middles, frame["wind_speed_100m"])
    np.testing.assert_allclose(found["nwp:wind_speed_100m_trend"], speed - hour_ago, atol=1e-4)
    now = np.interp(seconds(ISSUES.tz_localize(None)) - 450, middles, frame["wind_speed_100m"])
    np.testing.assert_allclose(found["nwp:wind_speed_100m_step"], speed - now[:, None], atol=1e-4)


def test_finer_forecasts_are_averaged_over_the_interval() -> None:
    frame = weather("5min")
    found = found_in(with_weather(frame))
    mean = frame.resample("15min", label="right", closed="right").mean()["wind_speed_100m"].tz_convert("UTC")
    wanted = mean.reindex(pd.DatetimeIndex(VALID.ravel(), tz="UTC")).to_numpy().reshape(VALID.shape)
    np.testing.assert_allclose(found["nwp:wind_speed_100m"], wanted, rtol=1e-5)


def test_a_gap_in_the_forecast_is_not_bridged() -> None:
    frame = weather("1h")
    gone = (frame.index > ISSUES[0]) & (frame.index <= ISSUES[0] + pd.Timedelta("2h"))
    found = found_in(with_weather(frame[~gone]))
    assert np.isnan(found["nwp:wind_speed_100m"][0]).all()
    assert np.isfinite(found["nwp:wind_speed_100m"][3:]).all()


def test_impossible_weather_is_missing() -> None:
    frame = weather("1h")
    frame.loc[(frame.index > ISSUES[0]) & (frame.index <= ISSUES[0] + pd.Timedelta("2h")), "wind_speed_100m"] = 9999.0
    found = found_in(with_weather(frame))
    assert np.isnan(found["nwp:wind_speed_100m"][0]).all()
    assert np.isfinite(found["nwp:wind_direction_100m_sin"][0]).all()


def test_expected_power_is_the_sites_curve_at_the_forecast_and_its_error_is_todays() -> None:
    data = plants.wind(delay={"power": "25min"})
    features = plants.features_of(data, LEADS)
    found = plants.by_name(features.design(data, plants.nanoseconds(ISSUES)))
    frame = data.nwp["nwp"]
    assert isinstance(frame, pd.DataFrame)
    middles = seconds(frame.index.tz_convert("UTC").tz_localize(None) - pd.Timedelta("30min"))
    curve = features.curves["nwp:wind_speed_100m"]

    def expected(labels: np.ndarray) -> np.ndarray:
        return np.interp(np.interp(labels - 450, middles, frame["wind_speed_100m"]), curve.x, curve.y)

    valid = seconds(VALID)
    for name, shift in (("expected", 0), ("expected_before", -3600), ("expected_after", 900)):
        np.testing.assert_allclose(found[f"{name}:nwp:wind_speed_100m"], expected(valid + shift), atol=1e-5)
    newest = seconds(ISSUES.tz_localize(None)) - 1800  # 25 minutes late: two quarters of an hour
    share = (data.clean.tz_convert("UTC") / data.site.capacity_kw).reindex(ISSUES - pd.Timedelta("30min")).to_numpy()
    error = share - expected(newest)
    np.testing.assert_allclose(found["expected_error:nwp:wind_speed_100m"], error, atol=1e-5)
    wanted = expected(valid) + error[:, None]
    np.testing.assert_allclose(found["expected_plus_error:nwp:wind_speed_100m"], wanted, atol=1e-5)


def test_a_delay_that_is_no_multiple_of_the_step_compares_like_with_like() -> None:
    """Power that is exactly clear-sky power: its index is 1 whatever the delay."""
    clear = plants.pv(nwp=False)
    site, step = clear.site, pd.Timedelta("15min")
    index = plants.labels(44, "15min", "UTC")
    from forecast.features.solar import sun

    above = sun(site, int(index[0].as_unit("ns").value), len(index), int(step.as_unit("ns").value)).plane
    power = pd.Series(0.3 * above.astype(float), index=index)
    noon = plants.START + pd.Timedelta("40D") + pd.to_timedelta([2, 3.25, 4.5, 6], unit="h")
    for delay in ("0min", "5min", "15min", "20min"):
        data = SiteData(site, power, delay=delay)
        found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(noon)))
        np.testing.assert_allclose(found["index"], 1.0, atol=0.02, err_msg=delay)


def test_with_several_sources_each_has_its_own_columns() -> None:
    frame = weather("1h")
    data = plants.rebuilt(plants.wind(nwp=False), nwp={"one": frame, "two": weather("3h")[["wind_speed_100m"]]})
    found = found_in(data)
    assert {"one:wind_speed_100m", "one:wind_direction_100m_sin", "two:wind_speed_100m"} <= set(found)
    assert not (found["one:wind_speed_100m"] == found["two:wind_speed_100m"]).all()
