"""Rows are put into bins once for all leads and boosters; where all rows count, the trees are those grown alone."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import lightgbm
import numpy as np
import plants
import pytest

from forecast.design import Design
from forecast.models import Boosted, boosted
from forecast.models.binned import binned
from forecast.models.forest import trees_of
from forecast.models.honest import halves, other_half

PARAMS: dict[str, Any] = {
    "objective": "quantile", "alpha": 0.7, "num_leaves": 9, "min_data_in_leaf": 30, "max_bin": 63, "seed": 5,
    "feature_fraction": 0.4, **boosted._ALWAYS,
}  # fmt: skip


def fresh() -> Design:
    return plants.small_design("wind").take(slice(None))


def targets(design: Design, rows: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(3).normal(size=rows.sum()).astype(np.float32)
    return np.asarray(np.nan_to_num(design.actual[rows, 1]) + noise)


def grown(data: Any) -> list[str]:
    return trees_of(lightgbm.train(PARAMS, data, 7).model_to_string())


def alone(design: Design, k: int, rows: np.ndarray) -> list[str]:
    return grown(lightgbm.Dataset(design.matrix(k, rows), targets(design, rows), params=PARAMS))


@pytest.mark.parametrize("lacking", ["nothing", "common", "lead"])
def test_where_all_rows_count_the_trees_are_those_of_a_dataset_of_their_own(lacking: str) -> None:
    design = fresh()
    if lacking == "common":
        design = replace(design, common=design.common[:, :0], common_columns=())
    if lacking == "lead":
        design = replace(design, lead=design.lead[..., :0], lead_columns=())
    rows = np.ones(len(design), dtype=bool)
    for k in (1, 0):
        assert grown(binned(design, k, rows, targets(design, rows), PARAMS)) == alone(design, k, rows)


@pytest.mark.parametrize("way", ["force_col_wise", "force_row_wise"])
@pytest.mark.parametrize("seed", range(4))
def test_columns_that_are_zero_at_night_are_those_of_a_dataset_with_the_same_bins(way: str, seed: int) -> None:
    rng, n = np.random.default_rng(seed), 4000
    night = rng.random(n) < 0.65
    dark = night[:, None] | (rng.random((n, 6)) < 0.1)
    values = np.where(dark, 0.0, rng.gamma(2.0, 3.0, (n, 6))).astype(np.float32)
    values[rng.random(values.shape) < 0.01] = np.nan
    lead = np.zeros((n, 1, 0), dtype=np.float32)
    design = SimpleNamespace(common=values, lead=lead, kept={})
    rows = ~night | (rng.random(n) < 0.3)
    target = (np.nan_to_num(values).sum(axis=1) + rng.normal(size=n))[rows]
    params = PARAMS | {"objective": "regression", "feature_fraction": 1.0, way: True}
    found = trees_of(lightgbm.train(params, binned(design, 0, rows, target, params), 15).model_to_string())  # type: ignore[arg-type]
    bins = lightgbm.Dataset(values, params=params)
    own = lightgbm.Dataset(values[rows].copy(), target, reference=bins, params=params)
    assert found == trees_of(lightgbm.train(params, own, 15).model_to_string())


def test_bundles_are_refused() -> None:
    design = fresh()
    rows = np.ones(len(design), dtype=bool)
    silent = {name: value for name, value in PARAMS.items() if name != "enable_bundle"}  # LightGBM bundles by default
    for params in (PARAMS | {"enable_bundle": True}, silent):
        with pytest.raises(AssertionError, match="bundles cannot be cut to some rows"):
            binned(design, 0, rows, targets(design, rows), params)


def test_bins_of_what_leads_share_are_made_once_and_only_rows_that_count_teach() -> None:
    design = fresh()
    some = np.random.default_rng(3).random(len(design)) < 0.8
    first = binned(design, 1, some, targets(design, some), PARAMS)
    (kept,) = design.kept.values()
    assert first.num_data() == some.sum() < kept.num_data() == len(design)
    assert kept.num_feature() == design.common.shape[1] == first.num_feature() - design.lead.shape[2]
    before = grown(first)
    other = PARAMS | {"objective": "regression", "learning_rate": 0.5}
    lightgbm.train(other, binned(design, 0, ~some, targets(design, ~some), other), 3)
    assert list(design.kept.values()) == [kept] and kept.num_feature() == design.common.shape[1]
    assert grown(binned(design, 1, some, targets(design, some), PARAMS)) == before


@pytest.mark.parametrize("changes", [{"max_bin": 15}, {"min_data_in_leaf": 50}, {"data_random_seed": 2}])
def test_what_decides_the_bins_has_bins_of_its_own(changes: dict[str, Any]) -> None:
    design = fresh()
    rows = np.ones(len(design), dtype=bool)
    for params in (PARAMS, PARAMS | changes, PARAMS | changes):
        binned(design, 0, rows, targets(design, rows), params)
    assert len(design.kept) == 2


def test_leads_trained_at_the_same_time_are_those_trained_in_turn_and_warnings_are_left_as_they_were() -> None:
    design, filters = fresh(), list(warnings.filters)
    model, how = Boosted(trees=5, leaves=6), ((1, 1), (2, 1), (2, 2))
    texts = [model.fit(design, random_state=seed, n_jobs=jobs).forest_.text for seed, jobs in how]
    assert texts[1] == texts[2] != texts[0]
    assert warnings.filters == filters


def test_the_half_to_learn_from_is_made_once_and_nothing_kept_goes_along() -> None:
    design = fresh()
    half = other_half(design)
    assert other_half(design) is half and half.issue_ns.tolist() == design.issue_ns[halves(design)[0]].tolist()
    assert design.kept and not half.kept and not design.take(slice(0, 9)).kept
