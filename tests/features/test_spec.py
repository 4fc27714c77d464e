"""The spec: what a forecaster expects of its inputs, and what it says when that is not there."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import plants
import pytest

from forecast import SiteData
from forecast.errors import ColumnError, NotEnoughDataError, StepError
from forecast.features.spec import Spec, Table, check_columns, read_spec

MINUTE = 60 * 10**9
LEADS = (1, 2, 3)


def test_a_spec_reads_steps_columns_and_place_of_the_labels() -> None:
    data = plants.wind(observed_step="30min", neighbours={"near": plants.wind(step="1h", nwp=False)})
    assert data.power is not None
    data = plants.rebuilt(data, power=data.power.set_axis(data.power.index + pd.Timedelta("7min")))
    spec = read_spec(data, 30 * MINUTE, LEADS)
    assert (spec.kind, spec.step_ns, spec.power_step_ns, spec.phase_ns) == (
        "wind",
        30 * MINUTE,
        15 * MINUTE,
        7 * MINUTE,
    )
    assert spec.observed == Table(("wind_speed", "wind_direction", "temp_air"), 30 * MINUTE)
    assert spec.weather == {"nwp": Table(("wind_speed_100m", "wind_direction_100m"), 60 * MINUTE)}
    assert spec.neighbours == {"near": 60 * MINUTE}
    assert (spec.ratio, spec.per_day, spec.has_position, spec.season) == (2, 48, True, False)


def test_a_spec_survives_json() -> None:
    spec = read_spec(plants.wind(neighbours={"near": plants.wind(nwp=False)}), 15 * MINUTE, LEADS)
    assert Spec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_more_columns_and_another_order_are_fine() -> None:
    data = plants.wind()
    spec = read_spec(data, 15 * MINUTE, LEADS)
    assert data.observed is not None
    more = data.observed.assign(humidity=50.0)[["humidity", "temp_air", "wind_direction", "wind_speed"]]
    check_columns(plants.rebuilt(data, observed=more), spec)


@pytest.mark.parametrize("what", ["observed", "nwp"])
def test_missing_or_renamed_columns_are_an_error_that_names_them(what: str) -> None:
    data = plants.wind()
    spec = read_spec(data, 15 * MINUTE, LEADS)
    table = data.observed if what == "observed" else data.nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    name = table.columns[0]
    for changed in (table.drop(columns=name), table.rename(columns={name: name.upper()})):
        with pytest.raises(ColumnError, match=f"{what}: columns {name} were there in training and are missing now"):
            check_columns(plants.rebuilt(data, **{what: changed}), spec)


def test_a_whole_input_that_is_gone_is_no_error() -> None:
    data = plants.wind()
    check_columns(plants.rebuilt(data, observed=None, nwp=None), read_spec(data, 15 * MINUTE, LEADS))


def test_a_step_that_is_no_multiple_and_a_record_of_nothing_are_typed_errors() -> None:
    data = plants.wind()
    with pytest.raises(StepError, match="20min is not a whole multiple of the power's own step 15min"):
        read_spec(data, 20 * MINUTE, LEADS)
    assert data.power is not None
    with pytest.raises(NotEnoughDataError, match="9 values of power"):
        read_spec(SiteData(data.site, data.power.iloc[:9]), 15 * MINUTE, LEADS)
    with pytest.raises(NotEnoughDataError, match="no power"):
        read_spec(SiteData(data.site), 15 * MINUTE, LEADS)


@pytest.mark.parametrize("step", [1, 15, 60, 12 * 60, 24 * 60])
@pytest.mark.parametrize("hours", [1, 24, 48])
def test_the_history_needed_covers_the_lookback_and_the_longest_lag(step: int, hours: int) -> None:
    leads = tuple(range(1, max(hours * 60 // step, 1) + 1))
    spec = replace(read_spec(plants.wind(), 15 * MINUTE, LEADS), step_ns=step * MINUTE, leads=leads)
    assert spec.history_needed_ns > spec.lookback_ns >= 24 * spec.step_ns
    assert spec.lookback_ns >= 8 * 24 * 60 * MINUTE + leads[-1] * spec.step_ns


def test_a_frozen_spec_is_a_value() -> None:
    spec = read_spec(plants.wind(), 15 * MINUTE, LEADS)
    assert spec == read_spec(plants.wind(), 15 * MINUTE, LEADS)
    assert np.dtype(type(spec.step_ns)) == np.int64
