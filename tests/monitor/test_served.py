"""A line of the log says what a forecast was made from, and the forecast can be made again from it."""

from __future__ import annotations

import json
import logging
from functools import cache

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import InputTypeError, ReadingError
from forecast.monitor.served import bundle_hash, forecast_hash


@cache
def data() -> fc.SiteData:
    plain = plants.wind(days=12)
    return plants.rebuilt(plain, nwp=plants.weather_runs(14), delay={"power": "10min", "nwp": "5h"})


@cache
def forecaster() -> fc.Forecaster:
    return plants.forecaster("ridge").fit(data().until(AT - pd.Timedelta("2D")))


AT = plants.START + pd.Timedelta("9D 7h 20min")


def line_of(known: fc.SiteData) -> dict:
    line = fc.monitor.served(forecaster().predict(known, AT), known, forecaster())
    return json.loads(json.dumps(line))


def test_a_line_says_what_was_newest_and_how_old() -> None:
    line = line_of(data())
    issue = pd.Timestamp(line["issue_time"])
    assert issue == AT.floor("15min") and pd.Timestamp(line["asked_at"]) == AT
    power = data().power
    assert power is not None
    newest = power[: issue - pd.Timedelta("10min")].dropna().index[-1]
    assert pd.Timestamp(line["inputs"]["power"]["newest"]) == newest
    assert line["inputs"]["power"]["age_s"] == (issue - newest).total_seconds()
    published = issue.tz_convert("UTC") - pd.Timedelta("5h")
    assert pd.Timestamp(line["inputs"]["nwp"]["init_time"]) == published.floor("6h")
    assert (line["site"], line["model"], line["level"], line["reasons"]) == ("ridge", "ridge", 0, [])


def test_a_replay_from_all_that_came_later_is_equal() -> None:
    found = fc.monitor.replay(line_of(data()), forecaster(), data())
    assert found.equal and found.differs == ()
    pd.testing.assert_frame_equal(found.frame, forecaster().predict(data(), AT))


def test_a_replay_leaves_out_what_came_late() -> None:
    late = plants.rebuilt(
        data(),
        power=data().power[: AT - pd.Timedelta("50min")],
        nwp=data().nwp["nwp"].isel(init_time=slice(0, 30)),
    )
    line = line_of(late)
    assert line["forecast"] != line_of(data())["forecast"]
    found = fc.monitor.replay(line, forecaster(), data())
    assert found.equal and found.differs == ()


def test_a_value_that_was_corrected_is_named() -> None:
    power = data().power.copy()
    power.loc[AT - pd.Timedelta("1h") : AT] *= 0.7
    found = fc.monitor.replay(line_of(data()), forecaster(), plants.rebuilt(data(), power=power))
    assert not found.equal and found.differs == ("power",)


def test_another_model_is_told_by_the_numbers() -> None:
    other = plants.forecaster("persistence").fit(data().until(AT - pd.Timedelta("2D")))
    found = fc.monitor.replay(line_of(data()), other, data())
    assert not found.equal and "model" in found.differs


def test_weather_by_valid_time_and_starts_of_intervals_replay_too() -> None:
    plain = plants.wind(days=12)
    hourly = plain.nwp["nwp"]
    late = fc.SiteData(
        plain.site, plain.power, observed=plain.observed, nwp=hourly, label={"power": "start", "nwp": "instant"},
        delay={"power": "5min"},
    )  # fmt: skip
    own = plants.forecaster("ridge").fit(late.until(AT - pd.Timedelta("2D")))
    frame = own.predict(late, AT)
    found = fc.monitor.replay(fc.monitor.served(frame, late, own), own, late)
    assert found.equal and found.differs == ()


def test_lines_are_appended_whole_and_logged(tmp_path, caplog) -> None:
    line = line_of(data())
    with caplog.at_level(logging.INFO, logger="forecast.served"):
        fc.monitor.append(line, tmp_path / "served.jsonl")
        fc.monitor.append(line, tmp_path / "served.jsonl")
        fc.monitor.append(line)
    assert [json.loads(text) for text in (tmp_path / "served.jsonl").read_text().splitlines()] == [line, line]
    assert len(caplog.messages) == 3 and json.loads(caplog.messages[0]) == line


def test_the_hash_is_of_the_numbers_alone(tmp_path) -> None:
    frame = forecaster().predict(data(), AT)
    assert forecast_hash(frame) == forecast_hash(frame.assign(reason="other").tz_convert("UTC"))
    moved = frame.copy()
    moved.iloc[0, 1] = np.nextafter(moved.iloc[0, 1], np.inf)
    assert forecast_hash(frame) != forecast_hash(moved)
    (tmp_path / "model.qh").write_bytes(b"abc")
    assert bundle_hash(tmp_path / "model.qh").startswith("ba7816bf")  # SHA-256 of "abc", FIPS 180-2


def test_errors_say_what_came() -> None:
    with pytest.raises(InputTypeError, match="predict returned"):
        fc.monitor.served(pd.DataFrame(), data())
    with pytest.raises(ReadingError, match="issue_time"):
        fc.monitor.replay({"site": "ridge"}, forecaster(), data())
