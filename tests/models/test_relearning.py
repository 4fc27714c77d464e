"""Leaves that learn on: against a slow walk of LightGBM's own tables, against its refit, and what must not move."""

from __future__ import annotations

from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest

from forecast.models import relearning
from forecast.models.forest import Forest, merge
from forecast.models.relearning import NEW, relearned
from forecast.models.treetext import leaf_weights

WIDTH, RATE, L2 = 12, 0.1, 3.0
COLUMNS = (np.arange(0, 7), np.arange(4, 12), np.array([1, 2]))


@cache
def rows(count: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with gaps and the targets of three outputs; the last one is nothing that could be learned."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, WIDTH)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    first, second = np.nan_to_num(x[:, 0]) + 0.4, np.abs(np.nan_to_num(x[:, 9]))
    y = np.stack([first, second, np.full(count, 0.3)], axis=1) + 0.1 * rng.normal(size=(count, 3)) * [1, 1, 0]
    return x, y


@cache
def boosters() -> list[Any]:
    params = {
        "verbose": -1, "num_leaves": 6, "min_data_in_leaf": 15, "num_threads": 1, "learning_rate": RATE, "lambda_l2": L2
    }  # fmt: skip
    x, y = rows()
    return [
        lightgbm.train(params, lightgbm.Dataset(x[:, columns], y[:, i]), trees)
        for i, (columns, trees) in enumerate(zip(COLUMNS, (9, 5, 4), strict=True))
    ]


def forest() -> Forest:
    return Forest(
        merge([(columns, b.model_to_string()) for columns, b in zip(COLUMNS, boosters(), strict=True)], WIDTH)
    )


def learned() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return new rows, their targets, drifted, and which of them are new; what is not new is not known."""
    x, y = rows(60, seed=5)
    new = np.random.default_rng(6).random(y.shape) < 0.7
    return x, np.where(new, 0.7 * y + 0.2, np.nan), new


def slow_walk(booster: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the scores of rows after a booster has learned from them, by loops over LightGBM's table of nodes."""
    table = booster.trees_to_dataframe().set_index("node_index")
    leaf = booster.predict(x, pred_leaf=True).reshape(len(x), -1)
    names = [[f"{t}-L{leaf[i, t]}" for t in range(leaf.shape[1])] for i in range(len(x))]
    value = {name: float(table.loc[name, "value"]) for row in names for name in row}
    weight = {name: float(table.loc[name, "weight"]) for name in value}
    for t in range(leaf.shape[1]):
        wrong = [y[i] - sum(value[name] for name in names[i]) for i in range(len(x))]
        for name in {row[t] for row in names}:
            mine = [wrong[i] for i in range(len(x)) if names[i][t] == name]
            value[name] += RATE * NEW * sum(mine) / (weight[name] + L2 + NEW * len(mine))
    return np.array([sum(value[name] for name in row) for row in names])


def test_leaves_move_as_a_slow_walk_over_lightgbms_own_table_says() -> None:
    x, y, new = learned()
    scores = relearned(forest(), x, y, new, RATE, L2)(x)
    for i in (0, 1):
        mine = new[:, i]
        wanted = slow_walk(boosters()[i], x[mine][:, COLUMNS[i]], y[mine, i])
        np.testing.assert_allclose(scores[mine, i], wanted, rtol=1e-12)
    assert scores[:, 2].tobytes() == forest()(x)[:, 2].tobytes()  # trees of one leaf learned no rows


def test_one_tree_at_full_rate_learns_new_rows_as_lightgbm_refits_it_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relearning, "NEW", 1.0)
    x, y = (np.nan_to_num(part) for part in rows())
    more_x, more_y = (np.nan_to_num(part) for part in rows(150, seed=8))
    params = {"verbose": -1, "num_leaves": 8, "learning_rate": 1.0, "lambda_l2": L2, "boost_from_average": False}
    tree = lightgbm.train(params, lightgbm.Dataset(x, y[:, 0]), 1)
    again = tree.refit(np.concatenate([x, more_x]), np.concatenate([y, more_y])[:, 0], decay_rate=0.0)
    one = Forest(merge([(np.arange(WIDTH), tree.model_to_string())], WIDTH))
    ours = relearned(one, more_x, more_y[:, :1], np.ones((150, 1), dtype=bool), 1.0, L2)
    np.testing.assert_allclose(ours(x)[:, 0], again.predict(x), rtol=1e-5)


def test_what_learned_on_is_a_forest_like_any_other() -> None:
    x, y, new = learned()
    old = forest()
    before = old.text
    grown = relearned(old, x, y, new, RATE, L2)
    loaded = Forest.loaded(grown.text)
    assert loaded(x).tobytes() == grown(x).tobytes() != old(x).tobytes() and old.text == before
    assert loaded(x[:1]).tobytes() == lightgbm.Booster(model_str=grown.text).predict(x[:1], raw_score=True).tobytes()
    was, now = leaf_weights(old.text), leaf_weights(grown.text)
    several = np.isfinite(was)
    assert (now[several] - was[several]).sum() == 9 * new[:, 0].sum() + 5 * new[:, 1].sum()
    assert np.isinf(now[~several]).all()


def test_nothing_new_moves_nothing() -> None:
    x, y, new = learned()
    assert relearned(forest(), x, y, np.zeros_like(new), RATE, L2)(x).tobytes() == forest()(x).tobytes()


def test_many_rows_are_learned_as_if_they_came_one_part_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, new = learned()
    parts = forest()
    for part in (slice(0, 25), slice(25, 50), slice(50, 60)):
        parts = relearned(parts, x[part], y[part], new[part], RATE, L2)
    monkeypatch.setattr(relearning, "ROWS_AT_ONCE", 25)
    assert relearned(forest(), x, y, new, RATE, L2).text == parts.text
