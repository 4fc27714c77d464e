"""The physical model's corrections against plain least squares, and what it does without this or that."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import plants
import pytest

from forecast.design import Design, stack
from forecast.errors import ColumnError
from forecast.features.featureset import fit_physics
from forecast.features.spec import read_spec
from forecast.models import Physical, by_name, can_be_saved
from forecast.models.physical import PRIOR_DAYS, reads_physics
from forecast.timegrid import NS_PER_DAY


@cache
def design(kind: str) -> Design:
    data = plants.pv(observed=False) if kind == "pv" else plants.wind()
    times = data.times("power")[200::5]
    (features,) = fit_physics([data], [read_spec(data, 900 * 10**9, (1, 4, 16))], [times], ())
    return stack([features.design(data, times)])


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_corrections_are_least_squares_drawn_to_none(kind: str) -> None:
    d = design(kind)
    model, named = Physical().fit(d), plants.by_name(d)
    days = (d.issue_ns[-1] - d.issue_ns[0]) / NS_PER_DAY
    error, mean = named["physical_error"].astype(float), named["physical_error_mean"].astype(float)
    error = np.where(np.isnan(error), mean, error)
    for k in range(3):
        p, c = named["physical_power"][:, k].astype(float), d.clear[:, k].astype(float)
        X = np.stack([p, c, c * error, c * mean], axis=1)
        rows = np.isfinite(X).all(axis=1) & np.isfinite(d.actual[:, k]) & d.up[:, k]
        # ridge as plain least squares with a row more a weight
        X, y = X[rows], (d.actual[:, k] - p)[rows]
        more = np.diag(np.sqrt((X**2).sum(axis=0) * np.array(PRIOR_DAYS) / days))
        wanted = np.linalg.lstsq(np.r_[X, more], np.r_[y, np.zeros(4)], rcond=None)[0]
        np.testing.assert_allclose(model.late_[k], wanted, atol=2e-3)
        made = (p[:, None] + np.stack([p, c, c * error, c * mean], axis=1) @ wanted[:, None])[:, 0]
        informed = np.isfinite(made)
        np.testing.assert_allclose(model.point(d)[informed, k], made[informed], atol=5e-3)


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_every_row_has_a_finite_forecast_whatever_is_missing(kind: str) -> None:
    d = design(kind)
    nothing = np.full_like(d.common, np.nan), np.full_like(d.lead, np.nan)
    blank = replace(d, actual=np.full_like(d.actual, np.nan))
    for model in (Physical().fit(d), Physical().fit(blank)):
        for some in (d, replace(d, common=nothing[0]), replace(d, common=nothing[0], lead=nothing[1])):
            assert np.isfinite(model.point(some)).all()
    cold = Physical().fit(blank)
    there = np.isfinite(plants.by_name(d)["physical_power"])
    np.testing.assert_array_equal(cold.point(d)[there], plants.by_name(d)["physical_power"][there])


def test_a_row_alone_is_the_row_among_many_and_parts_come_back() -> None:
    d = design("pv")
    model = Physical().fit(d)
    back = by_name("physical").from_parts(*model.to_parts())
    assert can_be_saved(model) and reads_physics(model) and back.point(d).tobytes() == model.point(d).tobytes()
    for i in (0, 17, len(d) - 1):
        assert model.point(d.take(slice(i, i + 1))).tobytes() == model.point(d)[i : i + 1].tobytes()


def test_a_design_without_physics_is_refused() -> None:
    with pytest.raises(ColumnError, match="physical_power"):
        Physical().fit(plants.small_design("wind"))
