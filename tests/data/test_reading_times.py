"""Time columns: formats, clocks, and the two days a year when clocks are changed."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from forecast.data.reading.instants import read_times
from forecast.data.reading.zones import localize
from forecast.errors import ReadingError


def _read(values: list[object], timezone: str | None = "UTC", **options: object) -> list[str]:
    times = read_times(pd.Series(values), where="a.csv, column 't'", timezone=timezone, **options)
    return [time.isoformat() for time in times.tz_convert("UTC").tz_localize(None)]


QUARTER_PAST = ["2024-02-03T04:15:00", "2024-12-13T23:30:00"]


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (["2024-02-03 04:15", "2024-12-13 23:30"], {}),
        (["2024/2/3 4:15", "2024/12/13 23:30"], {}),
        (["2024.02.03 04:15:00", "2024.12.13 23:30:00"], {}),
        (["2024-02-03T04:15:00Z", "2024-12-13T23:30:00Z"], {}),
        (["2024-02-03 04:15 UTC", "2024-12-13 23:30 UTC"], {}),
        (["2024-02-03 06:15+02:00", "2024-12-14 00:30+0100"], {"timezone": None}),
        (["03.02.2024 04:15", "13.12.2024 23:30"], {"dayfirst": True}),
        (["3/2/2024 4:15", "13/12/2024 23:30"], {"dayfirst": True}),
        (["2/3/2024 4:15", "12/13/2024 23:30"], {"dayfirst": False}),
        (["202402030415", "202412132330"], {"time_format": "%Y%m%d%H%M"}),
        ([202402030415, 202412132330], {"time_format": "%Y%m%d%H%M"}),
        (["3.2.24 04:15", "13.12.24 23:30"], {"time_format": "%d.%m.%y %H:%M"}),
        ([1706933700, 1734132600], {"time_format": "unix"}),
        (["1706933700", "1734132600"], {"time_format": "unix"}),
        ([1706933700000.0, 1734132600000.0], {"time_format": "unix_ms"}),
        ([dt.datetime(2024, 2, 3, 4, 15), "2024-12-13 23:30:00"], {}),
        ([pd.Timestamp("2024-02-03 12:15"), pd.Timestamp("2024-12-14 07:30")], {"timezone": "Asia/Shanghai"}),
    ],
)
def test_one_moment_written_in_many_ways(values: list[object], options: dict[str, object]) -> None:
    assert _read(values, **options) == QUARTER_PAST


def test_2400_is_midnight_at_the_end_of_the_day() -> None:
    assert _read(["2024-02-28 23:45", "2024-02-28 24:00", "2024-02-29 24:00:00"]) == [
        "2024-02-28T23:45:00",
        "2024-02-29T00:00:00",
        "2024-03-01T00:00:00",
    ]


def test_labels_with_offsets_are_shown_in_the_stated_zone() -> None:
    times = read_times(pd.Series(["2024-07-01T00:00+00:00"]), where="a", timezone="Asia/Shanghai")
    assert times[0].isoformat() == "2024-07-01T08:00:00+08:00"


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["2024-01-01"], {"timezone": None}, r"the times have no zone; state the clock: timezone='UTC'"),
        (
            ["2024-01-01"],
            {"timezone": "Europe/Berln"},
            r"'Europe/Berln' is not known; did you mean 'Europe/Berlin'",
        ),
        (["03/04/2024"], {}, r"'03/04/2024' may be day-month or month-day; state dayfirst=True or False"),
        (
            ["03/04/2024", "13/04/2024"],
            {"dayfirst": False},
            r"row 2: '13/04/2024' is not .*dayfirst=True\?",
        ),
        (
            ["2024-01-01", "gestern"],
            {},
            r"row 2: 'gestern' is not a time this reader knows; state time_format=",
        ),
        (["2024-01-01", "2024-02-30"], {}, r"row 2: '2024-02-30' is not a time; expected year-month-day"),
        (["2024-01-01", None], {}, r"row 2: the time is missing"),
        (["2024-01-01 00:00Z", "2024-01-01 00:15"], {}, r"row 2: '2024-01-01 00:15' has no offset, but"),
        ([1706933700], {}, r"the times are numbers such as 1706933700; state time_format='unix'"),
        (
            [1706933700000],
            {"time_format": "unix"},
            r"row 1: 1706933700000 .*state 'unix' for seconds, 'unix_ms'",
        ),
        (["soon"], {"time_format": "unix"}, r"row 1: 'soon' is not a number of seconds since 1970"),
        (
            ["2024-01-01"],
            {"time_format": "%d.%m.%Y"},
            r"row 1: '2024-01-01' .*does not fit time_format='%d.%m.%Y'",
        ),
        ([], {}, r"there is no row"),
    ],
)
def test_what_cannot_be_told_is_asked_for(
    values: list[object], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ReadingError, match=r"a\.csv, column 't'.*" + message):
        _read(values, **options)


def _wall(start: str, end: str, zone: str, freq: str = "15min") -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return true times over a change of clocks and what the wall clock showed."""
    true = pd.date_range(start, end, freq=freq, tz="UTC").tz_convert(zone)
    return true, true.tz_localize(None)


@pytest.mark.parametrize("freq", ["15min", "10min", "30min", "1h", "1min"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Denver", "Australia/Adelaide", "Atlantic/Azores"])
def test_two_years_of_a_naive_clock_come_back_as_they_were(zone: str, freq: str) -> None:
    if freq == "1min":
        true, shown = _wall("2023-10-01", "2023-11-10", zone, freq)
    else:
        true, shown = _wall("2022-01-01", "2024-01-01", zone, freq)
    assert localize(shown, zone, "a.csv").equals(true)


def test_a_file_with_the_newest_row_first_is_read_backwards() -> None:
    true, shown = _wall("2023-10-28", "2023-10-30", "Europe/Berlin")
    assert localize(shown[::-1], "Europe/Berlin", "a.csv").equals(true[::-1])


def test_files_in_any_order_of_years_are_told_apart() -> None:
    late, late_shown = _wall("2023-10-28", "2023-10-30", "Europe/Berlin")
    early, early_shown = _wall("2022-10-29", "2022-10-31", "Europe/Berlin")
    # as if two files had been put together, the later year in the middle
    shown = early_shown[:1].append(late_shown).append(early_shown[1:])
    true = early[:1].append(late).append(early[1:])
    assert localize(shown, "Europe/Berlin", "a.csv").equals(true)


def test_a_gap_in_the_doubled_hour_is_no_hindrance() -> None:
    true, shown = _wall("2023-10-28", "2023-10-30", "Europe/Berlin")
    keep = ~true.tz_convert("UTC").isin(pd.to_datetime(["2023-10-29 00:15Z", "2023-10-29 01:00Z"]))
    assert localize(shown[keep], "Europe/Berlin", "a.csv").equals(true[keep])


def test_an_hour_that_should_come_twice_and_comes_once_is_an_error_with_its_row() -> None:
    shown = pd.date_range("2023-10-29 01:00", "2023-10-29 05:00", freq="15min")
    with pytest.raises(
        ReadingError, match=r"row 5: 2023-10-29 02:00:00 comes twice in Europe/Berlin .*fixed offset"
    ):
        localize(shown, "Europe/Berlin", "a.csv")
    assert localize(shown, "+01:00", "a.csv")[0] == pd.Timestamp("2023-10-29 00:00", tz="UTC")


def test_a_doubled_hour_out_of_order_is_an_error() -> None:
    _, shown = _wall("2023-10-28", "2023-10-30", "Europe/Berlin")
    with pytest.raises(ReadingError, match="here it is out of order"):
        localize(shown.sort_values(), "Europe/Berlin", "a.csv")


def test_a_time_that_the_clock_skips_is_an_error_with_its_row() -> None:
    shown = pd.date_range("2023-03-26 01:00", "2023-03-26 04:00", freq="30min")
    with pytest.raises(
        ReadingError, match=r"row 3: 2023-03-26 02:00:00 does not exist in Europe/Berlin .*timezone='\+01:00'"
    ):
        localize(shown, "Europe/Berlin", "a.csv")
