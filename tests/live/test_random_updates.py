"""Random sequences of updates, late, corrected, repeated and out of order, against a record that forgets nothing."""

from __future__ import annotations

from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
from hypothesis import given, settings
from hypothesis import strategies as st
from told import Record, same

CASE = "wind, every input"
STEP = pd.Timedelta("15min")
INPUTS = ("power", "observed", "available_kw", "curtailed")

# steps from the newest label: mostly the next ones, also late, long late, and ahead of time
places = st.one_of(st.integers(1, 6), st.integers(-80, 12), st.integers(-1100, -80))
tellings = st.fixed_dictionaries(
    {
        "input": st.sampled_from(INPUTS),
        "places": st.lists(places, min_size=1, max_size=5, unique=True),
        "seed": st.integers(0, 5),  # few, so that the same values come again
        "missing": st.booleans(),
    }
)
runs = st.fixed_dictionaries({"run": st.integers(0, 90), "seed": st.integers(8, 10)})
moments = st.fixed_dictionaries({"ahead": st.integers(0, 30)})
operations = st.lists(st.one_of(tellings, tellings, tellings, runs, moments), min_size=4, max_size=14)


def table(told: dict[str, Any], newest: pd.Timestamp) -> Any:
    """Return the values of one telling: a function of input, label and seed, in the order they were drawn."""
    index = pd.DatetimeIndex([newest + place * STEP for place in told["places"]])
    width = 3 if told["input"] == "observed" else 1
    keys = np.array([(place * 7919 + told["seed"] * 104729) % 997 for place in told["places"]]) / 997.0
    values = {"power": 2000.0, "observed": 20.0, "available_kw": 2050.0, "curtailed": 1.4}[told["input"]] * np.stack(
        [(keys + i / width) % 1.0 for i in range(width)], axis=1
    )
    if told["missing"]:
        values[0] = np.nan
    if told["input"] == "observed":
        return pd.DataFrame(values, index=index, columns=["wind_speed", "wind_direction", "temp_air"])
    series = pd.Series(values[:, 0], index=index)
    return series.round() if told["input"] == "curtailed" else series


@settings(max_examples=25)
@given(operations)
def test_any_sequence_of_updates_gives_the_forecasts_of_the_whole_record(sequence: list[dict[str, Any]]) -> None:
    forecaster, data = cases.fitted(CASE, "ridge"), cases.case(CASE)
    newest = cases.split(CASE)
    live, record = forecaster.live(data.until(newest)), Record(data.until(newest))
    for operation in sequence:
        if "input" in operation:
            told = table(operation, newest)
            live.update(**{operation["input"]: told})
            record.tell(operation["input"], told)
        elif "run" in operation:
            run = plants.weather_runs(26, seed=operation["seed"]).isel(init_time=[operation["run"]])
            live.update(nwp={"runs": run})
            record.tell_run("runs", run)
        else:
            newest += operation["ahead"] * STEP
            assert same(live, forecaster, record.site_data(), newest)
    assert same(live, forecaster, record.site_data())


@settings(max_examples=10)
@given(st.lists(tellings, min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_different_labels_come_does_not_matter(tellings: list[dict[str, Any]], random: Any) -> None:
    forecaster, data, newest = cases.fitted(CASE, "ridge"), cases.case(CASE), cases.split(CASE)
    parts = {}
    for told in tellings:
        for place in told["places"]:
            parts[told["input"], place] = table({**told, "places": [place]}, newest)
    listed = list(parts.items())
    live, other = (forecaster.live(data.until(newest)) for _ in range(2))
    for (name, _), part in listed:
        live.update(**{name: part})
    random.shuffle(listed)
    for (name, _), part in listed:
        other.update(**{name: part})
    assert live.predict().equals(other.predict())
