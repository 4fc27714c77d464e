"""Splitting and transposing irradiance against pvlib, and wild weather at wild places."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvlib import irradiance, location

from forecast.physics import PVPlant, PVWeather, components, plane_of_array, pv_weather

WILD = st.one_of(st.floats(-2000, 5000), st.just(np.nan), st.just(np.inf), st.just(0.0))


@cache
def sun(latitude: float, longitude: float = 8.0, day: str = "2024-05-07") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times = pd.date_range(day, periods=96, freq="15min", tz="UTC")
    place = location.Location(latitude, longitude).get_solarposition(times)
    return place["zenith"].to_numpy(), place["azimuth"].to_numpy(), times.day_of_year.to_numpy().astype(float)


def test_the_global_alone_is_split_by_erbs_as_in_pvlib() -> None:
    zenith, _, day = sun(47.0)
    ghi = 640 * np.maximum(np.cos(np.deg2rad(zenith)), 0)
    wanted = irradiance.erbs(ghi, zenith, day)
    found, dni, dhi = components(ghi, None, None, zenith, day)
    high = zenith < 87
    np.testing.assert_allclose(found, ghi)
    np.testing.assert_allclose(dni[high], wanted["dni"][high])
    np.testing.assert_allclose(dhi[high], wanted["dhi"][high], atol=1e-9)
    assert (dni[~high] == 0).all()


def test_what_is_given_is_kept_and_the_rest_closes_the_sum() -> None:
    zenith, _, day = sun(47.0)
    cosine = np.maximum(np.cos(np.deg2rad(zenith)), 0)
    high = zenith < 80
    ghi, dni, dhi = 700 * cosine, 510 * np.ones(96), 130 * np.ones(96)
    for given_ in ((ghi, dni, None), (ghi, None, 0.3 * ghi), (None, dni, dhi)):
        g, b, d = components(*given_, zenith, day)
        np.testing.assert_allclose(g[high], (b * cosine + d)[high], rtol=1e-9)
        for mine, given_one in zip((g, b, d), given_, strict=True):
            if given_one is not None:
                np.testing.assert_allclose(mine[high], given_one[high])


def test_the_plane_is_pvlibs_of_hay_and_davies() -> None:
    zenith, azimuth, day = sun(-33.0, 18.0)
    parts = components(560 * np.maximum(np.cos(np.deg2rad(zenith)), 0), None, None, zenith, day)
    extra = irradiance.get_extra_radiation(day)
    wanted = irradiance.get_total_irradiance(
        28, 10, zenith, azimuth, parts[1], parts[0], parts[2], dni_extra=extra, model="haydavies"
    )
    found = plane_of_array(28, 10, zenith, azimuth, parts, day)
    up = zenith < 90
    np.testing.assert_allclose(found[up], wanted["poa_global"][up], rtol=1e-9)


@given(
    st.lists(st.tuples(WILD, WILD, WILD, WILD), min_size=3, max_size=8),
    st.sampled_from([-90.0, -89.0, -33.0, 0.0, 51.0, 78.2, 90.0]),
    st.sampled_from(["2024-06-21", "2023-12-21", "2024-02-29"]),
)
def test_power_is_finite_and_bounded_in_wild_weather_wherever_the_plant_is(
    rows: list[tuple[float, ...]], latitude: float, day: str
) -> None:
    zenith, azimuth, number = sun(latitude, day=day)
    place = np.linspace(0, 95, len(rows)).astype(int)
    values = np.array(rows)
    seen = {f"nwp:{name}": values[:, i] for i, name in enumerate(("ghi", "dni", "temp_air", "wind_speed"))}
    # Known lets no infinite value through
    seen = {name: np.where(np.isinf(x), np.nan, x) for name, x in seen.items()}
    weather = pv_weather(seen, tuple(seen), zenith[place], azimuth[place], number[place])
    assert isinstance(weather, PVWeather)
    power = PVPlant(35.0, 180.0 if latitude >= 0 else 0.0).power(weather)
    there = np.isfinite(seen["nwp:ghi"])
    assert np.isfinite(power[there]).all()
    assert (np.isnan(power) | ((power >= 0) & (power <= 1))).all()


def test_several_sources_are_averaged_and_a_missing_one_leaves_the_others() -> None:
    zenith, azimuth, day = sun(47.0)
    one = {"a:ghi": 300.0 + 0 * zenith, "b:ghi": np.where(np.arange(96) % 2, np.nan, 500.0)}
    both = pv_weather(one, tuple(one), zenith, azimuth, day)
    assert both is not None
    np.testing.assert_allclose(both.ghi, np.where(np.arange(96) % 2, 300.0, 400.0))
    assert pv_weather({"a:cloud_cover": zenith}, ("a:cloud_cover",), zenith, azimuth, day) is None


@pytest.mark.parametrize("columns", [("ghi",), ("dni", "dhi"), ("poa_global",)])
def test_each_way_to_tell_irradiance_gives_power(columns: tuple[str, ...]) -> None:
    zenith, azimuth, day = sun(47.0)
    seen = {f"nwp:{name}": np.where(zenith < 88, 350.0, 0.0) for name in columns}
    weather = pv_weather(seen, tuple(seen), zenith, azimuth, day)
    assert weather is not None
    assert PVPlant(30.0, 180.0).power(weather).max() > 0.2
