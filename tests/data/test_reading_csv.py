"""CSV files as loggers, portals and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.data.reading import from_csv, read_table
from forecast.data.reading.csvfile import find_delimiter
from forecast.errors import ColumnError, ReadingError, SettingsError
from forecast.site import PVSite, WindSite

PLANT = PVSite("plant", 1000.0)
TIMES = pd.date_range("2024-05-01 10:15", periods=4, freq="15min")
POWER = [1.5, 217.25, 330.0, 12.75]
SPEED = [3.25, 4.5, 6.125, 2.0]


def _write(
    path: Path, delimiter: str, decimal: str, encoding: str = "utf-8", header: str = "time power speed"
) -> Path:
    rows = [header.replace(" ", delimiter)]
    for time, power, speed in zip(TIMES, POWER, SPEED, strict=True):
        rows.append(delimiter.join([str(time), *(f"{x:.4f}".replace(".", decimal) for x in (power, speed))]))
    path.write_bytes("\r\n".join([*rows, ""]).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", "."), ("|", ".")]
)
def test_delimiter_and_decimal_mark_are_found(tmp_path: Path, delimiter: str, decimal: str) -> None:
    path = _write(tmp_path / "a.csv", delimiter, decimal)
    data = from_csv(path, PLANT, time="time", power="power", observed={"wind_speed": "speed"}, timezone="UTC")
    assert data.power is not None and data.observed is not None
    assert data.power.index.equals(TIMES.tz_localize("UTC"))
    assert data.power.tolist() == POWER
    assert data.observed["wind_speed"].tolist() == SPEED


def test_a_decimal_comma_shows_after_a_night_of_zeros(tmp_path: Path) -> None:
    times = pd.date_range("2024-05-01", periods=1500, freq="1min")
    power = np.where(np.arange(1500) < 400, 0.0, np.arange(1500) / 8)
    lines = [f"{t};{str(p).replace('.', ',') if p else '0'}" for t, p in zip(times, power, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["time;power", *lines]), encoding="utf-8")
    data = from_csv(path, PLANT, time="time", power="power", timezone="UTC")
    np.testing.assert_array_equal(data.power, power)


def test_a_comma_that_may_be_a_thousands_mark_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;power\n2024-05-01 10:00;1,234\n2024-05-01 10:15;2,345\n", encoding="utf-8")
    with pytest.raises(
        ReadingError, match=r"'1,234' may be a decimal or a thousands mark; state decimal=','"
    ):
        read_table(path)
    assert read_table(path, decimal=",")["power"].tolist() == [1.234, 2.345]


def test_points_between_thousands_go_with_a_decimal_comma(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;power\n2024-05-01;1.234,5\n2024-05-02;12,25\n", encoding="utf-8")
    assert read_table(path)["power"].tolist() == [1234.5, 12.25]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_files_need_no_encoding(tmp_path: Path, encoding: str) -> None:
    path = _write(tmp_path / "a.csv", ";", ",", encoding, header="时间 功率 Windgröße")
    assert list(read_table(path).columns) == ["时间", "功率", "Windgröße"]


def test_chinese_headers_in_gbk_load_by_an_explicit_map(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", ",", ".", "gbk", header="时间 实际功率 风速")
    data = from_csv(
        path,
        WindSite("风电场", 50_000),
        time="时间",
        power="实际功率",
        unit="MW",
        observed={"wind_speed": "风速"},
        timezone="Asia/Shanghai",
        encoding="gbk",
    )
    assert data.power is not None and data.power.tolist() == [1000 * x for x in POWER]
    assert str(data.power.index[0]) == "2024-05-01 10:15:00+08:00"


def test_bytes_that_are_not_utf8_show_their_readings_in_the_error(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", ",", ".", "gbk", header="时间 实际功率 风速")
    with pytest.raises(
        ReadingError, match=r"a\.csv: line 1 is not UTF-8; .*encoding='gbk' reads '时间,实际功率,风速'"
    ):
        read_table(path)


def test_a_wrong_column_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", ",", ".")
    with pytest.raises(
        ColumnError, match=r"no column 'Pwoer'; did you mean 'power'\? Known are: time, power, speed"
    ):
        from_csv(path, PLANT, time="time", power="Pwoer", timezone="UTC")


def test_a_text_among_numbers_is_named_with_its_row_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,power\n2024-05-01,1.5\n2024-05-02,offline\n2024-05-03,2\n", encoding="utf-8")
    with pytest.raises(
        ReadingError, match=r"column 'power', row 2: 'offline' is not a number.*missing=\['offline'\]"
    ):
        from_csv(path, PLANT, time="time", power="power", timezone="UTC")
    data = from_csv(path, PLANT, time="time", power="power", timezone="UTC", missing=["offline"])
    np.testing.assert_array_equal(data.power, [1.5, np.nan, 2.0])


def test_a_decimal_comma_that_the_delimiter_eats_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,power\n2024-05-01,1,5\n2024-05-02,2,5\n", encoding="utf-8")
    with pytest.raises(ReadingError, match=r"state delimiter=, decimal=, encoding= or skip_rows="):
        read_table(path)


def test_a_delimiter_at_the_end_of_each_line_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;power\n2024-05-01;1.5;\n2024-05-02;2.5;\n", encoding="utf-8")
    assert read_table(path)["power"].tolist() == [1.5, 2.5]


def test_lines_before_the_header_are_skipped_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("logger 7\nserial 12, model X, v2\ntime,power\n2024-05-01,1.5\n", encoding="utf-8")
    assert read_table(path, skip_rows=2)["power"].tolist() == [1.5]


def test_several_files_of_one_form_follow_one_another(tmp_path: Path) -> None:
    whole = _write(tmp_path / "whole.csv", ",", ".")
    lines = whole.read_text(encoding="utf-8").splitlines()
    (tmp_path / "1.csv").write_text("\n".join(lines[:3]), encoding="utf-8")
    (tmp_path / "2.csv").write_text("\n".join([lines[0], *lines[3:]]), encoding="utf-8")
    options = {"time": "time", "power": "power", "timezone": "UTC", "observed": {"wind_speed": "speed"}}
    one = from_csv(whole, PLANT, **options)
    two = from_csv([tmp_path / "1.csv", tmp_path / "2.csv"], PLANT, **options)
    assert one.power is not None and one.observed is not None
    pd.testing.assert_series_equal(one.power, two.power, check_freq=False)
    pd.testing.assert_frame_equal(one.observed, two.observed, check_freq=False)


def test_rows_of_one_site_are_picked_from_a_long_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,site,power\n2024-05-01,a,1\n2024-05-01,b,2\n2024-05-02,a,3\n", encoding="utf-8")
    options = {"time": "time", "power": "power", "timezone": "UTC"}
    assert list(from_csv(path, PLANT, where={"site": "a"}, **options).power) == [1, 3]
    with pytest.raises(ReadingError, match=r"no row has site = 'c'; the column holds a, b"):
        from_csv(path, PLANT, where={"site": "c"}, **options)


def test_an_unknown_argument_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", ",", ".")
    with pytest.raises(SettingsError, match=r"unknown argument 'delimeter'; did you mean 'delimiter'"):
        from_csv(path, PLANT, time="time", power="power", timezone="UTC", delimeter=";")


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_says_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadingError, match="the file is empty"):
        read_table(path)


def test_a_missing_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    _write(tmp_path / "power_2024.csv", ",", ".")
    with pytest.raises(ReadingError, match=r"no such file; did you mean 'power_2024\.csv'"):
        read_table(tmp_path / "power2024.csv")


def test_quotes_do_not_mislead_the_delimiter() -> None:
    assert find_delimiter(['"time";"a; b";"c, d"', "2024-01-01;1,25;2", "2024-01-02;3,5;4"]) == ";"
