"""Rows are put into bins once: whoever is trained on them again grows the trees it grows alone."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import plants
import pytest

from forecast.design import Design
from forecast.models import Boosted, binned, boosted
from forecast.models.honest import halves, other_half

PARAMS: dict[str, Any] = {
    "objective": "quantile", "alpha": 0.7, "num_leaves": 9, "min_data_in_leaf": 30, "max_bin": 63, "seed": 5,
    "feature_fraction": 0.4, **boosted._ALWAYS,
}  # fmt: skip


def fresh() -> Design:
    return plants.small_design("wind").take(slice(None))


def alone(x: np.ndarray, y: np.ndarray) -> str:
    return str(lightgbm.train(PARAMS, lightgbm.Dataset(x, y, params=PARAMS), 7).model_to_string())


def of_kept(design: Design, k: int, rows: np.ndarray, y: np.ndarray) -> str:
    return str(lightgbm.train(PARAMS, binned.binned(design, k, rows, y, PARAMS), 7).model_to_string())


def test_the_trees_are_those_of_rows_put_into_bins_alone_whatever_was_trained_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    construct = lightgbm.Dataset.construct

    def counted(self: lightgbm.Dataset) -> lightgbm.Dataset:
        made.extend([1] * (self._handle is None))
        return construct(self)

    monkeypatch.setattr(lightgbm.Dataset, "construct", counted)
    design = fresh()
    rng = np.random.default_rng(3)
    some, others = (rng.random(len(design)) < 0.8 for _ in range(2))
    wanted = []
    for rows, times in ((some, 3), (others, 1), (some, 1)):
        for _ in range(times):
            y = np.nan_to_num(design.actual[rows, 1]) + rng.normal(size=rows.sum()).astype(np.float32)
            wanted.append((of_kept(design, 1, rows, y), alone(design.matrix(1, rows), y)))
    assert all(found == plain for found, plain in wanted) and len({found for found, _ in wanted}) == 5
    assert len(made) == 3 + 5  # the last rows are kept; those that are trained alone make theirs


def test_leads_and_what_decides_the_bins_have_datasets_of_their_own() -> None:
    design = fresh()
    rows = np.ones(len(design), dtype=bool)
    y = np.nan_to_num(design.actual[:, 0])
    first = binned.binned(design, 0, rows, y, PARAMS)
    assert binned.binned(design, 0, rows, y, PARAMS | {"alpha": 0.1, "learning_rate": 0.5}) is first
    for k, changes in ((1, {}), (0, {"max_bin": 15}), (0, {"min_data_in_leaf": 50})):
        assert binned.binned(design, k, rows, y, PARAMS | changes) is not first


@pytest.mark.parametrize("most", ["MOST_BYTES", "MOST_ROWS"])
def test_what_is_too_large_to_keep_is_made_anew(monkeypatch: pytest.MonkeyPatch, most: str) -> None:
    monkeypatch.setattr(binned, most, 100)
    design = fresh()
    binned.binned(design, 0, np.ones(len(design), dtype=bool), np.nan_to_num(design.actual[:, 0]), PARAMS)
    assert not design.kept


def test_a_model_trained_on_kept_bins_is_the_one_trained_in_parallel_on_its_own() -> None:
    design = fresh()
    model, how = Boosted(trees=5, leaves=6), ((1, 1), (2, 1), (2, 2))
    texts = [model.fit(design, random_state=seed, n_jobs=jobs).forest_.text for seed, jobs in how]
    assert texts[1] == texts[2] != texts[0]


def test_the_half_to_learn_from_is_made_once_and_nothing_kept_goes_along() -> None:
    design = fresh()
    half = other_half(design)
    assert other_half(design) is half and half.issue_ns.tolist() == design.issue_ns[halves(design)[0]].tolist()
    assert design.kept and not half.kept and not design.take(slice(0, 9)).kept
