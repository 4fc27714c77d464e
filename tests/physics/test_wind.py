"""Hub wind, density and power curves against windpowerlib, and fits that stops and limits do not bend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from windpowerlib import density, power_output, wind_speed

from forecast.errors import MissingExtraError, SiteError
from forecast.physics import (
    at_hub,
    corrected_for_density,
    curve_of,
    described_wind,
    fit_wind,
    generic_curve,
    hub_speed,
    smoothed,
    turbine_curve,
)
from forecast.physics.turbine import SPEEDS, _table
from forecast.physics.windplant import WindPlant
from forecast.site import WindSite, site_from_dict

WILD = st.one_of(st.floats(-50, 200), st.just(np.nan), st.just(0.0))


def test_one_height_follows_the_power_law_of_windpowerlib() -> None:
    speed = np.array([0.0, 3.3, 7.9, 14.2])
    wanted = wind_speed.hellman(pd.Series(speed), 10, 93, hellman_exponent=1 / 7)
    np.testing.assert_allclose(at_hub({10.0: speed}, 93.0), wanted)


def test_between_two_heights_the_law_goes_through_both() -> None:
    low, high = np.array([4.0, 5.5, 0.2, np.nan, 6.0]), np.array([7.0, 6.6, 0.1, 8.0, np.nan])
    levels: dict[float | None, np.ndarray] = {10.0: low, 100.0: high}
    np.testing.assert_allclose(at_hub(levels, 100.0)[:4], high[:4])
    middle = at_hub(levels, 50.0)
    shear = np.log(7.0 / 4.0) / np.log(10)
    assert middle[0] == pytest.approx(4.0 * 5**shear)
    assert low[1] < middle[1] < high[1]
    assert middle[4] == pytest.approx(6.0 * 5 ** (1 / 7))  # the only one that is there
    assert at_hub({None: low}, 80.0)[0] == 4.0  # of unnamed height: the hub's


def test_density_is_windpowerlibs_and_scales_speed_by_its_third_root() -> None:
    speed, kelvin = np.array([8.0, 8.0, 8.0]), np.array([258.0, 283.0, 308.0])
    pascal = np.array([96_000.0, 98_000.0, 101_000.0])
    # windpowerlib takes the pressure at the hub from a gradient of 1/8 hPa a metre; at the ground both agree
    rho = density.ideal_gas(pd.Series(pascal), 0, 0, pd.Series(kelvin)).to_numpy()
    found = corrected_for_density(speed, pascal, kelvin - 273.15, 300.0, 0.0)
    np.testing.assert_allclose(found, speed * (rho / 1.225) ** (1 / 3), rtol=1e-3)
    assert found[0] > found[2]
    high = corrected_for_density(speed, None, None, 3000.0, 80.0)
    assert (high < 7.3).all()  # thin air
    assert corrected_for_density(speed, None, None, None, 80.0) is speed


def test_a_turbine_type_is_windpowerlibs_curve_scaled_to_the_capacity() -> None:
    site = WindSite("farm", 30_500, power_curve="E-101/3050")
    curve = turbine_curve("E-101/3050")
    wanted = power_output.power_curve(pd.Series(SPEEDS), curve.index.to_numpy(), curve.to_numpy(), None)
    np.testing.assert_allclose(curve_of(site), wanted / curve.max())
    assert site_from_dict(site.to_dict()) == site and site_from_dict(site.to_dict()).power_curve == "E-101/3050"  # type: ignore[union-attr]


def test_an_unknown_turbine_type_names_near_ones() -> None:
    with pytest.raises(SiteError, match="'E-101/3050'"):
        described_wind(WindSite("farm", 3050, power_curve="E101-3050"))


def test_the_generic_curve_is_the_mean_of_the_table() -> None:
    types = [turbine_curve(name) for name in _table().index]
    mean = np.mean([np.interp(np.arange(4, 16), c.index, c / c.max()) for c in types], axis=0)
    np.testing.assert_allclose(np.interp(np.arange(4, 16), SPEEDS, generic_curve()), mean, atol=0.006)


def test_a_given_curve_is_the_sites_or_one_turbines_of_several() -> None:
    curve = pd.Series([0.0, 500.0, 2000.0, 2000.0], index=[3.0, 7.0, 12.0, 25.0])
    alone, ten = (curve_of(WindSite("w", kw, power_curve=curve)) for kw in (2000, 20_000))
    np.testing.assert_allclose(alone, ten)
    assert np.interp(7.0, SPEEDS, alone) == 0.25 and np.interp(26.0, SPEEDS, alone) == 0.0
    capped = curve_of(WindSite("w", 1500, power_curve=curve))
    assert capped.max() == 1.0 and np.interp(7.0, SPEEDS, capped) == pytest.approx(1 / 3)
    with pytest.raises(SiteError, match="no power at any"):
        curve_of(WindSite("w", 1500, power_curve=curve * 0))


def test_smoothing_is_the_mean_over_normal_winds() -> None:
    curve, rng = generic_curve(), np.random.default_rng(0)
    for v in (5.0, 9.0, 15.0):
        winds = np.maximum(v + (0.6 + 0.2 * v) * rng.normal(size=200_000), 0)
        assert np.interp(v, SPEEDS, smoothed(curve)) == pytest.approx(np.interp(winds, SPEEDS, curve).mean(), abs=0.01)


@given(st.lists(st.tuples(WILD, WILD, WILD, WILD), min_size=1, max_size=8), st.sampled_from([None, -400.0, 8800.0]))
def test_power_is_bounded_in_wild_weather(rows: list[tuple[float, ...]], altitude: float | None) -> None:
    values = np.array(rows)
    names = ("nwp:wind_speed_10m", "nwp:wind_speed_120m", "nwp:pressure", "nwp:temp_air")
    speed = hub_speed(dict(zip(names, values.T, strict=True)), names, 90.0, altitude)
    assert speed is not None
    there = (values[:, 0] >= 0) | (values[:, 1] >= 0)
    power = described_wind(WindSite("w", 1.0, altitude_m=altitude)).power(speed)
    assert np.isfinite(power[there]).all() and np.isnan(power[~there]).all()
    assert (np.isnan(power) | ((power >= 0) & (power <= 1))).all()


def farm(days: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return hourly-correlated forecast wind at 15 min, the farm's true curve and its power."""
    rng = np.random.default_rng(seed)
    count = days * 96
    slow = np.convolve(rng.normal(size=count + 191), np.ones(192) / np.sqrt(192), mode="valid")
    speed = np.clip(7.5 + 3.0 * slow, 0, None)
    true = 0.85 * np.interp(1.15 * SPEEDS, SPEEDS, smoothed(generic_curve()))
    return speed, true, np.interp(speed, SPEEDS, true) * (1 + 0.05 * rng.normal(size=count))


@pytest.mark.parametrize("days", [20, 120])
def test_a_fit_finds_the_farms_curve_through_stops_and_limits(days: int) -> None:
    speed, true, power = farm(days)
    power = power.copy()
    for start in range(200, len(power), 960):
        power[start : start + 100] = 0.0  # stands for a day
        power[start + 300 : start + 340] = np.minimum(power[start + 300 : start + 340], 0.25)  # held down
    power[7::11] = np.nan
    found = fit_wind(WindPlant(smoothed(generic_curve())), speed, power, 0.25)
    assert found is not None
    seen = (np.quantile(speed, 0.05) < SPEEDS) & (np.quantile(speed, 0.95) > SPEEDS)
    assert np.abs(found.curve - true)[seen].max() < 0.05
    top = int(np.argmax(found.curve))
    assert SPEEDS[top] > 12 and (np.diff(found.curve[: top + 1]) >= 0).all() and (np.diff(found.curve[top:]) <= 0).all()
    assert found.curve.min() >= 0 and found.curve.max() <= 1


def test_too_little_history_fits_nothing_and_a_fit_repeats_to_the_bit() -> None:
    speed, _, power = farm(10)
    plant = WindPlant(smoothed(generic_curve()))
    assert fit_wind(plant, speed, np.full(len(speed), np.nan), 0.25) is None
    a, b = fit_wind(plant, speed, power, 0.25), fit_wind(plant, speed.copy(), power.copy(), 0.25)
    assert a is not None and b is not None and a.curve.tobytes() == b.curve.tobytes()


def test_without_windpowerlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"quarterhour\[wind\]"):
        _table.__wrapped__()
