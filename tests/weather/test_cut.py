"""A site cut out of grids: round the seams, as vectors, at the hub, and never the whole grid in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast import PVSite, WindSite, weather
from forecast.errors import SettingsError, SiteError, WeatherError
from forecast.site import Site


def gridded(latitudes: np.ndarray, longitudes: np.ndarray, **values: np.ndarray) -> xr.Dataset:
    data = {
        name: (("init_time", "lead_time", "latitude", "longitude"), array[None, None]) for name, array in values.items()
    }
    coords = {"init_time": [pd.Timestamp("2024-01-01")], "lead_time": [pd.Timedelta("1h")]}
    return xr.Dataset(data, {**coords, "latitude": latitudes, "longitude": longitudes})


def plane(latitudes: np.ndarray, longitudes: np.ndarray) -> np.ndarray:
    """Linear in latitude and, on the circle, in the distance from 40° east."""
    return 3.0 * latitudes[:, None] + 0.5 * ((longitudes[None, :] - 40.0 + 180) % 360 - 180)


def at(latitude: float, longitude: float, **more: float) -> Site:
    return WindSite("ridge", 2000, latitude=latitude, longitude=longitude, **more)


GLOBAL = np.arange(0.0, 360.0, 10.0)
FALLING = np.arange(90.0, -91.0, -10.0)


@pytest.mark.parametrize("longitudes", [GLOBAL, (GLOBAL + 180) % 360 - 180, np.sort((GLOBAL + 180) % 360 - 180)])
@pytest.mark.parametrize("latitudes", [FALLING, FALLING[::-1]])
def test_it_is_bilinear_wherever_the_grid_begins(latitudes: np.ndarray, longitudes: np.ndarray) -> None:
    dataset = gridded(latitudes, longitudes, temp_air=plane(latitudes, longitudes))
    for latitude, longitude in ((3.3, 4.0), (-47.0, -3.0), (89.5, 355.5), (-90.0, 179.5), (60.0, 123.4), (0.0, 0.0)):
        found = weather.at_site(dataset, at(latitude, longitude))["temp_air"].item()
        np.testing.assert_allclose(found, plane(np.array([latitude]), np.array([longitude]))[0, 0], atol=1e-9)


def test_a_region_over_a_seam_is_a_region(tmp_path: object) -> None:
    for longitudes in (np.array([350.0, 355, 0, 5]), np.array([170.0, 175, 180, -175])):
        latitudes = np.array([50.0, 45.0])
        middle = longitudes[1] + 4.0
        values = plane(latitudes, longitudes)
        dataset = gridded(latitudes, longitudes, temp_air=values)
        found = weather.at_site(dataset, at(47.0, (middle + 180) % 360 - 180))["temp_air"].item()
        np.testing.assert_allclose(found, plane(np.array([47.0]), np.array([middle]))[0, 0], atol=1e-9)
        with pytest.raises(SiteError, match="longitude .* is outside the grid"):
            weather.at_site(dataset, at(47.0, (longitudes[0] - 1 + 180) % 360 - 180))
        with pytest.raises(SiteError, match="latitude 51 is outside the grid, 45 to 50"):
            weather.at_site(dataset, at(51.0, middle % 360))


def test_a_gap_at_points_that_do_not_count_spoils_nothing() -> None:
    latitudes, longitudes = np.array([50.0, 49.0]), np.array([10.0, 11.0])
    values = np.array([[1.0, 3.0], [np.nan, np.nan]])
    dataset = gridded(latitudes, longitudes, temp_air=values)
    assert weather.at_site(dataset, at(50.0, 10.5))["temp_air"].item() == 2.0
    assert np.isnan(weather.at_site(dataset, at(49.5, 10.5))["temp_air"].item())


def test_wind_between_the_points_is_a_vector() -> None:
    latitudes, longitudes = np.array([50.0, 49.0]), np.array([10.0, 11.0])
    dataset = gridded(latitudes, longitudes, wind_speed_10m=np.full((2, 2), 8.0),
                      wind_direction_10m=np.array([[350.0, 10.0], [350.0, 10.0]]))  # fmt: skip
    found = weather.at_site(dataset, at(49.3, 10.5))
    assert set(found.data_vars) == {"wind_u_10m", "wind_v_10m"}
    np.testing.assert_allclose(found["wind_u_10m"].item(), 0.0, atol=1e-9)
    np.testing.assert_allclose(found["wind_v_10m"].item(), -8 * np.cos(np.deg2rad(10)))


def test_the_hub_lies_on_the_law_between_two_levels() -> None:
    latitudes, longitudes = np.array([50.0, 49.0]), np.array([10.0, 11.0])
    ones = np.ones((2, 2))
    dataset = gridded(latitudes, longitudes, wind_u_10m=4 * ones, wind_v_10m=0 * ones, wind_u_100m=6 * ones,
                      wind_v_100m=0 * ones, wind_speed_180m=9 * ones)  # fmt: skip
    site = at(49.5, 10.5, hub_height_m=80)
    log = weather.at_site(dataset, site)
    np.testing.assert_allclose(log["wind_speed_80m"].item(), 4 + 2 * np.log(8) / np.log(10))
    assert log["wind_direction_80m"].item() == 270.0
    power = weather.at_site(dataset, site, profile="power")
    np.testing.assert_allclose(power["wind_speed_80m"].item(), 4 * 8 ** np.log10(6 / 4))
    above = weather.at_site(dataset, at(49.5, 10.5, hub_height_m=150))
    assert 6 < above["wind_speed_150m"].item() < 9 and "wind_direction_150m" not in above
    assert "wind_speed_100m" not in weather.at_site(dataset, at(49.5, 10.5, hub_height_m=100))
    with pytest.raises(SettingsError, match="profile='cubic'"):
        weather.at_site(dataset, site, profile="cubic")


def test_beam_and_diffuse_make_global_radiation() -> None:
    latitudes, longitudes = np.array([50.0, 49.0]), np.array([10.0, 11.0])
    ones = np.ones((2, 2))
    found = weather.at_site(gridded(latitudes, longitudes, bhi=300 * ones, dhi=90 * ones), at(49.5, 10.5))
    assert found["ghi"].item() == 390.0 and found["ghi"].attrs["cell_methods"] == "lead_time: mean"


def test_what_has_no_grid_is_at_the_site_already_and_half_a_grid_is_an_error() -> None:
    latitudes, longitudes = np.array([50.0, 49.0]), np.array([10.0, 11.0])
    dataset = gridded(latitudes, longitudes, temp_air=np.ones((2, 2)))
    point = dataset.isel(latitude=0, longitude=0, drop=True)
    np.testing.assert_array_equal(weather.at_site(point, PVSite("roof", 5))["temp_air"], point["temp_air"])
    with pytest.raises(SiteError, match="no latitude and longitude"):
        weather.at_site(dataset, PVSite("roof", 5))
    with pytest.raises(WeatherError, match="dim latitude alone"):
        weather.at_site(dataset.isel(longitude=0), at(49.5, 10.0))


@pytest.mark.parametrize(
    "chunks", [{"lead_time": 1}, {"lead_time": 5, "init_time": 2}, {"latitude": 1, "longitude": 2}]
)
def test_a_lazy_grid_gives_the_bits_of_one_in_memory_and_stays_lazy(
    chunks: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dask")
    rng = np.random.default_rng(3)
    dims = ("init_time", "lead_time", "member", "latitude", "longitude")
    coords = {"init_time": pd.date_range("2024-01-01", periods=3), "lead_time": pd.to_timedelta(np.arange(7), unit="h"),
              "latitude": [50.0, 49, 48], "longitude": [9.0, 10, 11, 12]}  # fmt: skip
    dataset = xr.Dataset({"temp_air": (dims, rng.normal(size=(3, 7, 2, 3, 4)))}, coords)
    lazy = dataset.chunk(chunks)
    monkeypatch.setattr("forecast.weather.cut.MOST_CHUNKS", 2)
    site = at(48.7, 10.2)
    xr.testing.assert_identical(weather.at_site(lazy, site), weather.at_site(dataset, site))
    assert lazy["temp_air"].chunks is not None


YEAR = """
import dask.array as da, numpy as np, pandas as pd, xarray as xr
from forecast import WindSite, weather

def peak():
    # ru_maxrss would begin at what the parent held, VmHWM does not
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

lat, lon, hours = np.arange(90, -91, -1.5), np.arange(0, 360, 1.5), 8760

def field(hour):
    # no copy of the grid is cheaper than one: the memory is what is looked at
    return np.broadcast_to(hour.reshape(1, -1, 1, 1), (1, hour.size, lat.size, lon.size)).astype("f4")

def lazily(first):
    hour = da.arange(first, first + hours, chunks=24, dtype="f4")
    return da.map_blocks(field, hour, chunks=((1,), hour.chunks[0], (lat.size,), (lon.size,)), new_axis=[0, 2, 3],
                         dtype="f4", meta=np.empty((0, 0, 0, 0), "f4"))

dims = ("init_time", "lead_time", "latitude", "longitude")
names = {"t2m": 0, "u100": 1, "v100": 2}
grid = xr.Dataset({n: (dims, lazily(k), {"units": "K" if n == "t2m" else "m s-1"}) for n, k in names.items()},
                  {"init_time": [pd.Timestamp("2024-01-01")], "lead_time": pd.to_timedelta(np.arange(hours), unit="h"),
                   "latitude": lat, "longitude": lon})
opened = weather.from_dataset(grid)
before = peak()
found = weather.at_site(opened, WindSite("ridge", 1, latitude=48.2, longitude=359.5))
assert np.allclose(found["wind_u_100m"][0], 1 + np.arange(hours)), found
print(opened.nbytes / 2**20, before, peak())
"""


def test_a_year_of_hourly_global_fields_is_cut_in_little_memory() -> None:
    pytest.importorskip("dask")
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc, which this system lacks")
    done = subprocess.run([sys.executable, "-c", YEAR], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    whole, before, peak = map(float, done.stdout.split())
    assert whole > 2000
    assert peak - before < 100 and peak < 300, done.stdout
