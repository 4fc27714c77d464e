"""One object with two faces: all issue times at once and a single one, equal bit for bit."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import SiteData
from forecast.design import Design
from forecast.features.custom import View
from forecast.features.featureset import FeatureSet

MINUTE = 60 * 10**9


def jump(view: View) -> np.ndarray:
    return view.power() - view.power(lag=300)


@cache
def case(name: str) -> tuple[SiteData, FeatureSet]:
    near = plants.wind(seed=9, nwp=False, step="30min", site=plants.wind_site("near"), delay={"power": "20min"})
    made = {
        "wind": lambda: plants.wind(neighbours={"near": near}),
        "wind, hourly mast": lambda: plants.wind(observed_step="1h", delay={"power": "20min", "observed": "70min"}),
        "pv": lambda: plants.pv(days=46),
        "pv, no position": lambda: plants.pv(days=46, site=plants.pv_site(position=False), delay={"power": "5min"}),
        "pv, two days late": lambda: plants.pv(days=46, delay={"power": "49h"}),
        "minutes": lambda: plants.wind(days=14, step="1min", nwp_step="1h", delay={"power": "2min"}),
        "half days": lambda: plants.wind(days=60, step="12h", nwp=False, observed_step="12h"),
    }[name]()
    step = "12h" if name == "half days" else "15min"
    leads = (1, 2, 97) if name == "pv, no position" else (1, 2, 5)
    return made, plants.features_of(made, leads, step, own=[] if name == "half days" else [jump])


NAMES = ["wind", "wind, hourly mast", "pv", "pv, no position", "pv, two days late", "minutes", "half days"]


@cache
def batch(name: str) -> tuple[Design, np.ndarray]:
    """Return the features of many issue times at once, and these."""
    data, features = case(name)
    own = features.spec.power_step_ns
    end, days = int(data.times("power")[-1]), {"half days": 20, "minutes": 2}.get(name, 4)
    issue_ns = np.arange(end - days * 24 * 60 * MINUTE, end + 1, own if name != "minutes" else 7 * own)
    return features.design(data, issue_ns), issue_ns


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(0, 4000))
def test_a_single_row_equals_the_batchs_with_more_or_less_history_attached(name: str, row: int, more: int) -> None:
    data, features = case(name)
    whole, issue_ns = batch(name)
    i = row % len(issue_ns)
    at = pd.Timestamp(issue_ns[i], tz="UTC")
    late = pd.Timedelta(max(data.delays.values()), unit="ns")
    begin = at - pd.Timedelta(features.spec.history_needed_ns, unit="ns") - late - more * pd.Timedelta("10min")
    for attached in (
        data.between(begin, at + pd.Timedelta("2D")),
        data.between(begin, at + pd.Timedelta("2D")).until(at),
    ):
        single = features.design(attached, issue_ns[i : i + 1])
        assert plants.same_bits(single, whole.take(slice(i, i + 1))) == []


@pytest.mark.parametrize("name", NAMES)
def test_any_selection_of_issue_times_gives_the_same_rows(name: str) -> None:
    data, features = case(name)
    whole, issue_ns = batch(name)
    rows = np.sort(np.random.default_rng(5).choice(len(issue_ns), size=9, replace=False))
    assert plants.same_bits(features.design(data, issue_ns[rows]), whole.take(rows)) == []


@pytest.mark.parametrize("name", NAMES)
def test_features_have_names_units_groups_and_are_not_from_the_future(name: str) -> None:
    data, features = case(name)
    design, _ = batch(name)
    columns = (*design.common_columns, *design.lead_columns)
    names = [column.name for column in columns]
    assert len(set(names)) == len(names) == len(design.names)
    assert all(column.unit and column.group for column in columns)
    assert all(column.known_ns is None or column.known_ns <= 0 for column in columns)
    assert design.common.dtype == design.lead.dtype == np.float32
    assert design.matrix(1).shape == (len(design), len(names))


def test_another_order_of_columns_gives_the_same_bits() -> None:
    data, features = case("wind")
    assert data.observed is not None
    frame = data.nwp["nwp"]
    turned = plants.rebuilt(
        data,
        observed=data.observed.iloc[:, ::-1].assign(extra=1.0),
        nwp=frame.iloc[:, ::-1],  # type: ignore[union-attr]
    )
    _, issue_ns = batch("wind")
    assert plants.same_bits(features.design(turned, issue_ns), batch("wind")[0]) == []


def test_a_feature_set_survives_its_parts() -> None:
    data, features = case("wind")
    assert features.curves
    values, arrays = features.to_parts()
    back = FeatureSet.from_parts(json.loads(json.dumps(values)), arrays, features.own)
    _, issue_ns = batch("wind")
    assert plants.same_bits(back.design(data, issue_ns[:5]), features.design(data, issue_ns[:5])) == []


def test_what_is_learned_from_leaves_out_what_was_limited() -> None:
    data, features = case("wind")
    _, issue_ns = batch("wind")
    assert data.power is not None
    hit = data.power.index[-30]
    limited = plants.rebuilt(data, curtailed=pd.Series(data.power.index == hit, index=data.power.index))
    before, after = features.design(data, issue_ns), features.design(limited, issue_ns)
    lost = np.isfinite(before.actual) & np.isnan(after.actual)
    places = issue_ns[:, None] + np.array([1, 2, 5]) * 15 * MINUTE == int(hit.as_unit("ns").value)
    assert (lost == (places & np.isfinite(before.actual))).all() and lost.any()
    assert plants.same_bits(before, after) == []
