"""Open-Meteo through its client, cache and retries, on replies in the documented format (FlatBuffers) made here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from forecast import PVSite, WindSite, weather
from forecast.errors import ColumnError, MissingExtraError, ReadingError, SiteError, TimeError

flatbuffers = pytest.importorskip("flatbuffers")
pytest.importorskip("openmeteo_requests")
pytest.importorskip("requests_cache")
requests = pytest.importorskip("requests")

SITE = PVSite("roof", 100, latitude=48.1, longitude=11.6, altitude_m=510)
HOURLY = 11  # place of `hourly` in WeatherApiResponse
START, END = pd.Timestamp("2024-05-01T03:00Z"), pd.Timestamp("2024-05-04T12:00Z")


def value(name: str, day: int, times: np.ndarray) -> np.ndarray:
    """A number that tells which variable, which previous day and which hour it is of."""
    return (sum(map(ord, name)) % 97 + 1000 * day + (times // 3600 % 240)).astype(np.float32)


def table(builder: Any, slots: int, fill: Callable[[], None]) -> int:
    builder.StartObject(slots)
    fill()
    end: int = builder.EndObject()
    return end


def reply(names: list[str], start_date: str, end_date: str) -> bytes:
    """One size-prefixed WeatherApiResponse; places in its tables as the service's published schema numbers them."""
    times = np.arange(pd.Timestamp(start_date).timestamp(), pd.Timestamp(end_date).timestamp() + 86400, 3600)
    builder = flatbuffers.Builder(1024)
    columns = []
    for name in names:
        own, _, day = name.partition("_previous_day")
        values = builder.CreateNumpyVector(value(own, int(day or 0), times))

        def column(values: int = values, day: int = int(day or 0)) -> None:
            builder.PrependUOffsetTRelativeSlot(3, values, 0)  # values: [float]
            builder.PrependInt16Slot(11, day, 0)  # previous_day: int16

        columns.append(table(builder, 13, column))
    builder.StartVector(4, len(columns), 4)
    for offset in reversed(columns):
        builder.PrependUOffsetTRelative(offset)
    variables = builder.EndVector()

    def hours() -> None:
        builder.PrependInt64Slot(0, int(times[0]), 0)  # time
        builder.PrependInt64Slot(1, int(times[-1]) + 3600, 0)  # time_end
        builder.PrependInt32Slot(2, 3600, 0)  # interval
        builder.PrependUOffsetTRelativeSlot(3, variables, 0)  # variables: [VariableWithValues]

    hourly = table(builder, 4, hours)
    builder.FinishSizePrefixed(
        table(builder, HOURLY + 1, lambda: builder.PrependUOffsetTRelativeSlot(HOURLY, hourly, 0))
    )
    return bytes(builder.Output())


Service = list[dict[str, Any]]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service behind the wire: what it was asked, newest last; `answer` in the first entry makes it refuse."""
    asked: Service = []

    def send(self: Any, request: Any, **options: Any) -> Any:
        url = urlsplit(request.url)
        query = parse_qs(url.query)
        asked.append({"host": url.netloc, **query})
        made = requests.Response()
        made.request, made.url, made.status_code = request, request.url, 200
        answer: Callable[[dict[str, list[str]]], bytes] = getattr(send, "answer", None) or (
            lambda q: reply(q["hourly"], q["start_date"][0], q["end_date"][0])
        )
        body = answer(query)
        if body.startswith(b"{"):
            made.status_code = 400
        made._content = body
        made.headers["Content-Type"] = "application/octet-stream"
        from urllib3 import HTTPResponse

        made.raw = HTTPResponse(body=body, status=made.status_code, preload_content=False)
        return made

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    monkeypatch.setattr(service_answer, "to", send, raising=False)
    return asked


def service_answer(answer: Callable[[dict[str, list[str]]], bytes]) -> None:
    service_answer.to.answer = answer  # type: ignore[attr-defined]


def test_runs_hold_only_what_was_predicted_by_their_init_time(service: Service) -> None:
    found = weather.open_meteo(SITE, START, END, days=3, cache=False)
    assert set(found.data_vars) == {"ghi", "dni", "dhi", "temp_air", "wind_speed_10m"}
    inits = pd.DatetimeIndex(found["init_time"])
    assert inits[0] == pd.Timestamp("2024-05-01T06:00") and set(np.diff(inits)) == {np.timedelta64(6, "h")}
    hours = (found["lead_time"].to_numpy() / np.timedelta64(1, "h")).astype(int)
    np.testing.assert_array_equal(hours, np.arange(73))
    for run in (0, 3, 11):
        for lead in (0, 1, 24, 25, 48, 49, 72):
            valid = inits[run] + pd.Timedelta(hours=lead)
            day = 1 if lead <= 24 else 2 if lead <= 48 else 3
            assert valid - pd.Timedelta(days=day) <= inits[run]
            got = found["ghi"].to_numpy()[run, lead]
            seconds = np.array([valid.timestamp()])
            wanted = value("shortwave_radiation", day, seconds)[0] if valid <= END.tz_localize(None) else np.nan
            np.testing.assert_equal(got, wanted)
    assert found["ghi"].attrs["cell_methods"] == "lead_time: mean"
    assert found["temp_air"].attrs["cell_methods"] == "lead_time: point"


def test_the_request_is_as_documented(service: Service) -> None:
    site = WindSite("ridge", 2000, latitude=54.0, longitude=-3.0)
    found = weather.open_meteo(
        site, START, END, variables=["wind_speed_100m", "pressure"], models="icon_eu", cache=False
    )
    (asked,) = service
    assert asked["host"] == "previous-runs-api.open-meteo.com"
    assert asked["hourly"] == [
        "wind_speed_100m_previous_day1", "surface_pressure_previous_day1",
        "wind_speed_100m_previous_day2", "surface_pressure_previous_day2",
    ]  # fmt: skip
    wanted = {"format": "flatbuffers", "models": "icon_eu", "wind_speed_unit": "ms", "start_date": "2024-05-01",
              "end_date": "2024-05-04", "latitude": "54.0", "longitude": "-3.0"}  # fmt: skip
    assert {name: asked[name][0] for name in wanted} == wanted and "elevation" not in asked
    valid = pd.DatetimeIndex(found["init_time"])[0] + pd.Timedelta("5h")
    hectopascals = value("surface_pressure", 1, np.array([valid.timestamp()]))[0]
    np.testing.assert_allclose(found["pressure"][0, 5], 100 * hectopascals)


def test_without_previous_runs_it_is_a_table_whose_vintage_is_unknown(service: Service) -> None:
    found = weather.open_meteo(SITE, START, END, variables=["ghi", "temp_air"], previous_runs=False, cache=False)
    assert service[0]["host"] == "historical-forecast-api.open-meteo.com"
    assert isinstance(found, pd.DataFrame) and found.index[0] == START and found.index[-1] == END
    seconds = found.index.as_unit("s").asi8
    np.testing.assert_array_equal(found["temp_air"], value("temperature_2m", 0, seconds))


def test_replies_are_kept_and_several_models_and_long_times_are_asked_apart(service: Service, tmp_path: Path) -> None:
    options: dict[str, Any] = {"variables": ["ghi"], "days": 1, "cache": tmp_path / "replies"}
    end = START + pd.Timedelta("100D")
    found = weather.open_meteo(SITE, START, end, models=["icon_eu", "gfs_global"], **options)
    assert list(found) == ["icon_eu", "gfs_global"] and len(service) == 4
    assert service[0]["end_date"] == ["2024-07-29"] and service[1]["start_date"] == ["2024-07-30"]
    assert np.isfinite(found["icon_eu"]["ghi"][:-4]).all()
    again = weather.open_meteo(SITE, START, end, models="gfs_global", **options)
    assert len(service) == 4
    assert again.identical(found["gfs_global"])


def test_what_the_service_refuses_or_garbles_is_told(service: Service) -> None:
    service_answer(lambda query: json.dumps({"error": True, "reason": "Data corrupted at path ''"}).encode())
    with pytest.raises(ReadingError, match="Data corrupted"):
        weather.open_meteo(SITE, START, END, cache=False)
    service_answer(lambda query: reply(query["hourly"][:-1], "2024-05-01", "2024-05-02"))
    with pytest.raises(ReadingError, match="9 variables, expected one with 10"):
        weather.open_meteo(SITE, START, END, cache=False)
    service_answer(lambda query: reply(query["hourly"][::-1], "2024-05-01", "2024-05-02"))
    with pytest.raises(ReadingError, match="previous day 2, expected 1"):
        weather.open_meteo(SITE, START, END, cache=False)


def test_what_cannot_be_asked_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SiteError, match="no latitude"):
        weather.open_meteo(PVSite("roof", 100), START, END)
    with pytest.raises(TimeError, match="start before end"):
        weather.open_meteo(SITE, END, START)
    with pytest.raises(TimeError, match="no time zone"):
        weather.open_meteo(SITE, "2024-05-01", END)
    with pytest.raises(ColumnError, match="did you mean 'ghi'"):
        weather.open_meteo(SITE, START, END, variables=["gh"])
    monkeypatch.setitem(__import__("sys").modules, "openmeteo_requests", None)
    with pytest.raises(MissingExtraError, match=r"quarterhour\[openmeteo\]"):
        weather.open_meteo(SITE, START, END)
