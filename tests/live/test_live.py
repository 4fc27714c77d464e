"""A live forecaster is the forecaster on the whole record, bit for bit, whatever comes late, twice or corrected."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.errors import ColumnError, InputTypeError, NotFittedError, SiteError, TimeError
from forecast.live import Live

EVERYTHING = "wind, every input"


def bits(frame: pd.DataFrame) -> tuple[Any, ...]:
    """Return all that a forecast says, its numbers as bytes."""
    numbers = frame.drop(columns="reason").to_numpy().tobytes()
    return numbers, list(frame["reason"]), frame.attrs, list(frame.index), list(frame.columns)


def same(live: Live, forecaster: Forecaster, data: SiteData, at: Any = None) -> bool:
    return bits(live.predict(at)) == bits(forecaster.predict(data, at))


@pytest.mark.parametrize("model", ["ridge", "adapting"])
@pytest.mark.parametrize("case", ["wind, every input", "pv", "pv, no position, late", "pv that lost strings"])
def test_a_live_forecast_is_predict_on_the_whole_record_while_history_is_let_go(case: str, model: str) -> None:
    data, forecaster = plants.case(case), plants.fitted(case, model)
    live = forecaster.live(data, at=plants.split(case))
    for at in plants.issue_times(case, 6):
        assert same(live, forecaster, data, at)


def test_values_told_step_by_step_are_the_record() -> None:
    data, forecaster = plants.case("minutes"), plants.fitted("minutes", "ridge")
    at = plants.split("minutes")
    live = forecaster.live(data.until(at))
    assert data.power is not None and data.observed is not None
    for minutes in (1, 2, 3, 3, 60, 61, 1500):
        later = at + pd.Timedelta(minutes=minutes)
        power = data.power[(data.power.index > at) & (data.power.index <= later)]
        live.update(power=power, observed=data.observed[(data.observed.index > at) & (data.observed.index <= later)])
        known = data.between(data.times("power")[0] - 1 if False else plants.START, later)
        assert same(live, forecaster, known)
        assert same(live, forecaster, known, later)
