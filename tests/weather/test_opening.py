"""Files as models write them, written by the tests: what comes out is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast import PVSite, weather
from forecast.errors import ColumnError, MissingExtraError, ReadingError, UnitError, WeatherError

pytest.importorskip("dask")

LAT, LON = np.array([50.0, 49.5, 49.0]), np.array([10.0, 10.5, 11.0, 11.5])
STEPS = np.array([0, 1, 2, 3, 6], dtype=float)
INIT = pd.Timestamp("2024-03-01T06")
FIELD = ("latitude", "longitude")
SITE = PVSite("roof", 100, latitude=49.2, longitude=10.6)


def fields(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(10, 3, (*shape, len(LAT), len(LON))).astype(np.float32)


def ecmwf(init: Any = INIT, seed: int = 0) -> xr.Dataset:
    """Names, units and dims as cfgrib gives them for ECMWF's open data."""
    shape = (len(STEPS),)
    radiation = np.cumsum(np.abs(fields(*shape, seed=seed + 1)) * 1e5, axis=0).astype(np.float32)
    radiation[0] = 0
    dims = ("step", *FIELD)
    return xr.Dataset(
        {
            "t2m": (dims, fields(*shape, seed=seed) + 270, {"units": "K", "standard_name": "air_temperature"}),
            "u100": (dims, fields(*shape, seed=seed + 2), {"units": "m s**-1"}),
            "v100": (dims, fields(*shape, seed=seed + 3), {"units": "m s**-1"}),
            "ssrd": (dims, radiation, {"units": "J m**-2", "GRIB_stepType": "accum"}),
            "tcc": (dims, np.abs(fields(*shape)) / 20, {"units": "(0 - 1)"}),
        },
        {
            "time": init, "step": ("step", pd.to_timedelta(STEPS, unit="h")), "latitude": LAT, "longitude": LON,
            "valid_time": ("step", init + pd.to_timedelta(STEPS, unit="h")), "surface": 0.0,
        },
    )  # fmt: skip


def test_a_run_of_ecmwf_becomes_the_contracts_names_units_and_dims(tmp_path: Path) -> None:
    raw = ecmwf()
    raw.to_netcdf(tmp_path / "run.nc")
    found = weather.open(tmp_path / "run.nc")
    assert set(found.data_vars) == {"temp_air", "wind_u_100m", "wind_v_100m", "ghi", "cloud_cover"}
    assert dict(found.sizes) == {"init_time": 1, "lead_time": 5, "latitude": 3, "longitude": 4}
    assert set(found.coords) == set(found.dims)
    assert found["ghi"].dims == ("init_time", "lead_time", "latitude", "longitude")
    assert all(variable.chunks is not None for variable in found.data_vars.values())
    assert pd.Timestamp(found["init_time"].item()) == INIT
    np.testing.assert_array_equal(found["lead_time"], pd.to_timedelta(STEPS, unit="h"))
    np.testing.assert_allclose(found["temp_air"][0], raw["t2m"] - 273.15, atol=1e-4)
    np.testing.assert_allclose(found["cloud_cover"][0], 100 * raw["tcc"], rtol=1e-6)
    assert found["temp_air"].attrs["units"] == "degC"
    assert found["ghi"].attrs["cell_methods"] == "lead_time: sum (since init)"
    assert found["temp_air"].attrs["cell_methods"] == "lead_time: point"
    means = weather.to_means(found)["ghi"]
    joules = np.diff(raw["ssrd"].to_numpy().astype(float), axis=0)
    seconds = 3600 * np.diff(STEPS)[:, None, None]
    np.testing.assert_allclose(means[0, 1:], joules / seconds, rtol=1e-6)
    assert np.isnan(means[0, 0]).all() and means.attrs["units"] == "W m-2"


@pytest.mark.parametrize("packed", [False, True])
def test_packed_values_are_unpacked_into_our_unit(packed: bool, tmp_path: Path) -> None:
    raw = ecmwf()[["t2m"]]
    pack = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32768} if packed else {}
    raw["t2m"][2, 1, 1] = np.nan
    raw.to_netcdf(tmp_path / "run.nc", encoding={"t2m": pack})
    found = weather.open(tmp_path / "run.nc")["temp_air"]
    np.testing.assert_allclose(found[0], raw["t2m"] - 273.15, atol=0.006)


def conventions() -> dict[str, xr.Dataset]:
    """The same run as different houses write it."""
    values = fields(5)
    valid = INIT + pd.to_timedelta(STEPS, unit="h")
    leads = pd.to_timedelta(STEPS, unit="h")
    grid = {"latitude": LAT, "longitude": LON}
    wind = {"units": "m/s", "standard_name": "eastward_wind"}
    hours = {"units": "hours", "standard_name": "forecast_period"}
    return {
        "ours": xr.Dataset({"wind_u_80m": (("init_time", "lead_time", *FIELD), values[None])},
                           {"init_time": [INIT], "lead_time": leads, **grid}),
        "cfgrib, height a scalar": xr.Dataset({"u": (("step", *FIELD), values)},
                           {"time": INIT, "step": leads, "heightAboveGround": 80.0, "number": 0, **grid}),
        "CF, valid time": xr.Dataset({"x": (("time", "height", *FIELD), values[:, None], wind)},
                           {"forecast_reference_time": INIT, "time": valid, **grid,
                            "height": ("height", [80.0], {"units": "m"})}),
        "CF, valid time and period": xr.Dataset({"wind80": (("time", "lat", "lon"), values, wind)},
                           {"forecast_reference_time": INIT, "time": valid, "lat": LAT, "lon": LON,
                            "forecast_period": ("time", STEPS, hours)}),
        "runs along time": xr.Dataset({"u_80m": (("time", *FIELD), values)},
                           {"forecast_reference_time": ("time", [INIT] * 5), "time": valid, **grid}),
        "WeatherBench": xr.Dataset({"u80": (("time", "prediction_timedelta", "longitude", "latitude"),
                           values.transpose(0, 2, 1)[None])}, {"time": [INIT], "prediction_timedelta": leads, **grid}),
        "numbers of hours": xr.Dataset({"ugrd_80maboveground": (("reftime", "lead", *FIELD), values[None])},
                           {"reftime": [INIT], "lead": ("lead", STEPS, {"units": "h"}), **grid}),
    }  # fmt: skip


@pytest.mark.parametrize("house", list(conventions()))
def test_one_run_is_the_same_however_it_is_written(house: str, tmp_path: Path) -> None:
    wanted = conventions()["ours"]["wind_u_80m"]
    conventions()[house].to_netcdf(tmp_path / "run.nc")
    for found in (weather.open(tmp_path / "run.nc"), weather.from_dataset(conventions()[house])):
        one = found["wind_u_80m"].squeeze("member", drop=True) if "member" in found.dims else found["wind_u_80m"]
        assert one.dims == ("init_time", "lead_time", "latitude", "longitude")
        np.testing.assert_array_equal(one, wanted)
        np.testing.assert_array_equal(one["lead_time"], wanted["lead_time"])
        assert pd.Timestamp(one["init_time"].item()) == INIT
        np.testing.assert_array_equal(one["latitude"], LAT)


def test_members_are_a_dim_of_their_own(tmp_path: Path) -> None:
    raw = xr.concat([ecmwf(seed=seed)[["t2m"]] for seed in (0, 7)], pd.Index([3, 5], name="number"))
    raw.to_netcdf(tmp_path / "run.nc")
    found = weather.open(tmp_path / "run.nc")
    assert found["temp_air"].dims == ("init_time", "lead_time", "member", "latitude", "longitude")
    np.testing.assert_array_equal(found["member"], [3, 5])
    np.testing.assert_allclose(found["temp_air"][0, :, 1], ecmwf(seed=7)["t2m"] - 273.15, atol=1e-4)


@pytest.mark.parametrize("how", ["pattern", "list"])
def test_files_may_each_hold_a_run_some_leads_or_some_quantities(how: str, tmp_path: Path) -> None:
    inits = [INIT, INIT + pd.Timedelta("6h"), INIT + pd.Timedelta("12h")]
    whole = [ecmwf(init, seed=place) for place, init in enumerate(inits)]
    whole[0][["t2m", "tcc"]].to_netcdf(tmp_path / "a.nc")
    whole[0][["u100", "v100", "ssrd"]].to_netcdf(tmp_path / "b.nc")
    whole[1].isel(step=slice(0, 2)).to_netcdf(tmp_path / "c.nc")
    whole[1].isel(step=slice(2, None)).to_netcdf(tmp_path / "d.nc")
    whole[2].isel(step=slice(0, 3)).to_netcdf(tmp_path / "e.nc")  # a run that lacks its last leads
    paths = sorted(tmp_path.glob("*.nc"), reverse=True)
    found = weather.open(str(tmp_path / "*.nc") if how == "pattern" else paths)
    assert list(pd.DatetimeIndex(found["init_time"])) == inits
    for place, raw in enumerate(whole):
        leads = 3 if place == 2 else 5
        np.testing.assert_allclose(found["wind_u_100m"][place, :leads], raw["u100"][:leads])
        np.testing.assert_allclose(found["temp_air"][place, :leads], raw["t2m"][:leads] - 273.15, atol=1e-4)
    assert np.isnan(found["temp_air"][2, 3:]).all()
    with pytest.raises(WeatherError, match="more than once"):
        weather.open([paths[0], paths[0]])


def test_zarr_is_read_by_its_own_chunks(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    ecmwf().chunk(step=2).to_zarr(tmp_path / "run.zarr", zarr_format=2)
    found = weather.open(tmp_path / "run.zarr")
    assert found["temp_air"].chunks[1] == (2, 2, 1)
    np.testing.assert_allclose(found["temp_air"][0], ecmwf()["t2m"] - 273.15, atol=1e-4)


def test_names_that_are_not_known_are_all_listed_and_can_be_stated(tmp_path: Path) -> None:
    raw = ecmwf().rename(tcc="tccc", v100="v100x")
    raw.to_netcdf(tmp_path / "run.nc")
    with pytest.raises(ColumnError, match=r"2 variable\(s\) are not known: 'v100x', 'tccc'|'tccc', 'v100x'") as error:
        weather.open(tmp_path / "run.nc")
    assert "names={" in str(error.value) and "did you mean" in str(error.value)
    both = weather.open(tmp_path / "run.nc", names={"v100x": "wind_v_100m", "tccc": None})
    assert set(both.data_vars) == {"temp_air", "wind_u_100m", "wind_v_100m", "ghi"}
    some = weather.open(tmp_path / "run.nc", names=["t2m"])
    assert set(some.data_vars) == {"temp_air"}
    known = weather.open(tmp_path / "run.nc", names={"*": None})
    assert set(known.data_vars) == {"temp_air", "wind_u_100m", "ghi"}
    with pytest.raises(ColumnError, match="no variable 't2n'; did you mean 't2m'"):
        weather.open(tmp_path / "run.nc", names=["t2n"])
    with pytest.raises(ColumnError, match="are both 'temp_air'"):
        weather.open(tmp_path / "run.nc", names={"v100x": "temp_air", "tccc": None})


def test_what_cannot_be_read_is_a_typed_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ecmwf().drop_vars(["time", "valid_time"]).to_netcdf(tmp_path / "no_init.nc")
    with pytest.raises(WeatherError, match="do not say when a run began"):
        weather.open(tmp_path / "no_init.nc")
    raw = ecmwf()
    raw["t2m"].attrs["units"] = "m s**-1"
    raw.to_netcdf(tmp_path / "unit.nc")
    with pytest.raises(UnitError, match=r"temp_air: unit 'm s\*\*-1'"):
        weather.open(tmp_path / "unit.nc")
    (tmp_path / "text.nc").write_text("time,power\n")
    with pytest.raises(ReadingError, match="neither NetCDF, Zarr nor GRIB"):
        weather.open(tmp_path / "text.nc")
    with pytest.raises(ReadingError, match="no such file"):
        weather.open(tmp_path / "gone.nc")
    with pytest.raises(ReadingError, match="no file there"):
        weather.open(str(tmp_path / "*.grib"))
    (tmp_path / "run.grib2").write_bytes(b"GRIB" + bytes(20))
    monkeypatch.setattr("forecast.weather.opening.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "quarterhour\[grib\]"'):
        weather.open(tmp_path / "run.grib2")


def test_a_file_goes_to_the_site_and_onto_the_grid(tmp_path: Path) -> None:
    raw = ecmwf()
    raw.to_netcdf(tmp_path / "run.nc")
    at = weather.at_site(weather.open(tmp_path / "run.nc"), SITE)
    assert dict(at.sizes) == {"init_time": 1, "lead_time": 5}
    wanted = raw["t2m"].interp(latitude=SITE.latitude, longitude=SITE.longitude) - 273.15
    np.testing.assert_allclose(at["temp_air"][0], wanted, atol=1e-4)
    hour = 3600 * 10**9
    ends = np.array([[INIT.as_unit("ns").value + hour, INIT.as_unit("ns").value + 2 * hour]])
    found = weather.RunGrid(at, SITE).means(np.array([0]), ends, hour)
    joules = raw["ssrd"].interp(latitude=SITE.latitude, longitude=SITE.longitude).to_numpy()
    np.testing.assert_allclose(found["ghi"][0], np.diff(joules[:3]) / 3600, rtol=1e-6)
    assert set(found) == {"temp_air", "ghi", "cloud_cover", "wind_speed_100m", "wind_direction_100m"}
