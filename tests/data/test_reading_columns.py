"""Column maps: units, energy per interval, wind components, and the errors of a wrong map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.data.reading import UNITS, convert, from_parquet
from forecast.data.reading.units import WORKING_UNITS
from forecast.errors import ColumnError, InputTypeError, ReadingError, SettingsError, UnitError
from forecast.site import PVSite

PLANT = PVSite("plant", 2000.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "time": pd.date_range("2024-05-01 10:15", periods=5, freq="15min"),
            "p": [120.0, 130.5, np.nan, 150.25, 160.75],
            "limited": [0, 1, 0, 0, 1],
            "pres": [1001.5, 1002.5, 1003.0, 1004.0, 1005.25],
            "u": [3.0, 0.0, -2.0, 1.5, 0.25],
            "v": [0.0, 4.0, -2.0, -1.5, 0.75],
            "note": ["a", "b", "c", "d", "e"],
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def _read(file: Path, **options: Any) -> Any:
    return from_parquet(file, PLANT, time="time", timezone="UTC", **options)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("kW", 1),
        ("W", 1e-3),
        ("MW", 1e3),
        ("GW", 1e6),
        ("kWh", 4),
        ("Wh", 4e-3),
        ("MWh", 4e3),
        ("share", 2e3),
        ("%", 20),
    ],
)
def test_power_in_every_unit_becomes_kilowatts(file: Path, unit: str, factor: float) -> None:
    raw = pd.read_parquet(file)["p"].to_numpy()
    np.testing.assert_allclose(_read(file, power="p", unit=unit).power, raw * factor, rtol=1e-14)
    np.testing.assert_allclose(
        _read(file, power={"column": "p", "unit": unit}).power, raw * factor, rtol=1e-14
    )


def test_energy_uses_the_usual_distance_of_labels_beside_a_gap(tmp_path: Path) -> None:
    times = pd.date_range("2024-05-01", periods=9, freq="10min").delete([3, 4])
    pd.DataFrame({"time": times, "e": np.arange(7.0)}).to_parquet(tmp_path / "a.parquet")
    power = _read(tmp_path / "a.parquet", power="e", unit="kWh").power
    np.testing.assert_allclose(power, np.arange(7.0) * 6)


@pytest.mark.parametrize(
    ("name", "unit", "value", "expected"),
    [
        ("pressure", "hPa", 1013.25, 101325.0),
        ("pressure", "kPa", 98.7, 98700.0),
        ("pressure_2m", "mbar", 987.0, 98700.0),
        ("temp_air", "K", 300.0, 26.85),
        ("temp_air", "degF", 77.0, 25.0),
        ("wind_speed_100m", "km/h", 36.0, 10.0),
        ("wind_speed", "knots", 3600 / 1852, 1.0),
        ("wind_speed", "mph", 10.0, 4.4704),
        ("wind_direction", "rad", np.pi / 2, 90.0),
        ("relative_humidity", "share", 0.43, 43.0),
        ("ghi", "kW/m2", 0.75, 750.0),
        ("other_farm", "MW", 1.25, 1250.0),
    ],
)
def test_weather_units_by_hand(name: str, unit: str, value: float, expected: float) -> None:
    np.testing.assert_allclose(convert(np.array([value]), unit, name=name), [expected], rtol=1e-12)


def test_every_quantity_has_one_working_unit_that_changes_nothing() -> None:
    assert {unit.quantity for unit in UNITS.values()} == set(WORKING_UNITS)
    for quantity, unit in WORKING_UNITS.items():
        assert UNITS[unit] == (quantity, 1.0, 0.0)


def test_an_unknown_unit_lists_the_known_ones() -> None:
    with pytest.raises(
        UnitError, match=r"pressure: unit 'hpa' is not known; did you mean 'hPa'\? Known are: kW, W"
    ):
        convert(np.ones(1), "hpa", name="pressure")


def test_a_unit_of_another_quantity_lists_the_fitting_ones() -> None:
    with pytest.raises(UnitError, match=r"ghi: unit 'hPa' measures pressure, expected irradiance: W/m2, "):
        convert(np.ones(1), "hPa", name="ghi")


def test_wind_components_make_speed_and_the_direction_from_which_it_blows(file: Path) -> None:
    observed = _read(file, observed={"wind_100m": {"u": "u", "v": "v"}}).observed
    assert list(observed) == ["wind_speed_100m", "wind_direction_100m"]
    np.testing.assert_allclose(observed["wind_speed_100m"], [3, 4, 8**0.5, 4.5**0.5, 0.625**0.5])
    # towards east is from west (270), towards north from south (180), towards south-west from north-east (45)
    expected = [270.0, 180.0, 45.0, 315.0, 180 + np.degrees(np.arctan(1 / 3))]
    np.testing.assert_allclose(observed["wind_direction_100m"], expected)


def test_inputs_are_labelled_delayed_and_named_as_stated(file: Path) -> None:
    data = _read(
        file,
        power="p",
        observed={"pressure": {"column": "pres", "unit": "hPa"}},
        nwp={"wind_speed": "u"},
        available_kw="p",
        curtailed="limited",
        label={"power": "start"},
        delay={"power": "5min", "nwp": "6h"},
    )
    raw = pd.read_parquet(file)
    labels = raw["time"].dt.tz_localize("UTC")
    assert list(data.power.index) == list(labels + pd.Timedelta("15min"))
    assert list(data.observed.index) == list(labels)
    np.testing.assert_array_equal(data.observed["pressure"], raw["pres"] * 100)
    np.testing.assert_array_equal(data.nwp["nwp"]["wind_speed"], raw["u"])
    assert [bool(x) for x in data.curtailed] == [False, True, False, False, True]
    assert data.available_kw.dropna().tolist() == raw["p"].dropna().tolist()
    minutes = {name: value / 60e9 for name, value in data.delays.items()}
    assert (minutes["power"], minutes["observed"], minutes["nwp"]) == (5, 0, 360)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"power": "note"}, ReadingError, r"column 'note', row 1: 'a' is not a number \(5 such rows\)"),
        ({"power": "time"}, ReadingError, r"column 'time' holds times, expected numbers"),
        ({"power": "p", "unit": "mW"}, UnitError, r"unit 'mW' is not known; did you mean '"),
        (
            {"observed": {"ghi": {"col": "p"}}},
            SettingsError,
            r"ghi: unknown key 'col'; did you mean 'column'",
        ),
        (
            {"observed": {"ghi": {"u": "u"}}},
            SettingsError,
            r"expected a column's name, \{column, unit\}, or \{u, v\}",
        ),
        (
            {"observed": {"gust": {"u": "u", "v": "v"}}},
            ColumnError,
            r"call it 'wind' or for example 'wind_100m'",
        ),
        ({"observed": ["p"]}, InputTypeError, r"column map is list, expected a dict"),
        ({"curtailed": "pres"}, ReadingError, r"expected true and false, or 1 and 0"),
        ({}, SettingsError, r"nothing is read from this file; state some of power, observed"),
        (
            {"power": "p", "label": {"powr": "start"}},
            SettingsError,
            r"unknown input 'powr'; did you mean 'power'",
        ),
        ({"power": "p", "encoding": "gbk"}, SettingsError, r"encoding goes with CSV only, this is parquet"),
    ],
)
def test_a_wrong_map_is_a_typed_error(
    file: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _read(file, **options)


def test_a_file_without_a_stated_time_column_lists_its_columns(file: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"time= is not stated; name the column of times, one of time, p, "
    ):
        from_parquet(file, PLANT, power="p")


def test_the_passed_maps_stay_as_they_are(file: Path) -> None:
    entry = {"column": "pres", "unit": "hPa"}
    observed = {"pressure": entry, "wind": {"u": "u", "v": "v"}}
    _read(file, observed=observed)
    assert observed == {"pressure": {"column": "pres", "unit": "hPa"}, "wind": {"u": "u", "v": "v"}}
