"""PV power against pvlib's own chain, and fits that find what made the power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pvlib import inverter, location, pvsystem, temperature

from forecast.errors import SiteError
from forecast.physics import PVPlant, PVWeather, described_pv, fit_pv, pv_weather, usual_azimuth
from forecast.physics.pvfit import ac_limit
from forecast.physics.pvweather import clear_sky
from forecast.site import PVSite


def weather(days: int, latitude: float = 47.0, seed: int = 3, start: str = "2024-04-02") -> PVWeather:
    """Return a quarter-hourly record: clear days, cloudy days and mixed ones."""
    rng = np.random.default_rng(seed)
    times = pd.date_range(start, periods=days * 96, freq="15min", tz="UTC")
    place = location.Location(latitude, 8.0).get_solarposition(times)
    zenith, azimuth = place["zenith"].to_numpy(), place["azimuth"].to_numpy()
    blank = np.full(len(times), np.nan)
    day = times.day_of_year.to_numpy().astype(float)
    sky = clear_sky(PVWeather(blank, blank, blank, blank, blank, blank, zenith, azimuth, day))
    cloudy = np.repeat(rng.choice([1.0, 1.0, 0.35, 0.6], size=days), 96)
    index = np.where(cloudy == 1, 1.0, np.clip(cloudy + 0.25 * rng.normal(size=len(times)), 0.05, 1.0))
    seen = {"nwp:ghi": sky.ghi * index, "nwp:temp_air": 14 + 8 * np.sin(np.arange(len(times)) / 15)}
    seen["nwp:wind_speed_10m"] = rng.gamma(3, 1.2, size=len(times))
    made = pv_weather(seen, tuple(seen), zenith, azimuth, day)
    assert made is not None
    return replace(made, dni=np.where(cloudy == 1, sky.dni, made.dni), dhi=np.where(cloudy == 1, sky.dhi, made.dhi))


def test_power_is_pvlibs_cell_temperature_dc_and_inverter() -> None:
    w = weather(2)
    plant = PVPlant(tilt=25.0, azimuth=160.0, scale=1.3, limit=0.9)
    plane = plant.plane(w)
    dc = pvsystem.pvwatts_dc(plane, temperature.faiman(plane, w.temp_air, w.wind_speed), 1.3, -0.004)
    wanted = inverter.pvwatts(np.maximum(dc, 0), 0.9 / 0.96)
    np.testing.assert_allclose(plant.power(w), np.maximum(wanted, 0), rtol=1e-12)
    assert plant.power(w).max() == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("latitude", "tilt", "azimuth"), [(47.0, 20.0, 120.0), (47.0, 55.0, 250.0), (-34.0, 30.0, 330.0), (3.0, 20.0, 90.0)]
)
def test_tilt_azimuth_and_scale_are_found_in_two_months(latitude: float, tilt: float, azimuth: float) -> None:
    w = weather(60, latitude)
    made = PVPlant(tilt, azimuth, scale=0.8).power(w)
    rng = np.random.default_rng(1)
    power = made * (1 + 0.02 * rng.normal(size=len(made))) + 0.004 * rng.normal(size=len(made))
    site = PVSite("roof", 10, latitude, 8.0)
    found = fit_pv(described_pv(site), site, w, power, 0.25)
    assert found is not None
    turn = (found.azimuth - azimuth + 180) % 360 - 180
    assert abs(found.tilt - tilt) < 6 and abs(turn) < 15
    assert np.sqrt(np.nanmean((found.power(w) - made) ** 2)) < 0.015
    assert found.scale == pytest.approx(0.8, rel=0.05)


def test_what_the_site_states_is_not_fitted() -> None:
    w = weather(20)
    power = PVPlant(12.0, 105.0).power(w)
    site = PVSite("roof", 10, 47.0, 8.0, surface_tilt=31.0, surface_azimuth=181.0)
    found = fit_pv(described_pv(site), site, w, power, 0.25)
    assert found is not None and (found.tilt, found.azimuth) == (31.0, 181.0)


def test_outages_curtailment_and_a_shaded_hour_bend_the_fit_little() -> None:
    w = weather(60)
    true = PVPlant(30.0, 180.0, scale=0.9)
    made = true.power(w)
    power = made.copy()
    power[96 * 7 : 96 * 12] = 0.0  # an outage
    power[96 * 20 : 96 * 23] = np.minimum(power[96 * 20 : 96 * 23], 0.3)  # curtailed from outside
    power[np.arange(len(power)) % 96 < 24] *= 0.5  # a wall in the east
    power[5::7] = np.nan
    site = PVSite("roof", 10, 47.0, 8.0)
    found = fit_pv(described_pv(site), site, w, power, 0.25)
    assert found is not None
    wrong = found.power(w) - made
    assert np.sqrt(np.nanmean(wrong**2)) < 0.04
    assert found.scale == pytest.approx(0.9, rel=0.08)


def test_the_ac_limit_is_the_plateau_where_there_is_one() -> None:
    w = weather(200, start="2024-05-20")
    site = PVSite("roof", 10, 47.0, 8.0, surface_tilt=30.0, surface_azimuth=180.0)
    power = PVPlant(30.0, 180.0, scale=1.4, limit=0.7).power(w)
    found = fit_pv(described_pv(site), site, w, power, 0.25)
    assert found is not None and found.limit == pytest.approx(0.7, abs=0.01)
    assert found.scale == pytest.approx(1.4, rel=0.05)
    short = fit_pv(described_pv(site), site, weather(30, start="2024-05-20"), power[: 30 * 96], 0.25)
    assert short is not None and described_pv(site).scale < short.scale < found.scale  # short records say less
    assert ac_limit(np.linspace(0, 0.6, 500) ** 1.5) == 1.0


def test_too_little_history_fits_nothing_and_a_fit_repeats_to_the_bit() -> None:
    w = weather(10)
    site = PVSite("roof", 10, 47.0, 8.0)
    power = PVPlant(12.0, 105.0).power(w)
    assert fit_pv(described_pv(site), site, w, np.full(len(power), np.nan), 0.25) is None
    assert fit_pv(described_pv(site), site, w, power, 0.25) == fit_pv(described_pv(site), site, w, power.copy(), 0.25)


def test_unknown_modules_face_the_equator_and_lie_flatter_towards_it() -> None:
    north, south = (described_pv(PVSite("a", 1, latitude, 20.0)) for latitude in (52.0, -34.0))
    assert north.azimuth == 180.0 and south.azimuth == usual_azimuth(-34.0) == 0.0
    assert described_pv(PVSite("a", 1, 5.0, 20.0)).tilt < south.tilt < north.tilt
    with pytest.raises(SiteError, match="latitude and longitude"):
        described_pv(PVSite("a", 1))
