"""A forest's text is refused before LightGBM sees it, unless it is one that was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import BundleError
from forecast.models.forest import Forest, merge
from forecast.models.treetext import joined, read_trees

WIDTH = 8


@cache
def text(seed: int = 0, rounds: int = 4) -> str:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(600, 5))
    made = []
    for k in range(3):
        data = lightgbm.Dataset(x, x[:, k] * x[:, 4] + 0.1 * rng.normal(size=600) if k != 1 else np.full(600, 0.3))
        params = {"num_leaves": 7, "verbose": -1, "min_data_in_leaf": 20}
        booster = lightgbm.train(params, data, rounds + k)
        made.append((rng.permutation(WIDTH)[:5], booster.model_to_string()))
    return merge(made, WIDTH)


def edited(name: str, place: int, value: str | None, tree: int = 0) -> str:
    """Return the text with one number of a tree changed or left out, its size written anew."""
    head, rest = text().split("\n\nTree=0\n", 1)
    blocks = re.split(r"(?=^Tree=\d+$)", "Tree=0\n" + rest.split("end of trees")[0], flags=re.MULTILINE)[1:]
    lines = blocks[tree].split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith(name + "="))
    numbers = lines[at].split("=")[1].split()
    numbers[place : place + 1] = [] if value is None else [value]
    lines[at] = name + "=" + " ".join(numbers)
    blocks[tree] = "\n".join(lines)
    head = head.split("tree_sizes=")[0] + "tree_sizes=" + " ".join(str(len(block)) for block in blocks)
    return head + "\n\n" + "".join(blocks) + "end of trees" + rest.split("end of trees")[1]


def test_what_was_written_is_read_as_it_is() -> None:
    trees = read_trees(text())
    leaves = [int(line.split("=")[1]) for line in text().splitlines() if line.startswith("num_leaves=")]
    assert trees.leaves.tolist() == leaves and (trees.outputs, trees.width) == (3, WIDTH)
    written = [float(v) for line in text().splitlines() if line.startswith("leaf_value=") for v in line[11:].split()]
    assert trees.value.tolist() == written
    assert edited("leaf_value", 0, text().split("leaf_value=")[1].split()[0]) == text()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("num_leaves", "8", "too few or too many"),
        ("num_leaves", "0", "without leaves"),
        ("num_leaves", "9" * 30, "without leaves, or with too many"),
        ("num_leaves", "7 7", "without leaves, or with too many"),
        ("num_leaves", "-", "does not hold whole trees"),
        ("left_child", "-", "too few or too many"),
        ("leaf_value", "1e", "too few or too many"),
        ("leaf_value", "-.", "too few or too many"),
        ("left_child", "1-1", "not numbers"),
        ("leaf_value", "1.2.3", "not numbers"),
        ("num_cat", "1", "categories"),
        ("split_feature", "8", "not among the 8"),
        ("split_feature", "-1", "not among the 8"),
        ("split_feature", None, "too few or too many"),
        ("decision_type", "1", "kinds of splits"),
        ("threshold", "x", "not numbers"),
        ("threshold", "nan", "no numbers"),
        ("left_child", "0", "do not form trees"),
        ("left_child", "77", "do not form trees"),
        ("right_child", "-8", "do not form trees"),
        ("leaf_value", "-1e30", "beyond all sense"),
        ("leaf_value", None, "too few or too many"),
        ("is_linear", "1", "linear"),
    ],
)
def test_a_number_that_cannot_be_is_refused(name: str, value: str | None, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        Forest.loaded(edited(name, 0, value))


def test_a_number_that_only_lightgbm_reads_is_refused_before_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.models.forest.pays", lambda walks: False)  # compiled, LightGBM would not be asked
    for name in ("split_gain", "internal_count", "leaf_weight"):
        for value, says in (("1e", "has too few"), ("1.2.3", "that are not"), ("x", "that are not"), (None, "has too")):
            forest = Forest.loaded(edited(name, 1, value))
            with pytest.raises(BundleError, match=f"{name} {says}"):
                forest(np.zeros((9, WIDTH), dtype=np.float32))
            with pytest.raises(BundleError, match=f"{name} {says}"):
                forest.check()


def test_trees_of_one_leaf_each_are_read() -> None:
    x, y = np.random.default_rng(1).normal(size=(50, 2)), np.full(50, 0.3)
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(x, y), 2)
    forest = Forest.loaded(merge([(np.arange(2), booster.model_to_string())], 2))
    assert not len(forest.trees.feature) and len(forest.trees.value) == len(forest.trees.leaves)
    assert forest(np.ones((9, 2), dtype=np.float32)) == pytest.approx(np.full((9, 1), 0.3))


def test_nodes_that_lead_in_a_circle_are_refused() -> None:
    trees = read_trees(text())
    children = trees.left[: trees.leaves[0] - 1]
    child = next(i for i, c in enumerate(children) if c > 0)
    with pytest.raises(BundleError, match="its own ancestor"):
        read_trees(edited("left_child", int(children[child]), str(child)))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[: len(t) // 2],
        lambda t: t[: t.index("end of trees")],
        lambda t: t.replace("Tree=2\n", "Tree=9\n"),
        lambda t: t.replace("num_class=3", "num_class=2"),
        lambda t: t.replace("num_class=3", "num_class=0"),
        lambda t: t.replace("max_feature_idx=7", "max_feature_idx=3"),
        lambda t: t.replace("tree_sizes=", "tree_sizes=1"),
        lambda t: t.replace("version=v4", "version=v4\ntree_sizes="),
        lambda t: t.replace("feature_names=c0", "feature_names=c9"),
        lambda t: t.replace("leaf_value", "leaf_worth", 1),
        lambda t: t.replace("pandas_categorical:null", "pandas_categorical:[[1]]"),
        lambda t: t.replace("shrinkage=", "shrinkage=٣"),
        lambda _: "",
    ],
)
def test_a_text_that_is_not_whole_is_refused(change: Callable[[str], str]) -> None:
    assert change(text()) != text()
    with pytest.raises(BundleError, match="boosters' text"):
        Forest.loaded(change(text()))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_text_is_refused_or_scores_finite_numbers(data: st.DataObject) -> None:
    whole = text()
    start = data.draw(st.integers(0, len(whole) - 1))
    stop = data.draw(st.integers(start, min(start + 4, len(whole))))
    put = data.draw(st.text(alphabet="0123456789.-e =\nTx", max_size=3))
    try:
        forest = Forest.loaded(whole[:start] + put + whole[stop:])
        scores = [forest(np.full((rows, forest.width), 0.3, dtype=np.float32)) for rows in (1, 9)]
    except BundleError:
        return
    assert all(np.isfinite(score).all() for score in scores)
    np.testing.assert_array_equal(scores[0][0], scores[1][0])


def test_joined_trees_are_those_of_each_round_by_round() -> None:
    one, two = read_trees(text(1)), read_trees(text(2, rounds=2))
    both = joined([one, two])
    assert both.outputs == 6 and len(both.leaves) == len(one.leaves) * 2
    per_round = both.leaves.reshape(-1, 6)
    assert per_round[:, :3].ravel().tolist() == one.leaves.tolist()
    filled = per_round[:, 3:].ravel().tolist()
    assert filled[: len(two.leaves)] == two.leaves.tolist() and set(filled[len(two.leaves) :]) == {1}
    assert both.value.sum() == pytest.approx(one.value.sum() + two.value.sum())
