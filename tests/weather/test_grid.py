"""Means of runs on a grid, against sums over every second or minute of what the documentation says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecast import PVSite
from forecast.errors import ShapeError, WeatherError
from forecast.weather import RunGrid
from forecast.weather.sky import clear_sky

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
HOURLY = tuple(range(25))
MIXED = (*range(0, 13), 15, 18, 21, 24, 30)
SITE = PVSite("roof", 100, latitude=48.1, longitude=11.6, altitude_m=500)
INITS = pd.DatetimeIndex(["2024-06-01T00", "2024-06-01T06", "2024-06-03T12"])


def runs(lead_hours: tuple[int, ...], seed: int = 0, members: int | None = None, **attrs: dict[str, str]) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    shape = (len(INITS), len(lead_hours)) + (() if members is None else (members,))
    dims = ("init_time", "lead_time", "member")[: len(shape)]
    values = {
        "ghi": rng.uniform(0, 600, shape), "dni": rng.uniform(0, 500, shape), "temp_air": rng.normal(12, 6, shape),
        "wind_u_100m": rng.normal(2, 6, shape), "wind_v_100m": rng.normal(-3, 6, shape),
        "wind_speed_10m": rng.uniform(0, 12, shape), "wind_direction_10m": rng.uniform(0, 360, shape),
    }  # fmt: skip
    data = {name: (dims, array, attrs.get(name, {})) for name, array in values.items()}
    return xr.Dataset(data, {"init_time": INITS, "lead_time": pd.to_timedelta(lead_hours, unit="h")})


def inits_ns() -> np.ndarray:
    return INITS.as_unit("ns").asi8


def ends_after(run: np.ndarray, first: int, count: int, step: int) -> np.ndarray:
    return inits_ns()[run][:, None] + first + step * np.arange(1, count + 1)


def by_the_second(lead_s: np.ndarray, values: np.ndarray, begin: float, end: float) -> float:
    middles = np.arange(begin, end) + 0.5
    return float(np.interp(middles, lead_s, values).mean())


@pytest.mark.parametrize("lead_hours", [HOURLY, MIXED])
@pytest.mark.parametrize("step", [7 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR])
def test_a_point_quantity_is_averaged_along_its_line(lead_hours: tuple[int, ...], step: int) -> None:
    dataset = runs(lead_hours)
    run = np.array([2, 0, 1])
    ends = ends_after(run, 3 * MINUTE, 5, step)
    found = RunGrid(dataset).means(run, ends, step)
    lead_s = np.array(lead_hours) * 3600.0
    for row, one in enumerate(run):
        values = {name: dataset[name].to_numpy()[one] for name in dataset.data_vars}
        angle = np.deg2rad(values["wind_direction_10m"])
        u, v = -values["wind_speed_10m"] * np.sin(angle), -values["wind_speed_10m"] * np.cos(angle)
        for lead, end in enumerate((ends[row] - inits_ns()[one]) / 1e9):
            begin = end - step / 1e9
            for name in ("temp_air", "wind_speed_10m"):
                expected = by_the_second(lead_s, values[name], begin, end)
                np.testing.assert_allclose(found[name][row, lead], expected, rtol=1e-6)
            speed = np.hypot(values["wind_u_100m"], values["wind_v_100m"])
            expected = by_the_second(lead_s, speed, begin, end)
            np.testing.assert_allclose(found["wind_speed_100m"][row, lead], expected, rtol=1e-6)
            east, north = (by_the_second(lead_s, part, begin, end) for part in (u, v))
            from_where = np.degrees(np.arctan2(-east, -north)) % 360
            np.testing.assert_allclose(found["wind_direction_10m"][row, lead], from_where, atol=1e-3)


def test_names_are_those_of_the_contract_and_the_wind_is_speed_and_direction() -> None:
    grid = RunGrid(runs(HOURLY))
    found = grid.means(np.array([0]), ends_after(np.array([0]), 0, 2, HOUR), HOUR)
    assert tuple(found) == grid.names
    assert set(found) == {"ghi", "dni", "temp_air", "wind_speed_10m", "wind_direction_10m", "wind_speed_100m",
                          "wind_direction_100m"}  # fmt: skip


def test_a_wind_that_turns_over_north_is_not_averaged_to_south() -> None:
    dataset = runs((0, 1))[["wind_speed_10m", "wind_direction_10m"]]
    dataset["wind_direction_10m"][:] = [350.0, 10.0]
    dataset["wind_speed_10m"][:] = [4.0, 6.0]
    run = np.array([1])
    found = RunGrid(dataset).means(run, ends_after(run, 0, 1, HOUR), HOUR)
    assert abs((found["wind_direction_10m"][0, 0] + 180) % 360 - 180) < 5
    np.testing.assert_allclose(found["wind_speed_10m"], 5.0)


@pytest.mark.parametrize("site", [None, SITE])
@pytest.mark.parametrize("lead_hours", [HOURLY, MIXED, (3, 6, 9, 12, 15, 18, 21, 24)])
def test_the_parts_of_an_interval_average_to_its_mean(lead_hours: tuple[int, ...], site: PVSite | None) -> None:
    dataset = runs(lead_hours)
    grid = RunGrid(dataset, site)
    begins = (0, *lead_hours[:-1])
    for step in (5 * MINUTE, 15 * MINUTE, HOUR):
        for lead, (begin, end) in enumerate(zip(begins, lead_hours, strict=True)):
            if end == begin:
                continue
            run = np.arange(len(INITS))
            ends = ends_after(run, begin * HOUR, (end - begin) * HOUR // step, step)
            found = grid.means(run, ends, step)
            for name in ("ghi", "dni"):
                np.testing.assert_allclose(found[name].mean(axis=1), dataset[name].to_numpy()[:, lead], rtol=1e-9)
                assert (found[name] >= 0).all()


def test_radiation_within_an_interval_runs_as_clear_sky_does() -> None:
    """By the minute: index constant where it is at most 1.5, the rest spread evenly."""
    dataset = runs((0, 3, 6, 9, 12, 15, 18, 21))
    run, step = np.array([0]), 15 * MINUTE
    ends = ends_after(run, 0, 84, step)
    found = RunGrid(dataset, SITE).means(run, ends, step)
    place = (SITE.latitude, SITE.longitude, SITE.altitude_m)
    minutes = inits_ns()[0] + MINUTE * np.arange(21 * 60) + MINUTE // 2
    for name, clear in zip(("ghi", "dni"), clear_sky(place, minutes), strict=True):
        values = np.repeat(dataset[name].to_numpy()[0, 1:], 180)
        level = np.repeat(clear.reshape(-1, 180).mean(axis=1), 180)
        by_sky = np.minimum(values, 1.5 * level)
        shape = np.divide(clear, level, out=np.zeros_like(level), where=level > 0)
        expected = (by_sky * shape + values - by_sky).reshape(-1, 15).mean(axis=1)
        np.testing.assert_allclose(found[name][0], expected, atol=4.0)
    noon = 44  # a 3-hourly interval of the morning is not flat, and rises with the sun
    assert found["ghi"][0, noon - 8] > found["ghi"][0, noon - 9]


def test_radiation_at_moments_keeps_a_clear_index_between_them() -> None:
    point = {"cell_methods": "lead_time: point"}
    lead_hours = tuple(range(0, 25, 3))
    dataset = runs(lead_hours, ghi=point)[["ghi"]]
    place = (SITE.latitude, SITE.longitude, SITE.altitude_m)
    moments = inits_ns()[:, None] + np.array(lead_hours) * HOUR
    clear = np.stack([clear_sky(place, row)[0] for row in moments])
    dataset["ghi"][:] = 0.63 * clear
    run, step = np.arange(3), 15 * MINUTE
    ends = ends_after(run, 0, 96, step)
    found = RunGrid(dataset, SITE).means(run, ends, step)["ghi"]
    middles = ends[..., None] - step + MINUTE * np.arange(15) + MINUTE // 2
    expected = 0.63 * clear_sky(place, middles.ravel())[0].reshape(middles.shape).mean(axis=-1)
    assert np.abs(found - expected).max() < 8
    linear = RunGrid(dataset).means(run, ends, step)["ghi"]
    assert np.abs(linear - expected).max() > 40
    assert found.min() > -0.5


def test_a_row_does_not_depend_on_other_rows_runs_leads_or_the_step_of_others() -> None:
    rng = np.random.default_rng(5)
    dataset = runs(MIXED, members=2)
    grid = RunGrid(dataset, SITE)
    step = 15 * MINUTE
    run = rng.integers(0, 3, 40)
    ends = inits_ns()[run][:, None] + rng.integers(15, 60 * 12, 40)[:, None] * MINUTE + step * np.arange(8)
    together = grid.means(run, ends, step)
    for row in (0, 7, 39):
        alone = RunGrid(dataset.isel(init_time=[run[row]], lead_time=slice(0, -1)), SITE)
        found = alone.means(np.array([0]), ends[row : row + 1], step)
        for name, values in found.items():
            np.testing.assert_array_equal(values[0], together[name][row], err_msg=name)
            apart = grid.means(run[[row] * 2], ends[[row] * 2][:, [5, 2]], step)[name]
            np.testing.assert_array_equal(apart[1], together[name][row][[5, 2]], err_msg=name)


def test_intervals_longer_than_a_day_are_left_flat_and_do_not_touch_the_others() -> None:
    hours = (0, 3, 6, 9, 12, 48, 144, 150)
    point = {"cell_methods": "lead_time: point"}
    for attrs in ({}, {"ghi": point, "dni": point}):
        dataset = runs(hours, **attrs)
        run, step = np.array([0, 2]), 3 * HOUR
        ends = ends_after(run, 0, 50, step)
        found = RunGrid(dataset, SITE).means(run, ends, step)
        short = RunGrid(dataset.isel(lead_time=slice(0, 5)), SITE).means(run, ends, step)
        plain = RunGrid(dataset).means(run, ends, step)
        for name in ("ghi", "dni"):
            np.testing.assert_array_equal(found[name][:, :4], short[name][:, :4])
            np.testing.assert_allclose(found[name][:, 4:48], plain[name][:, 4:48], rtol=1e-9)


def test_rows_are_worked_off_in_parts_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, run = RunGrid(runs(HOURLY), SITE), np.array([0, 1, 2, 0, 1])
    ends = ends_after(run, HOUR, 6, 15 * MINUTE)
    whole = grid.means(run, ends, 15 * MINUTE)
    monkeypatch.setattr("forecast.weather.grid.AT_ONCE", 14)
    for name, values in grid.means(run, ends, 15 * MINUTE).items():
        np.testing.assert_array_equal(values, whole[name])


def test_what_the_run_does_not_say_is_missing_and_nothing_else() -> None:
    dataset = runs((1, 2, 3, 4, 5, 6, 7, 8))
    dataset["temp_air"][0, 3] = np.nan  # lead 4 h: the lines from 3 h to 5 h
    dataset["ghi"][0, 3] = np.nan  # the mean over (3 h, 4 h]
    run, step = np.array([0, 0, -1]), 30 * MINUTE
    ends = np.stack([inits_ns()[0] + step * np.arange(1, 19)] * 3)
    found = RunGrid(dataset, SITE).means(run, ends, step)
    halves = np.arange(1, 19) / 2  # ends in hours
    point = (halves >= 1.5) & (halves <= 8)
    np.testing.assert_array_equal(np.isfinite(found["wind_speed_100m"][0]), point)
    np.testing.assert_array_equal(np.isfinite(found["temp_air"][1]), point & ((halves <= 3) | (halves > 5)))
    np.testing.assert_array_equal(np.isfinite(found["ghi"][0]), (halves <= 8) & ((halves <= 3) | (halves > 4)))
    assert all(np.isnan(values[2]).all() for values in found.values())
    wide = RunGrid(dataset, SITE).means(run[:1], ends[:1, 11:12], 4 * HOUR)  # (2 h, 6 h]
    assert np.isnan(wide["temp_air"]).all() and np.isfinite(wide["dni"]).all()


@given(st.integers(0, 10_000), st.sampled_from([1, 5, 15, 60, 180]))
def test_means_of_neighbouring_intervals_add_up_whatever_the_values(seed: int, minutes: int) -> None:
    grid = RunGrid(runs(MIXED, seed), SITE)
    run, step = np.array([seed % 3]), minutes * MINUTE
    ends = ends_after(run, 2 * HOUR + (seed % 60) * MINUTE, 4, step)
    fine, coarse = grid.means(run, ends, step), grid.means(run, ends[:, 3:], 4 * step)
    for name in ("ghi", "dni", "temp_air", "wind_speed_10m"):
        np.testing.assert_allclose(fine[name].mean(), coarse[name][0, 0], rtol=1e-9, atol=1e-9)


def test_members_stay_apart_and_a_quantity_without_them_is_the_same_for_all() -> None:
    dataset = runs(HOURLY, members=3)
    dataset["pressure"] = runs(HOURLY)["temp_air"] + 1e5
    run, step = np.array([1, 2]), 15 * MINUTE
    ends = ends_after(run, 0, 4, step)
    grid = RunGrid(dataset, SITE)
    found = grid.means(run, ends, step)
    assert grid.members == 3 and {values.shape for values in found.values()} == {(2, 4, 3)}
    for member in range(3):
        alone = RunGrid(dataset.isel(member=member), SITE).means(run, ends, step)
        for name, values in alone.items():
            np.testing.assert_array_equal(found[name][..., member], values)


def test_a_mean_of_wind_is_kept_and_its_direction_turns_with_the_vector() -> None:
    mean = {"cell_methods": "lead_time: mean"}
    dataset = runs(HOURLY, wind_speed_10m=mean, wind_direction_10m=mean)
    run = np.array([1])
    found = RunGrid(dataset).means(run, ends_after(run, 0, 24, HOUR), HOUR)
    for name in ("wind_speed_10m", "wind_direction_10m"):
        np.testing.assert_allclose(found[name][0], dataset[name].to_numpy()[1, 1:], rtol=1e-9)


def test_one_lead_alone_says_nothing_of_points_and_one_interval_of_means() -> None:
    run = np.array([0])
    found = RunGrid(runs((1,))).means(run, ends_after(run, 0, 2, 30 * MINUTE), 30 * MINUTE)
    assert np.isfinite(found["ghi"]).all() and np.isnan(found["temp_air"]).all()


def test_nothing_given_is_changed_and_arrays_cannot_be() -> None:
    dataset = runs(HOURLY)
    before = dataset.copy(deep=True)
    grid = RunGrid(dataset, SITE)
    grid.means(np.array([0]), ends_after(np.array([0]), 0, 4, HOUR), HOUR)
    xr.testing.assert_identical(dataset, before)
    with pytest.raises(ValueError, match="read-only"):
        grid.leads[0] = 1


def test_what_does_not_fit_is_a_typed_error() -> None:
    grid = RunGrid(runs(HOURLY))
    with pytest.raises(ShapeError, match=r"run 3 does not exist; there are 3"):
        grid.means(np.array([3]), np.zeros((1, 2)), HOUR)
    with pytest.raises(ShapeError, match=r"expected \(n,\), \(n, L\)"):
        grid.means(np.array([0, 1]), np.zeros((1, 2)), HOUR)
    with pytest.raises(WeatherError, match="at_site"):
        RunGrid(runs(HOURLY).expand_dims(latitude=[1.0, 2.0]))
    with pytest.raises(WeatherError, match="does not rise"):
        RunGrid(runs(HOURLY).isel(lead_time=slice(None, None, -1)))
