"""Many boosters as one: bit-equal to scoring each alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecast.models.forest import Forest, SideBySide, _shortened, merge, trees_of
from forecast.models.layout import float32_below

WIDTH = 30


@cache
def rows(count: int = 500) -> np.ndarray:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, WIDTH)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x


@cache
def boosters() -> list[tuple[np.ndarray, Any]]:
    """Boosters on other columns, with other numbers of trees, one of them on nothing worth a split."""
    rng, out = np.random.default_rng(2), []
    params = {"verbose": -1, "num_leaves": 7, "min_data_in_leaf": 10, "num_threads": 1}
    for trees, features in ((12, 8), (5, 20), (9, 3)):
        columns = rng.choice(WIDTH, size=features, replace=False)
        x = rows()[:, columns]
        y = np.nan_to_num(x[:, 0]) * 0.3 + np.abs(np.nan_to_num(x[:, -1])) + 0.1 * rng.normal(size=len(x))
        out.append((columns, lightgbm.train(params, lightgbm.Dataset(x, y), trees)))
    flat = lightgbm.train(params, lightgbm.Dataset(rows()[:, :2], np.full(len(rows()), 0.37)), 4)
    return [*out, (np.array([0, 1]), flat)]


def alone(x: np.ndarray) -> np.ndarray:
    return np.stack([booster.predict(x[:, columns], raw_score=True) for columns, booster in boosters()], axis=1)


def merged() -> Forest:
    return Forest(merge([(columns, booster.model_to_string()) for columns, booster in boosters()], WIDTH))


def test_a_merged_forest_scores_bit_equally_to_its_boosters() -> None:
    scores = merged()(rows())
    assert scores.tobytes() == alone(rows()).tobytes()
    assert (merged().outputs, merged().width) == (4, WIDTH)


def test_rows_beside_every_threshold_score_bit_equally() -> None:
    texts = [float(t) for _, b in boosters() for line in b.model_to_string().splitlines()
             if line.startswith("threshold=") for t in line[10:].split()]  # fmt: skip
    beside = float32_below(np.array(texts))
    beside = np.concatenate([beside, np.nextafter(beside, np.float32(np.inf))])
    x = np.random.default_rng(5).choice(beside, size=(2000, WIDTH)).astype(np.float32)
    assert merged()(x).tobytes() == alone(x).tobytes()


@given(st.lists(st.floats(allow_nan=False) | st.floats(width=32, allow_nan=False), min_size=1))
@example([-3.402823364973241e38, 3.4028235677973366e38, 1e300, -1e300, 5e-324, -1e-46])
def test_a_threshold_in_fewer_digits_sends_every_float32_the_same_way(found: list[float]) -> None:
    with np.errstate(over="ignore"):
        near = np.array([np.nextafter(t, to) for t in found for to in (-np.inf, np.inf)]).astype(np.float32)
    x = np.concatenate([float32_below(np.array(found)), near, np.float32([0, np.inf, -np.inf])]).astype(float)
    for threshold, short in zip(found, _shortened([repr(t) for t in found]), strict=True):
        assert ((x <= threshold) == (x <= float(short))).all()
        assert len(short) <= max(len(repr(threshold)), 15)


@given(st.integers(0, 499), st.integers(1, 40))
def test_a_row_has_the_same_score_among_any_rows(start: int, count: int) -> None:
    forest, x = _forest(), rows()[start : start + count]
    assert forest(x).tobytes() == forest(rows())[start : start + count].tobytes()
    assert forest(x[:1]).tobytes() == forest(x)[:1].tobytes()


@cache
def _forest() -> Forest:
    return merged()


def test_forests_side_by_side_score_bit_equally() -> None:
    pairs = [(columns, booster.model_to_string()) for columns, booster in boosters()]
    one, two = Forest(merge(pairs[:1], WIDTH)), Forest(merge(pairs[1:], WIDTH))
    both = SideBySide([one, two])
    for start in range(0, 40, 2):
        assert both(rows()[start : start + 2]).tobytes() == alone(rows())[start : start + 2].tobytes()
    assert both(rows()).tobytes() == alone(rows()).tobytes()


def test_gains_go_to_the_columns_of_the_wide_row() -> None:
    wanted = np.zeros(WIDTH)
    for columns, booster in boosters():
        wanted[columns] += booster.feature_importance("gain")
    np.testing.assert_allclose(merged().gains(), wanted, rtol=1e-5)


def test_the_text_is_all_there_is() -> None:
    forest = merged()
    assert Forest(forest.text)(rows()).tobytes() == forest(rows()).tobytes()
    assert len(trees_of(forest.text)) == 4 * max(len(trees_of(b.model_to_string())) for _, b in boosters())


@pytest.mark.parametrize("count", [1, 2])
def test_a_single_output_is_a_column(count: int) -> None:
    columns, booster = boosters()[0]
    forest = Forest(merge([(columns, booster.model_to_string())], WIDTH))
    assert forest(rows()[:count]).shape == (count, 1)


def test_single_rows_through_trees_of_any_size_have_the_same_bits() -> None:
    x = rows()
    params = {"verbose": -1, "num_leaves": 120, "min_data_in_leaf": 1, "num_threads": 1}
    booster = lightgbm.train(params, lightgbm.Dataset(x, np.nan_to_num(x[:, 0] * x[:, 1])), 3)
    forest = Forest(merge([(np.arange(WIDTH), booster.model_to_string())], WIDTH))
    assert forest(x[:2]).tobytes() == booster.predict(x, raw_score=True)[:2].tobytes()
    assert forest(x[:0]).shape == (0, 1)
