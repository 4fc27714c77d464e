"""GRIB2 written message by message, as ECMWF, NCEP and DWD code theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import weather

pytest.importorskip("cfgrib")
eccodes = pytest.importorskip("eccodes")

LAT, LON = np.linspace(52, 50, 3), np.linspace(8, 11, 4)
HOURS = (1, 2, 3, 6)
CENTRES = {"ecmf": 98, "kwbc": 7, "edzw": 78}


def message(
    short_name: str, level: tuple[str, int] | None, hour: int, values: np.ndarray, centre: str, begin: int | None,
    init: str = "20240301", member: int | None = None,
) -> bytes:  # fmt: skip
    handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
    keys = {
        "centre": CENTRES[centre], "dataDate": int(init), "dataTime": 600, "Ni": 4, "Nj": 3,
        "latitudeOfFirstGridPointInDegrees": 52, "latitudeOfLastGridPointInDegrees": 50,
        "longitudeOfFirstGridPointInDegrees": 8, "longitudeOfLastGridPointInDegrees": 11,
        "iDirectionIncrementInDegrees": 1, "jDirectionIncrementInDegrees": 1,
    }  # fmt: skip
    if member is not None:
        keys |= {"productDefinitionTemplateNumber": 1}
    for key, value in keys.items():
        eccodes.codes_set(handle, key, value)
    eccodes.codes_set(handle, "shortName", short_name)
    if level is not None:
        eccodes.codes_set(handle, "typeOfLevel", level[0])
        eccodes.codes_set(handle, "level", level[1])
    if member is not None:
        eccodes.codes_set(handle, "number", member)
    if begin is not None:
        eccodes.codes_set(handle, "startStep", begin)
        eccodes.codes_set(handle, "endStep", hour)
    else:
        eccodes.codes_set(handle, "step", hour)
    eccodes.codes_set(handle, "bitsPerValue", 24)
    eccodes.codes_set_values(handle, values.ravel())
    out: bytes = eccodes.codes_get_message(handle)
    eccodes.codes_release(handle)
    return out


def ghi_means() -> np.ndarray:
    return np.random.default_rng(1).uniform(50, 700, (len(HOURS), 3, 4))


def states(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(5, 3, (len(HOURS), 3, 4))


def widths() -> np.ndarray:
    return np.diff((0, *HOURS))[:, None, None]


def test_ecmwfs_levels_and_totals_come_out_of_one_file(tmp_path: Path) -> None:
    totals = np.cumsum(ghi_means() * widths() * 3600, axis=0)
    parts = []
    for place, hour in enumerate(HOURS):
        parts += [
            message("2t", None, hour, states(2)[place] + 270, "ecmf", None),
            message("10u", None, hour, states(3)[place], "ecmf", None),
            message("10v", None, hour, states(4)[place], "ecmf", None),
            message("100u", None, hour, states(5)[place], "ecmf", None),
            message("100v", None, hour, states(6)[place], "ecmf", None),
            message("ssrd", None, hour, totals[place], "ecmf", 0),
        ]
    (tmp_path / "run.grib2").write_bytes(b"".join(parts))
    found = weather.open(tmp_path / "run.grib2", names={"*": None})
    assert set(found.data_vars) == {"temp_air", "wind_u_10m", "wind_v_10m", "wind_u_100m", "wind_v_100m", "ghi"}
    assert pd.Timestamp(found["init_time"].item()) == pd.Timestamp("2024-03-01T06")
    np.testing.assert_array_equal(found["lead_time"], pd.to_timedelta(HOURS, unit="h"))
    np.testing.assert_allclose(found["temp_air"][0], states(2) + 270 - 273.15, atol=1e-3)
    np.testing.assert_allclose(found["wind_v_100m"][0], states(6), atol=1e-3)
    assert found["ghi"].attrs["cell_methods"] == "lead_time: sum (since init)"
    np.testing.assert_allclose(weather.to_means(found)["ghi"][0], ghi_means(), rtol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["run.grib2"]  # no index left beside it


def test_ncep_begins_its_means_anew_every_six_hours(tmp_path: Path) -> None:
    hours = (3, 6, 9, 12)
    means = np.random.default_rng(1).uniform(50, 700, (4, 3, 4))
    coded = [means[0], (means[0] + means[1]) / 2, means[2], (means[2] + means[3]) / 2]
    parts = []
    for place, hour in enumerate(hours):
        parts.append(message("avg_sdswrf", None, hour, coded[place], "kwbc", (hour - 1) // 6 * 6))
        for level in (80, 100):
            parts.append(message("u", ("heightAboveGround", level), hour, states(level)[place], "kwbc", None))
    (tmp_path / "run.grb2").write_bytes(b"".join(parts))
    found = weather.open(tmp_path / "run.grb2")
    assert set(found.data_vars) == {"ghi", "wind_u_80m", "wind_u_100m"}
    np.testing.assert_allclose(found["wind_u_80m"][0], states(80), atol=1e-3)
    assert found["ghi"].attrs["cell_methods"] == "lead_time: mean (since every 6h)"
    np.testing.assert_allclose(weather.to_means(found)["ghi"][0], means, rtol=1e-3)


def test_runs_and_members_of_several_files_stand_side_by_side(tmp_path: Path) -> None:
    for date in ("20240301", "20240302"):
        parts = [
            message("2t", None, hour, states(int(date) + member)[place] + 270, "ecmf", None, date, member)
            for place, hour in enumerate(HOURS)
            for member in (1, 2)
        ]
        (tmp_path / f"{date}.grib2").write_bytes(b"".join(parts))
    found = weather.open(str(tmp_path / "*.grib2"))["temp_air"]
    assert found.dims == ("init_time", "lead_time", "member", "latitude", "longitude")
    np.testing.assert_allclose(found[1, :, 0], states(20240303) + 270 - 273.15, atol=1e-3)
    np.testing.assert_array_equal(found["member"], [1, 2])
