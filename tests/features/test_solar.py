"""The sun against pvlib asked directly, and blocks that never show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvlib import atmosphere, clearsky, irradiance, solarposition

from forecast.features.solar import Sun, sun

MINUTE = 60 * 10**9
SITE = plants.pv_site(altitude_m=640.0)
FIRST = pd.Timestamp("2024-06-14 21:00", tz="UTC")


def of(first: pd.Timestamp, count: int, minutes: int, site: object = SITE) -> Sun:
    return sun(site, int(first.as_unit("ns").value), count, minutes * MINUTE)  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes", [1, 15, 60])
@pytest.mark.parametrize("offset", [0, 7])
def test_angles_and_clear_sky_are_pvlibs_at_the_middle_of_the_interval(minutes: int, offset: int) -> None:
    first = FIRST + pd.Timedelta(minutes=offset)
    found = of(first, 1200 // minutes, minutes)
    labels = pd.date_range(first, periods=1200 // minutes, freq=f"{minutes}min")
    middle = labels - pd.Timedelta(minutes=minutes) / 2
    where = solarposition.get_solarposition(middle, SITE.latitude, SITE.longitude, altitude=640.0)
    np.testing.assert_allclose(found.elevation, where["elevation"], rtol=1e-6, atol=1e-5)
    turn = np.deg2rad(where["azimuth"])
    np.testing.assert_allclose(found.azimuth_sin, np.sin(turn), atol=1e-6)
    np.testing.assert_allclose(found.azimuth_cos, np.cos(turn), atol=1e-6)
    sky = clearsky.simplified_solis(where["apparent_elevation"], pressure=atmosphere.alt2pres(640.0))
    ghi = sky["ghi"].clip(lower=0).fillna(0)
    np.testing.assert_allclose(found.ghi, ghi, rtol=1e-5, atol=1e-3)
    plane = irradiance.get_total_irradiance(
        30.0, 180.0, where["apparent_zenith"], where["azimuth"], sky["dni"].fillna(0), ghi, sky["dhi"].fillna(0)
    )["poa_global"]
    np.testing.assert_allclose(found.plane, plane.clip(lower=0).fillna(0), rtol=1e-5, atol=1e-3)


def test_the_sun_is_down_where_it_stays_below_the_horizon_over_the_whole_interval() -> None:
    found = of(FIRST, 96, 15)
    labels = pd.date_range(FIRST, periods=96, freq="15min")
    for label, up in zip(labels, found.up, strict=True):
        seconds = pd.date_range(label - pd.Timedelta("15min"), label, freq="30s")
        highest = solarposition.get_solarposition(seconds, SITE.latitude, SITE.longitude, altitude=640.0)[
            "elevation"
        ].max()
        assert up == (highest >= -0.83)
    assert 0 < found.up.sum() < 96


def test_without_tilt_the_plane_is_horizontal() -> None:
    found = of(FIRST, 96, 15, plants.wind_site())
    np.testing.assert_array_equal(found.plane, found.ghi)


@given(st.integers(0, 5000), st.integers(1, 40), st.sampled_from([15, 60]), st.sampled_from([0, 7]))
def test_a_value_has_the_same_bits_in_any_window(start: int, count: int, minutes: int, offset: int) -> None:
    first = FIRST + pd.Timedelta(minutes=offset)
    whole = of(first, 5040, minutes)
    part = of(first + pd.Timedelta(minutes=minutes) * start, count, minutes)
    for name in ("elevation", "azimuth_sin", "azimuth_cos", "ghi", "plane", "up"):
        wanted = getattr(whole, name)[start : start + count]
        assert getattr(part, name)[: len(wanted)].tobytes() == wanted.tobytes()


def test_what_is_shared_cannot_be_written_to() -> None:
    from forecast.features import solar

    for column in solar._block((40.0, 116.0, 0.0, None, None), 0, 4, 15 * MINUTE):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0
