"""The records that ship inside: what they are, whether their clocks are right, and how they were made."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import datasets
from forecast.data import SiteData
from forecast.errors import DatasetError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "forecast" / "datasets"


@pytest.fixture(scope="module")
def pv() -> SiteData:
    return datasets.load("pvdaq50")


@pytest.fixture(scope="module")
def wind() -> SiteData:
    return datasets.load("la_haute_borne")


def test_list_names_what_load_knows() -> None:
    assert datasets.list() == ["la_haute_borne", "pvdaq50"]
    assert [datasets.load(name).site.name for name in datasets.list()] == datasets.list()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DatasetError, match=r"'pvdaq51'; there are la_haute_borne, pvdaq50"):
        datasets.load("pvdaq51")


@pytest.mark.parametrize(
    ("name", "step", "zone"), [("la_haute_borne", 10, "Europe/Paris"), ("pvdaq50", 15, "Etc/GMT+7")]
)
def test_a_record_is_a_gapless_grid_in_the_sites_zone_within_its_capacity(
    name: str, step: int, zone: str
) -> None:
    data = datasets.load(name)
    assert data.power is not None
    assert str(data.power.index.tz) == zone == data.site.timezone
    assert set(np.diff(data.power.index.as_unit("s").asi8)) == {60 * step}
    assert data.power.isna().mean() < 0.02
    assert -0.01 * data.site.capacity_kw <= data.power.min()
    # kW, not W and not per unit: the record reaches its capacity
    assert 0.95 <= data.power.max() / data.site.capacity_kw <= 1.01
    assert data.tidied == {}


def test_the_weather_says_that_it_is_no_forecast(pv: SiteData, wind: SiteData) -> None:
    assert list(pv.nwp) == ["nsrdb_satellite"]
    assert list(wind.nwp) == ["era5_reanalysis"]
    assert list(pv.nwp["nsrdb_satellite"].columns) == ["ghi", "temp_air"]
    assert list(wind.nwp["era5_reanalysis"].columns) == [
        "wind_speed_100m", "wind_direction_100m", "temp_air", "pressure",
    ]  # fmt: skip
    assert "stand-ins, not forecasts" in (FOLDER / "CREDITS.md").read_text()


def test_wind_is_measured_by_the_same_clock_and_compass_as_the_reanalysis(wind: SiteData) -> None:
    assert wind.observed is not None
    era5 = wind.nwp["era5_reanalysis"]
    speed = {h: _correlation(wind.observed["wind_speed"], era5["wind_speed_100m"], h) for h in (-2, 0, 2)}
    assert speed[0] > 0.8
    assert speed[0] > max(speed[-2], speed[2])
    near = wind.observed["wind_direction"].reindex(era5.index) - era5["wind_direction_100m"]
    assert abs((near + 180) % 360 - 180).median() < 20
    assert abs(wind.observed["temp_air"].reindex(era5.index) - era5["temp_air"]).median() < 3


def test_production_is_centred_on_the_same_sun_in_summer_and_in_winter(pv: SiteData) -> None:
    # an hour of summer time left in the labels would move the middle of the day by an hour against the sun
    assert pv.power is not None
    on = pv.power.index[pv.power > 0.015]
    by_sun = on + _equation_of_time(on)
    hour = pd.Series((by_sun - by_sun.normalize()) / pd.Timedelta("1h"), index=by_sun)
    middle = hour.groupby(by_sun.normalize()).agg(["min", "max"]).mean(axis=1)
    summer = middle[middle.index.month.isin([5, 6, 7, 8])].median()
    winter = middle[middle.index.month.isin([11, 12, 1, 2])].median()
    assert abs(summer - winter) < 0.4


def test_pv_labels_end_their_interval(pv: SiteData) -> None:
    # on clear days the modelled plane of array fits best with the sun half a step before the label
    error = {shift: _clear_day_error(pv, pd.Timedelta(minutes=shift)) for shift in (-22.5, -7.5, 7.5)}
    assert error[-7.5] < error[7.5]
    assert error[-7.5] < error[-22.5]


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.parquet")) < 1.5e6


def test_the_script_makes_what_ships(shared_data: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_datasets", ROOT / "benchmarks" / "make_datasets.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.extracts(shared_data)
    assert sorted(made) == sorted(path.stem for path in FOLDER.glob("*.parquet"))
    for name, frame in made.items():
        shipped = pd.read_parquet(FOLDER / f"{name}.parquet").set_index("time")
        pd.testing.assert_frame_equal(shipped, frame, check_freq=False, rtol=1e-6)


def _correlation(measured: pd.Series, modelled: pd.Series, hours: int) -> float:
    moved = modelled.set_axis(modelled.index + pd.Timedelta(hours=hours))
    both = pd.concat([measured, moved], axis=1, join="inner", sort=False).dropna()
    return float(np.corrcoef(both.to_numpy().T)[0, 1])


def _equation_of_time(times: pd.DatetimeIndex) -> pd.TimedeltaIndex:
    from pvlib.solarposition import equation_of_time_spencer71

    return pd.to_timedelta(np.asarray(equation_of_time_spencer71(times.day_of_year)), unit="min")


def _clear_day_error(pv: SiteData, shift: pd.Timedelta) -> float:
    """Median error [kW] of a two-parameter fit of power by plane-of-array irradiance at label + shift."""
    assert pv.power is not None
    satellite = pv.nwp["nsrdb_satellite"]
    bright = satellite["ghi"][satellite["ghi"] > 150]
    index = bright / _irradiance(pv, bright.index)["ghi"]
    spread = index.groupby(index.index.date).std()
    days = spread.index[spread < 0.03]
    power = pv.power[pd.Index(pv.power.index.date).isin(days)].dropna()
    modelled = _irradiance(pv, power.index + shift)
    high = modelled["elevation"] > 15
    poa, y = modelled["poa"][high], power.to_numpy()[high]
    temp_air = np.interp(power.index.asi8, satellite.index.asi8, satellite["temp_air"])[high]
    parts = np.column_stack([poa, poa * (temp_air + 0.03 * poa - 25)])
    fitted = parts @ np.linalg.lstsq(parts, y, rcond=None)[0]
    return float(np.median(np.abs(y - fitted)))


def _irradiance(pv: SiteData, times: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    import pvlib

    site = pv.site
    sun = pvlib.solarposition.get_solarposition(
        times, site.latitude, site.longitude, altitude=site.altitude_m
    )
    sky = pvlib.clearsky.simplified_solis(
        sun["apparent_elevation"], aod700=0.08, pressure=pvlib.atmosphere.alt2pres(site.altitude_m)
    )
    poa = pvlib.irradiance.get_total_irradiance(
        site.surface_tilt,
        site.surface_azimuth,
        sun["apparent_zenith"],
        sun["azimuth"],
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
    )["poa_global"]
    out = {"elevation": sun["apparent_elevation"], "ghi": sky["ghi"], "poa": poa}
    return {name: np.asarray(values, dtype=float) for name, values in out.items()}
