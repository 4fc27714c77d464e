"""The convex reference and the simple models against their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plants
import pytest
from scipy.optimize import minimize_scalar

from forecast.errors import NotEnoughDataError
from forecast.models import Climatology, Persistence, Reference, SmartPersistence
from forecast.models.reference import clear_scale, usable


@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_the_weight_of_a_lead_has_the_least_squares_within_zero_and_one(kind: str) -> None:
    design = plants.small_design(kind)
    model = Reference().fit(design)
    good = usable(design) & (design.clear > 0)
    mean = design.actual[good].astype(float).sum() / design.clear[good].astype(float).sum()
    assert abs(model.mean_ - mean) < 1e-9
    for k in range(3):
        use = good[:, k] & np.isfinite(design.index)
        clear, index, actual = (a[use].astype(float) for a in (design.clear[:, k], design.index, design.actual[:, k]))

        def loss(w: float, clear=clear, index=index, actual=actual) -> float:  # type: ignore[no-untyped-def]
            return float(np.sum((clear * (w * index + (1 - w) * mean) - actual) ** 2))

        best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).x
        assert abs(model.weight_[k] - best) < 1e-5
        if kind == "wind":  # the plain solution, by numpy
            solution = np.linalg.lstsq((index - mean)[:, None], actual - mean, rcond=None)[0][0]
            assert abs(model.weight_[k] - np.clip(solution, 0, 1)) < 1e-6
    assert 0 < model.weight_[-1] < model.weight_[0] < 1  # persistence is worth less with every lead


@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_the_simple_models_are_their_definitions(kind: str) -> None:
    design = plants.small_design(kind)
    now, index = design.now[:, None].astype(float), design.index[:, None].astype(float)
    mean = Reference().fit(design).mean_
    share = np.where(np.isnan(index), mean, index)
    weight = Reference().fit(design).weight_.astype(float)
    wanted = {
        Persistence: np.where(np.isnan(now), design.clear * mean, now) * np.ones((1, 3)),
        SmartPersistence: design.clear * share,
        Reference: design.clear * (weight * share + (1 - weight) * mean),
    }
    for model, values in wanted.items():
        np.testing.assert_allclose(model().fit(design).point(design), values, rtol=1e-4, atol=1e-6)
    assert np.isnan(design.now).any()


def test_a_record_that_moves_against_itself_gets_no_weight_below_zero() -> None:
    design = plants.small_design("wind")
    upside_down = replace(design, index=1 - design.index)
    assert (Reference().fit(upside_down).weight_ == 0).all()


@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_climatology_is_a_weighted_mean_by_hour_and_distance_in_the_year(kind: str) -> None:
    design = plants.small_design(kind)
    model = Climatology().fit(design)
    good = usable(design) & (design.clear > 0)
    hour, month = np.floor(design.slot * 24), np.floor(design.season * 12)
    for row in (0, 7, 40, 111):
        for k in range(3):
            apart = np.abs(month - month[row, k])
            near = np.exp(-(np.minimum(apart, 12 - apart) ** 2) / 2) * (hour == hour[row, k]) * good
            if (near * design.clear).sum() < 1e-2 * good.sum() / 24:
                continue
            share = np.nansum(near * np.nan_to_num(design.actual)) / (near * design.clear).sum()
            np.testing.assert_allclose(model.point(design)[row, k], design.clear[row, k] * share, rtol=1e-3, atol=1e-6)


def test_what_errors_grow_with_is_positive() -> None:
    assert (clear_scale(plants.small_design("pv")) > 0).all()
    assert (clear_scale(plants.small_design("wind")) == 1).all()


def test_a_plant_that_never_produced_is_a_typed_error() -> None:
    design = plants.small_design("pv")
    with pytest.raises(NotEnoughDataError, match="never produced"):
        Reference().fit(replace(design, clear=np.zeros_like(design.clear)))
