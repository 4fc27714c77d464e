"""Files that are not CSV: Parquet, Excel, netCDF, and weather runs in a long table."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.data.reading import from_file, from_parquet, read_table
from forecast.data.reading import table as table_module
from forecast.errors import MissingExtraError, ReadingError, SettingsError
from forecast.site import WindSite

SITE = WindSite("farm", 5000.0)
TIMES = pd.date_range("2024-05-01 10:15", periods=4, freq="15min")
POWER = [1.5, 217.25, -3.0, 12.75]


def test_a_parquet_index_of_times_is_a_column_to_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"power": POWER}, index=TIMES.tz_localize("Europe/Paris").rename("when"))
    frame.to_parquet(tmp_path / "a.parquet")
    data = from_parquet(tmp_path / "a.parquet", SITE, time="when", power="power")
    assert data.power is not None and data.power.index.equals(frame.index) and data.power.tolist() == POWER


def test_netcdf_reads_like_any_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"power": POWER}, index=TIMES.rename("time"))
    frame.to_xarray().to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    data = from_file(tmp_path / "a.nc", SITE, time="time", power="power", timezone="UTC")
    assert data.power is not None and data.power.index.equals(TIMES.tz_localize("UTC"))
    assert data.power.tolist() == POWER


def test_excel_reads_like_any_table(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="the excel extra is not installed")
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="notes", index=False)
        pd.DataFrame({"Zeit": TIMES, "P": POWER}).to_excel(book, sheet_name="data", index=False)
    data = from_file(tmp_path / "a.xlsx", SITE, time="Zeit", power="P", timezone="UTC", sheet="data")
    assert data.power is not None and data.power.index.equals(TIMES.tz_localize("UTC"))
    assert data.power.tolist() == POWER
    with pytest.raises(ReadingError, match="cannot be read as Excel, sheet 'daten'"):
        read_table(tmp_path / "a.xlsx", sheet="daten")


def test_excel_without_its_extra_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        table_module.importlib.util,
        "find_spec",
        lambda name, *more: None if name == "openpyxl" else find(name, *more),
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'quarterhour\[excel\]'"):
        read_table(tmp_path / "a.xlsx")


@pytest.mark.parametrize(("name", "kind"), [("a.parquet", "Parquet"), ("a.nc", "netCDF")])
def test_a_damaged_file_is_a_typed_error(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"not what it says")
    with pytest.raises(ReadingError, match=f"cannot be read as {kind}"):
        read_table(tmp_path / name)


def test_an_unknown_ending_lists_the_formats(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("time,power\n2024-05-01,1.5\n", encoding="utf-8")
    with pytest.raises(
        ReadingError, match=r"format '.dat' is not known; state format=, one of csv, parquet, excel"
    ):
        read_table(tmp_path / "a.dat")
    assert read_table(tmp_path / "a.dat", format="csv")["power"].tolist() == [1.5]


def _runs() -> pd.DataFrame:
    rows = [
        (farm, init, lead, 10.0 * farm + i + lead / 8)
        for farm in (1, 2)
        for i, init in enumerate(pd.date_range("2024-05-01", periods=3, freq="12h"))
        for lead in (1, 2, 5)
    ]
    return pd.DataFrame(rows, columns=["farm", "issued", "hours", "ws"])


def test_runs_in_a_long_table_become_a_dataset_over_run_and_lead(tmp_path: Path) -> None:
    _runs().drop(index=4).to_parquet(tmp_path / "runs.parquet")
    options = {
        "init_time": "issued",
        "lead_time": "hours",
        "nwp": {"wind_speed": "ws"},
        "timezone": "Asia/Shanghai",
    }
    data = from_parquet(tmp_path / "runs.parquet", SITE, where={"farm": 1}, name="ec", **options)
    runs = data.nwp["ec"]
    assert dict(runs.sizes) == {"init_time": 3, "lead_time": 3}
    assert runs["init_time"].values[0] == np.datetime64("2024-04-30T16:00")
    wind = runs["wind_speed"].sel(lead_time=pd.Timedelta("2h")).values
    np.testing.assert_array_equal(wind, [10.25, np.nan, 12.25])  # the row left out is a hole, not a shift


def test_runs_of_two_sites_in_one_table_ask_which(tmp_path: Path) -> None:
    _runs().to_parquet(tmp_path / "runs.parquet")
    options = {"init_time": "issued", "lead_time": "hours", "nwp": {"wind_speed": "ws"}, "timezone": "UTC"}
    with pytest.raises(ReadingError, match=r"9 rows repeat a run and lead, .*state where="):
        from_parquet(tmp_path / "runs.parquet", SITE, **options)
    with pytest.raises(SettingsError, match="weather runs need init_time, lead_time and nwp"):
        from_parquet(tmp_path / "runs.parquet", SITE, init_time="issued", timezone="UTC")


def test_files_of_runs_follow_one_another(tmp_path: Path) -> None:
    runs = _runs()[_runs()["farm"] == 2]
    first = runs["issued"] < "2024-05-01 12:00"
    runs.to_parquet(tmp_path / "all.parquet")
    runs[first].to_parquet(tmp_path / "1.parquet")
    runs[~first].to_parquet(tmp_path / "2.parquet")
    options = {"init_time": "issued", "lead_time": "hours", "nwp": {"wind_speed": "ws"}, "timezone": "UTC"}
    one = from_parquet(tmp_path / "all.parquet", SITE, **options).nwp["nwp"]
    two = from_parquet([tmp_path / "2.parquet", tmp_path / "1.parquet"], SITE, **options).nwp["nwp"]
    assert one.identical(two)
