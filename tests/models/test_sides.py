"""The boosters of the middle and of both sides, and what the spread makes of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import plants

from forecast.design import Design
from forecast.models import Reference
from forecast.models.boosted import score
from forecast.models.honest import honest_points
from forecast.models.reference import usable
from forecast.models.sides import LEVELS, Sides
from forecast.models.uncertainty import OF_SIDES, SMALLEST, Uncertainty


@cache
def fitted() -> tuple[Design, Sides]:
    design = plants.small_design("wind")
    return design, Sides.fit(design, 3, 1)


def test_each_side_has_its_share_of_the_training_rows_below_it() -> None:
    design, sides = fitted()
    made, good = sides(score(sides.forest, design), design), usable(design)
    assert made.shape == (*design.actual.shape, 3) and (np.diff(made, axis=-1) >= 0).all()
    for i, level in enumerate(LEVELS):
        assert abs(float((design.actual < made[..., i])[good].mean()) - level) < 0.06


def test_sides_are_the_same_bits_from_two_fits_and_row_by_row() -> None:
    design, sides = fitted()
    made = sides(score(sides.forest, design), design)
    again = Sides.fit(design, 3, 2)
    assert again.forest.text == sides.forest.text
    one = design.take(slice(7, 8))
    assert sides(score(sides.forest, one), one).tobytes() == made[7:8].tobytes()


def test_the_spread_is_the_weighed_mean_of_the_boosters_sides_and_of_one_size() -> None:
    design, _ = fitted()
    model = Reference().fit(design)
    point = model.point(design)
    uncertainty = Uncertainty.fit(design, honest_points(model, design, 0, 1), True, 3, 1)
    assert uncertainty.boosters is not None and uncertainty.boosters.sides is not None
    sides = uncertainty.boosters.sides
    low, middle, high = np.moveaxis(sides(score(sides.forest, design), design).astype(float), -1, 0)
    size = np.maximum(score(uncertainty.boosters.size, design), SMALLEST).astype(float)
    w = float(OF_SIDES)
    wanted = [
        w * (middle - point),
        np.maximum(w * (high - middle) + (1 - w) * 1.6 * size, SMALLEST),
        np.maximum(w * (middle - low) + (1 - w) * 1.6 * size, SMALLEST),
    ]
    np.testing.assert_allclose(uncertainty.spread(design, point), np.stack(wanted, axis=-1), rtol=1e-4, atol=1e-6)


def test_quantiles_above_the_middle_follow_the_upward_size_and_those_below_it_the_downward() -> None:
    design, _ = fitted()
    model = Reference().fit(design)
    point = model.point(design)
    uncertainty = Uncertainty.fit(design, honest_points(model, design, 0, 1), True, 3, 1)
    spread = np.tile(np.array([0.02, 0.1, 0.1], np.float32), (*point.shape, 1))
    wider = np.tile(np.array([0.02, 0.2, 0.2], np.float32), (*point.shape, 1))
    levels = np.array([0.05, 0.95])
    made = uncertainty.curves(point, spread, levels) - (point + np.float32(0.02))[..., None]
    twice = uncertainty.curves(point, wider, levels) - (point + np.float32(0.02))[..., None]
    np.testing.assert_allclose(twice, 2 * made, rtol=1e-3, atol=1e-5)
    higher = np.tile(np.array([0.05, 0.1, 0.1], np.float32), (*point.shape, 1))
    moved = uncertainty.curves(point, higher, levels) - uncertainty.curves(point, spread, levels)
    np.testing.assert_allclose(moved, 0.03, atol=1e-6)
