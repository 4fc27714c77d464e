"""The site file: the documented example, several files, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.data.reading import from_csv, from_toml
from forecast.errors import ColumnError, InputTypeError, ReadingError, SettingsError, SiteError, StepError
from forecast.site import PVSite, WindSite

ROOT = Path(__file__).resolve().parents[2]
SITE = '[site]\nkind = "wind"\nname = "farm"\ncapacity_kw = 2000\n'
DATA = '[data]\npath = "a.csv"\ntime = "time"\ntimezone = "UTC"\npower = "p"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    times = pd.date_range("2024-05-01 10:10", periods=6, freq="10min")
    values = np.arange(6) * 12.5
    pd.DataFrame({"time": times, "p": values, "ws": values / 10}).to_csv(tmp_path / "a.csv", index=False)
    other = pd.DataFrame({"time": times[1:].append(times[-1:]), "p": 7.5, "ws": np.arange(6.0)})
    other.to_csv(tmp_path / "b.csv", index=False)
    return tmp_path


def _toml(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documented_example_loads(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "site_toml.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    (tmp_path / "power.csv").write_text(
        "Zeit;Ertrag\n31.03.2024 01:45;1,25\n31.03.2024 03:00;2,5\n31.03.2024 03:15;3,75\n", encoding="utf-8"
    )
    (tmp_path / "station.csv").write_text(
        "time,G,T,U,V\n2024-03-31 01:00,410.5,283.15,2,0\n2024-03-31 01:10,---,284.15,0,-3\n",
        encoding="utf-8",
    )
    (tmp_path / "forecast.csv").write_text(
        "valid,ssrd_mean,sp\n2024-03-31 01:00,400,985\n2024-03-31 02:00,500,984\n", encoding="utf-8"
    )
    data = from_toml(_toml(tmp_path, example.group(1)))

    assert data.site == PVSite("south-roof", 1200.0, 48.14, 11.58, None, "Europe/Berlin", 30.0, 180.0)
    assert data.power is not None and data.observed is not None
    assert data.power.tolist() == [5.0, 10.0, 15.0]  # kWh a quarter hour
    ends = ["2024-03-31T03:00:00+02:00", "2024-03-31T03:15:00+02:00", "2024-03-31T03:30:00+02:00"]
    assert [time.isoformat() for time in data.power.index] == ends
    assert data.delays["power"] == 300 * 10**9 and data.delays["observed"] == 0
    np.testing.assert_array_equal(data.observed["ghi"], [410.5, np.nan])
    np.testing.assert_allclose(data.observed["temp_air"], [10.0, 11.0])
    assert data.observed["wind_direction"].tolist() == [270.0, 0.0]
    assert data.nwp["nwp"]["pressure"].tolist() == [98500.0, 98400.0]


def test_a_site_file_says_the_same_as_the_call(folder: Path) -> None:
    read = from_toml(_toml(folder, SITE + DATA + 'unit = "W"\n[data.observed]\nwind_speed = "ws"\n'))
    called = from_csv(
        folder / "a.csv",
        WindSite("farm", 2000.0),
        time="time",
        timezone="UTC",
        power="p",
        unit="W",
        observed={"wind_speed": "ws"},
    )
    assert read.site == called.site and read.power is not None and read.observed is not None
    pd.testing.assert_series_equal(read.power, called.power)
    pd.testing.assert_frame_equal(read.observed, called.observed)


def _two(extra: str = "", observed: str = 'other_power = "p"') -> str:
    first = DATA.replace("[data]", "[[files]]") + 'observed = { wind_speed = "ws" }\n'
    second = (
        f'[[files]]\npath = "b.csv"\ntime = "time"\ntimezone = "Asia/Shanghai"\nobserved = {{ {observed} }}\n'
    )
    return SITE + first + second.replace("Asia/Shanghai", "UTC") + extra


def test_observed_columns_of_several_files_are_joined_on_time(folder: Path) -> None:
    observed = from_toml(_toml(folder, _two())).observed
    a, b = (pd.read_csv(folder / f"{name}.csv", parse_dates=["time"]).set_index("time") for name in "ab")
    times = a.index.union(b.index).unique()
    assert observed is not None and list(observed.index.tz_localize(None)) == list(times)
    for time, row in observed.tz_localize(None).iterrows():
        expected = [
            frame.loc[[time], column].iloc[0] if time in frame.index else np.nan
            for frame, column in ((a, "ws"), (b, "p"))
        ]
        np.testing.assert_array_equal(row, expected)


def test_a_label_that_one_file_has_twice_does_not_multiply_the_others(folder: Path) -> None:
    data = from_toml(_toml(folder, _two()))
    assert data.observed is not None and data.observed.index.is_unique
    assert data.tidied["observed"]["duplicates"] == 1


def test_files_with_different_labels_meet_at_the_end_of_the_interval(folder: Path) -> None:
    observed = from_toml(_toml(folder, _two('label = "start"\n'))).observed
    assert observed is not None
    first = pd.Timestamp("2024-05-01 10:20", tz="UTC")  # the second file's first label, before its shift
    assert np.isnan(observed["other_power"].loc[first])
    assert observed["other_power"].loc[first + pd.Timedelta("10min")] == 7.5
    assert observed["wind_speed"].loc[first] == 1.25


def test_several_weather_sources_need_names(folder: Path) -> None:
    ec = DATA.replace("[data]", "[[files]]") + 'nwp = { wind_speed = "ws" }\n'
    gfs = ec.replace('power = "p"\n', "")
    with pytest.raises(SettingsError, match="nwp stands in 2 files; give each its own name"):
        from_toml(_toml(folder, SITE + ec + gfs))
    data = from_toml(
        _toml(folder, SITE + ec + 'name = "ec"\ndelay = { ec = "6h" }\n' + gfs + 'name = "gfs"\n')
    )
    assert list(data.nwp) == ["ec", "gfs"]
    assert (data.delays["ec"], data.delays["gfs"], data.delays["power"]) == (6 * 3600 * 10**9, 0, 0)


def test_plan_and_neighbours_come_along(folder: Path) -> None:
    (folder / "near.toml").write_text(
        SITE.replace("farm", "near") + DATA.replace("a.csv", "b.csv"), encoding="utf-8"
    )
    plan = (
        "[[plan]]\nstart = 2024-05-02T06:00:00+02:00\nend = 2024-05-02T16:00:00+02:00\n"
        "available_kw = 1000\nlimit_kw = nan\nknown_at = 2024-05-01T12:00:00Z\n"
    )
    data = from_toml(_toml(folder, SITE + DATA + plan + '[neighbours]\nnear = "near.toml"\n'))
    assert data.plan is not None and data.plan["available_kw"].tolist() == [1000]
    assert data.neighbours["near"].site.name == "near"


def test_one_record_of_a_file_with_several_reads_from_a_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (SITE + DATA).replace("[site]", '["north.1".site]').replace("[data]", '["north.1".data]')
    path = _toml(tmp_path_factory.mktemp("elsewhere"), text)
    assert from_toml(path, "north.1", folder=folder).site.name == "farm"
    with pytest.raises(ReadingError, match=r"no record 'north\.2'; did you mean 'north\.1'"):
        from_toml(path, "north.2", folder=folder)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            SITE + DATA + 'timezon = "UTC"\n',
            SettingsError,
            r"data: unknown key 'timezon'; did you mean 'timezone'",
        ),
        (
            SITE + "capacity_mw = 2\n" + DATA,
            SettingsError,
            r"site: unknown key 'capacity_mw'; did you mean 'capacity_kw'",
        ),
        (SITE + DATA + "[observd]\n", SettingsError, r"unknown key 'observd'"),
        (SITE, SettingsError, r"state \[data\] for one file, or \[\[files\]\]"),
        (DATA, SettingsError, r"there is no table \[site\]"),
        (SITE.replace("wind", "solar") + DATA, SettingsError, r"kind is 'solar', expected 'pv' or 'wind'"),
        (SITE.replace("capacity_kw = 2000", "") + DATA, SettingsError, r"site: capacity_kw is missing"),
        (SITE.replace("2000", "-2000") + DATA, SiteError, r"capacity_kw is -2000"),
        (SITE + DATA.replace('path = "a.csv"\n', ""), SettingsError, r"data: path is missing"),
        (SITE + DATA.replace('"a.csv"', "7"), InputTypeError, r"data: path holds 7, expected a file's path"),
        (SITE + DATA.replace('"a.csv"', '["a.csv", 7]'), InputTypeError, r"data: path holds 7"),
        (SITE + DATA.replace("[data]", "[files]"), SettingsError, r"expected tables headed \[\[files\]\]"),
        (
            SITE + DATA.replace("a.csv", "c.csv"),
            ReadingError,
            r"c\.csv: no such file; did you mean '[ab]\.csv'",
        ),
        (SITE + DATA + "[neighbours]\nnear = 1\n", InputTypeError, r"near is 1, expected a site file's path"),
        (_two('power = "p"\n'), SettingsError, r"power stands in 2 files; name it in one"),
        (
            _two('delay = "5min"\n'),
            SettingsError,
            r"observed: files with delays 0min, 5min; state one, the longest",
        ),
        (_two(observed='wind_speed = "ws"'), ColumnError, r"'wind_speed' stands in two files"),
        (SITE + "[data\n", ReadingError, r"is not TOML"),
    ],
)
def test_what_is_not_known_is_refused(folder: Path, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        from_toml(_toml(folder, text))


def test_observed_files_of_different_steps_are_refused(folder: Path) -> None:
    coarse = pd.DataFrame({"time": pd.date_range("2024-05-01", periods=4, freq="1h"), "p": 1.0})
    coarse.to_csv(folder / "b.csv", index=False)
    with pytest.raises(StepError, match=r"files with steps 10min, 1h; resample one"):
        from_toml(_toml(folder, _two()))


def test_a_site_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=r"site\.toml: no such file"):
        from_toml(tmp_path / "site.toml")
