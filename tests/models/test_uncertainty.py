"""Uncertainty: learned from rows that a model did not see, positive, the same bits everywhere."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import plants
import pytest

from forecast.design import Design
from forecast.models import Ridge
from forecast.models.honest import honest_points
from forecast.models.reference import Reference, usable
from forecast.models.uncertainty import SMALLEST, Uncertainty

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
DAY = 86_400 * 10**9


@cache
def fitted(kind: str, learned: bool) -> tuple[Design, np.ndarray, Uncertainty]:
    design = plants.small_design(kind)
    model = (Ridge() if learned else Reference()).fit(design)
    honest = honest_points(model, design, 0, 1)
    return design, model.point(design), Uncertainty.fit(design, honest, learned, 0, 1)


@pytest.mark.parametrize("days", [9, 20, 44])
def test_honest_forecasts_come_from_a_model_that_did_not_see_the_row(days: int) -> None:
    design = plants.small_design("pv")
    design = design.take(design.issue_ns < design.issue_ns[0] + days * DAY)
    honest = honest_points(Ridge().fit(design), design, 0, 1)
    asked = np.isfinite(honest).all(axis=1)
    assert 0.2 < asked.mean() < 0.8
    # whatever happened in the rows that were asked, the forecasts of them stay the same
    actual = design.actual.copy()
    actual[asked] = np.random.default_rng(1).random(actual[asked].shape)
    again = honest_points(Ridge().fit(design), replace(design, actual=actual), 0, 1)
    assert again.tobytes() == honest.tobytes()


def test_a_model_that_does_not_learn_from_single_rows_is_asked_as_it_is() -> None:
    design = plants.small_design("wind")
    model = Reference().fit(design)
    assert honest_points(model, design, 0, 1).tobytes() == model.point(design).tobytes()


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_sizes_are_positive_and_quantiles_rise(kind: str, learned: bool) -> None:
    design, point, spread = fitted(kind, learned)
    middle, up, down = np.moveaxis(spread.spread(design, point), -1, 0)
    assert np.isfinite(middle).all() and (up >= SMALLEST).all() and (down >= SMALLEST).all()
    assert learned == bool((up != down).any())
    quantiles = spread.quantiles(design, point, LEVELS)
    assert quantiles.shape == (*point.shape, 5) and np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= -1e-6).all()


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_nine_of_ten_actuals_fall_between_the_fifth_and_the_ninety_fifth(kind: str, learned: bool) -> None:
    design, point, spread = fitted(kind, learned)
    quantiles = spread.quantiles(design, point, LEVELS)
    good = usable(design)
    inside = (quantiles[..., 0] <= design.actual) & (design.actual <= quantiles[..., -1])
    assert 0.8 < inside[good].mean() < 0.99


@pytest.mark.parametrize("learned", [True, False])
def test_uncertainty_comes_back_bit_equal_from_its_parts_and_row_by_row(learned: bool) -> None:
    design, point, spread = fitted("pv", learned)
    whole = spread.quantiles(design, point, LEVELS)
    assert Uncertainty.from_parts(*spread.to_parts()).quantiles(design, point, LEVELS).tobytes() == whole.tobytes()
    for i in (0, 99):
        row = slice(i, i + 1)
        assert spread.quantiles(design.take(row), point[row], LEVELS).tobytes() == whole[row].tobytes()
