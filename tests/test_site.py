"""Sites: plain, frozen, and refused where they cannot be."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pandas as pd
import pytest

from forecast import PVSite, WindSite
from forecast.errors import InputTypeError, SiteError
from forecast.site import site_from_dict

CURVE = pd.Series([0.0, 310.0, 2050.0], index=[3, 7.5, 13])


def test_a_site_survives_its_dictionary_and_json() -> None:
    sites = [
        PVSite("roof", 5.8, latitude=13.74, longitude=100.53, surface_tilt=15, surface_azimuth=180),
        WindSite("ridge", 2050, 48.45, 5.59, timezone="Europe/Paris", hub_height_m=80),
        PVSite("bare", 1),
    ]
    for site in sites:
        assert site_from_dict(json.loads(json.dumps(site.to_dict()))) == site


def test_a_power_curve_survives_its_dictionary() -> None:
    site = WindSite("ridge", 2050, power_curve=CURVE)
    back = site_from_dict(json.loads(json.dumps(site.to_dict())))
    assert isinstance(back, WindSite) and isinstance(site, WindSite)
    pd.testing.assert_series_equal(back.power_curve, site.power_curve)


def test_a_site_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PVSite("roof", 5.8).name = "other"  # type: ignore[misc]


def test_a_site_keeps_nothing_of_the_callers_curve() -> None:
    curve = CURVE.copy()
    site = WindSite("ridge", 2050, power_curve=curve)
    curve.iloc[1] = 999.0
    assert site.power_curve is not None and site.power_curve.iloc[1] == CURVE.iloc[1]


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"capacity_kw": 0}, SiteError, "capacity_kw is 0"),
        ({"capacity_kw": -3.5}, SiteError, "capacity_kw"),
        ({"capacity_kw": float("nan")}, SiteError, "capacity_kw"),
        ({"capacity_kw": "5 MW"}, InputTypeError, "expected a number"),
        ({"capacity_kw": None}, InputTypeError, "expected a number"),
        ({"capacity_kw": True}, InputTypeError, "expected a number"),
        ({"name": ""}, SiteError, "needs a name"),
        ({"latitude": 91.0, "longitude": 2.0}, SiteError, "-90 to 90"),
        ({"latitude": 45.0}, SiteError, "go together"),
        ({"timezone": "Europe/Atlantis"}, SiteError, "not known"),
        ({"surface_tilt": 100.0}, SiteError, "surface_tilt"),
        ({"surface_azimuth": -10.0}, SiteError, "surface_azimuth"),
    ],
)
def test_what_cannot_be_is_refused_by_name(values: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        PVSite(**({"name": "roof", "capacity_kw": 5.8} | values))


@pytest.mark.parametrize(
    ("curve", "error", "says"),
    [
        ([1, 2], InputTypeError, "expected a Series"),
        (pd.Series([1.0], index=[3.0]), SiteError, "two or more"),
        (pd.Series([1.0, None], index=[3.0, 4.0]), SiteError, "finite"),
        (pd.Series([1.0, 2.0], index=[4.0, 3.0]), SiteError, "must rise"),
    ],
)
def test_a_power_curve_that_cannot_be_is_refused(curve: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        WindSite("ridge", 2050, power_curve=curve)


def test_unknown_keys_and_kinds_are_refused() -> None:
    with pytest.raises(SiteError, match="unknown hub_height_m"):
        site_from_dict({"kind": "pv", "name": "roof", "capacity_kw": 5, "hub_height_m": 80})
    with pytest.raises(SiteError, match="'pv' or 'wind'"):
        site_from_dict({"kind": "hydro", "name": "dam", "capacity_kw": 5})
