"""Minutes and their block agree: the mean is the block's, bounds and order stay, what is wrong is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import forecast as fc
from forecast.agreement import agree
from forecast.errors import InputTypeError, TimeError

LEVELS = (0.1, 0.5, 0.9)


def minutes_plant(days: int = 6) -> fc.SiteData:
    """A wind site with a value a minute that wanders between 0 and 900 kW."""
    index = pd.date_range("2025-03-01", periods=days * 1440, freq="1min", tz="UTC")
    walk = np.cumsum(np.random.default_rng(7).normal(0, 9, len(index)))
    power = 450 + 440 * np.sin(walk / 300)
    return fc.SiteData(fc.WindSite("minutes", 1000.0), pd.Series(power, index))


@pytest.fixture(scope="module")
def pair() -> tuple[fc.SiteData, pd.DataFrame, pd.DataFrame]:
    data = minutes_plant()
    fine = fc.Forecaster(model="reference", horizon="15min", step="1min", quantiles=LEVELS).fit(data)
    block = fc.Forecaster(model="reference", horizon="15min", step="15min", quantiles=LEVELS).fit(data)
    at = data.newest - pd.Timedelta("37min")
    return data, fine.predict(data, at), block.predict(data, at)


def test_the_minutes_mean_is_the_blocks_point(pair) -> None:
    data, fine, block = pair
    out = fc.reconcile(fine, block, data)
    assert out["power"].mean() == pytest.approx(block["power"].iloc[0], rel=1e-9)
    assert out["potential"].mean() == pytest.approx(block["potential"].iloc[0], rel=1e-9)
    assert abs(fine["power"].mean() - block["power"].iloc[0]) > 1e-3  # else there was nothing to do
    pd.testing.assert_index_equal(out.index, fine.index)
    assert (out["level"] == fine["level"]).all()


def test_order_and_bounds_stay(pair) -> None:
    data, fine, block = pair
    for factor in (0.0, 0.4, 1.7, 2.5):
        wanted = block.assign(power=np.minimum(block["power"] * factor, 1000), potential=block["potential"])
        out = fc.reconcile(fine, wanted, data)[["q10", "q50", "q90"]].to_numpy()
        assert (np.diff(out, axis=1) >= -1e-9).all()
        assert (out >= 0).all() and (out <= 1000 + 1e-9).all()


def test_a_plan_bounds_the_minutes_of_a_raised_block(pair) -> None:
    data, fine, block = pair
    issue = pd.Timestamp(fine.attrs["issue_time"])
    plan = pd.DataFrame(
        {"start": [issue], "end": [issue + pd.Timedelta("5min")], "available_kw": [np.nan], "limit_kw": [120.0],
         "known_at": [issue]}
    )  # fmt: skip
    limited = fc.SiteData(data.site, data.power, plan=plan)
    low = fine.assign(power=np.minimum(fine["power"], 100.0))
    out = fc.reconcile(low, block.assign(power=300.0), limited)
    assert (out["power"].iloc[:5] <= 120 + 1e-9).all()
    assert out["power"].mean() == pytest.approx(300.0)


def test_steps_beyond_the_block_are_left_alone(pair) -> None:
    data, _, block = pair
    at = pd.Timestamp(block.attrs["issue_time"])
    longer = fc.Forecaster(model="reference", horizon="20min", step="1min", quantiles=LEVELS).fit(data)
    fine = longer.predict(data, at)
    out = fc.reconcile(fine, block, data)
    assert out["power"].iloc[:15].mean() == pytest.approx(block["power"].iloc[0])
    pd.testing.assert_frame_equal(out.iloc[15:], fine.iloc[15:])


def test_two_moments_and_other_frames_are_refused(pair) -> None:
    data, fine, block = pair
    other = block.copy()
    other.attrs = block.attrs | {"issue_time": "2025-03-02T00:00:00+00:00"}
    with pytest.raises(TimeError, match="same moment"):
        fc.reconcile(fine, other, data)
    with pytest.raises(InputTypeError, match="no frame of Forecaster.predict"):
        fc.reconcile(fine[["power"]], block, data)
    with pytest.raises(TimeError, match="wholly covered"):
        fc.reconcile(fine.iloc[:9], block, data)
    with pytest.raises(TimeError, match="do not fill a block"):
        fc.reconcile(block, fine, data)


unit = st.floats(0, 1, width=32)


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, (3, 6), elements=unit), arrays(np.float64, 6, elements=unit), unit)
def test_the_mean_is_met_wherever_the_bounds_allow_it(curves, room, mean) -> None:
    fine = np.sort(curves, axis=0)[[1, 0, 2]]  # a point between two quantiles
    ceiling = np.maximum(room, fine.max(axis=0))
    moved = agree(fine, mean, ceiling)
    assert moved[0].mean() == pytest.approx(min(mean, ceiling.mean()), abs=1e-9)
    assert (moved >= -1e-12).all() and (moved <= ceiling + 1e-9).all()
    assert (moved[1] <= moved[0] + 1e-9).all() and (moved[0] <= moved[2] + 1e-9).all()
