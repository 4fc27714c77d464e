"""The text of a forest, checked before any parser gets it.

A model text that is cut short kills the process inside LightGBM, and a child that is its own ancestor never returns. A
hash only says that a text is what somebody wrote. So every line, count, index and size is checked here first: what
trees are made of when a text is read, the rest before LightGBM reads it. What passes both is what `forest.merge` can
have written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.errors import BundleError

TAIL = "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
_NODE, _LEAF, _ONE = 1, 2, 3  # how many numbers a line holds: one a node, one a leaf, one
# in the order in which LightGBM writes them; `Tree` first, two empty lines last
_LINES = {
    "num_leaves": _ONE, "num_cat": _ONE, "split_feature": _NODE, "split_gain": _NODE, "threshold": _NODE,
    "decision_type": _NODE, "left_child": _NODE, "right_child": _NODE, "leaf_value": _LEAF, "leaf_weight": _LEAF,
    "leaf_count": _LEAF, "internal_value": _NODE, "internal_weight": _NODE, "internal_count": _NODE, "is_linear": _ONE,
    "shrinkage": _ONE,
}  # fmt: skip
_VALUE, _WEIGHT = (list(_LINES).index(name) for name in ("leaf_value", "leaf_weight"))
_OURS = (  # what trees are made of; nobody but LightGBM reads the rest
    "num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value",
    "is_linear",
)  # fmt: skip
_STRIDE = len(_LINES) + 3
_PLAIN = (0, 2, 8, 10)  # decisions by ≤, missing values to the left or right or counted as 0; no categories
_LAST = np.isin(np.arange(256), list(b"0123456789fn"))  # what a number ends with, inf and nan too
MOST_OUTPUTS, MOST_ONE_TREE = 4096, 1 << 20
LARGEST = 1e12  # of a leaf: sums of any number of leaves stay finite


@dataclass(frozen=True)
class Trees:
    """The trees of a forest as flat arrays: one value a tree, a node or a leaf, in the text's order.

    Attributes:
        outputs: scores a row, a tree each in turn; width: columns of a row.
        leaves: of each tree. feature, threshold, decision, left, right: of each node. value: of each leaf.
    """

    outputs: int
    width: int
    leaves: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    decision: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


def read_trees(text: str) -> Trees:
    """Return the trees of a forest's text; raise `BundleError` where they are not as `forest.merge` writes them.

    What only LightGBM reads is left to `check_the_rest`.
    """
    lines, head = _tree_lines(text)
    written = {name: _column(lines, name) for name in _OURS}
    leaves = _leaf_counts(written["num_leaves"])
    if {*written["num_cat"].split("\n"), *written["is_linear"].split("\n")} != {"0"}:
        raise BundleError("the boosters have categories or linear leaves that are not read here")
    for name, column in written.items():
        _check_counts(name, column, leaves)
    outputs, width = _check_head(head, lines, len(leaves))
    names = ("split_feature", "decision_type", "left_child", "right_child")
    feature, decision, left, right = (_read(written[name], np.int64, name) for name in names)
    threshold, value = (_read(written[name], np.float64, name) for name in ("threshold", "leaf_value"))
    if any(len(of_nodes) != leaves.sum() - len(leaves) for of_nodes in (feature, threshold, decision, left, right)):
        raise BundleError("the boosters' text has nodes that are not numbers")
    if len(value) != leaves.sum():
        raise BundleError("the boosters' text has leaves that are not numbers")
    trees = Trees(outputs, width, leaves, feature, threshold, decision, left, right, value)
    _check_numbers(trees)
    _check_children(trees)
    return trees


def check_the_rest(text: str) -> None:
    """Raise `BundleError` where what only LightGBM reads (gains, weights, counts) is not as many numbers as needed."""
    lines, _ = _tree_lines(text)
    leaves = _leaf_counts(_column(lines, "num_leaves"))
    for name in _LINES:
        if name not in _OURS:
            column = _column(lines, name)
            _check_counts(name, column, leaves)
            if not np.isfinite(_read(column, np.float64, name)).all():
                raise BundleError(f"the boosters' text has numbers in {name} that are not finite")


def leaf_weights(text: str) -> np.ndarray:
    """Return the weight of the rows that each leaf was made of; infinite where a tree is one leaf, which learned none.

    With a squared error it is the number of rows.
    """
    lines, _ = _tree_lines(text)
    leaves, weights = (_column(lines, name).split("\n") for name in ("num_leaves", "leaf_weight"))
    said = ("inf" if number == "1" else weight for number, weight in zip(leaves, weights, strict=True))
    return _read(" ".join(said), np.float64, "leaf_weight")


def with_leaves(text: str, trees: Trees, weight: np.ndarray) -> str:
    """Return the text with other values and weights of the leaves; trees of one leaf stay as they are written."""
    lines, _ = _tree_lines(text)
    ends = np.cumsum(trees.leaves).tolist()
    for i, (end, count) in enumerate(zip(ends, trees.leaves.tolist(), strict=True)):
        for place, name, numbers in ((_VALUE, "leaf_value", trees.value), (_WEIGHT, "leaf_weight", weight)):
            if count > 1:
                written = " ".join(map(repr, numbers[end - count : end].tolist()))
                lines[i * _STRIDE + 1 + place] = f"{name}={written}"
    lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines)).reshape(-1, _STRIDE).sum(axis=1)
    head = head_lines(trees.outputs, trees.width, (lengths + _STRIDE).tolist())
    return "\n".join(head) + "\n\n" + "\n".join(lines) + "\n" + TAIL


def _tree_lines(text: str) -> tuple[list[str], list[str]]:
    """Return the lines of all trees, so many a tree, and those of the head."""
    start = text.find("\n\nTree=0\n")
    if start < 0 or not text.endswith("\n\n\n" + TAIL) or not text.isascii():
        raise BundleError("the boosters' text does not hold whole trees: its beginning or its end is missing")
    lines = text[start + 2 : -len(TAIL)].split("\n")[:-1]
    if len(lines) % _STRIDE:
        raise BundleError(f"the boosters' text does not hold whole trees: {len(lines)} lines, {_STRIDE} make a tree")
    numbered = all(line == f"Tree={i}" for i, line in enumerate(lines[::_STRIDE]))
    if not numbered or any(lines[_STRIDE - 2 :: _STRIDE]) or any(lines[_STRIDE - 1 :: _STRIDE]):
        raise BundleError("the boosters' text does not hold whole trees: they are not numbered and set apart in order")
    return lines, text[:start].split("\n")


def _column(lines: list[str], name: str) -> str:
    """Return the numbers of one kind as they are written, a line a tree."""
    written = ["", *lines[list(_LINES).index(name) + 1 :: _STRIDE]]
    joined, start = "\n".join(written), f"\n{name}="
    if joined.count(start) != len(written) - 1:
        raise BundleError(f"the boosters' text does not hold whole trees: {name} is not where it belongs")
    return joined.replace(start, "\n")[1:]


def _read(written: str, kind: type, what: str) -> np.ndarray:
    if not written.strip():  # of spaces alone numpy makes a zero
        return np.empty(0, dtype=kind)
    try:
        return np.fromstring(written, dtype=kind, sep=" ")
    except (ValueError, OverflowError, DeprecationWarning):  # the last by numpy < 2.3, where warnings are errors
        raise BundleError(f"the boosters' text has {what} that are not numbers, or too large") from None


def _leaf_counts(column: str) -> np.ndarray:
    """Return how many leaves each tree has, one number a line."""
    leaves = _read(column, np.int64, "num_leaves")
    if len(leaves) != column.count("\n") + 1 or leaves.min() < 1 or leaves.max() > MOST_ONE_TREE:
        raise BundleError("the boosters' text does not hold whole trees: a tree without leaves, or with too many")
    return leaves


def _check_counts(name: str, column: str, leaves: np.ndarray) -> None:
    """Raise `BundleError` where a line of the column does not hold as many numbers as its tree needs."""
    wanted = {_ONE: np.ones_like(leaves), _NODE: leaves - 1, _LEAF: leaves}[_LINES[name]]
    signs = b"0123456789.e+- \n" + (b"inaf" if name == "threshold" else b"")  # inf, where a feature was
    if column.encode().translate(None, signs):
        raise BundleError(f"the boosters' text has {name} that are not numbers")
    have, apart = _how_many(column)
    short = have != wanted
    if name in ("leaf_weight", "leaf_count"):  # a tree of one leaf need not say them
        short &= (leaves > 1) | (have > 1)
    if short.any() or not apart:
        raise BundleError(f"the boosters' text does not hold whole trees: {name} has too few or too many numbers")


def _how_many(column: str) -> tuple[np.ndarray, bool]:
    """Return how many numbers stand in each line, and whether one space keeps them apart and each ends as one does."""
    signs = np.frombuffer(f"\n{column}\n".encode(), dtype=np.uint8)
    ends, spaces = np.flatnonzero(signs == ord("\n")), np.flatnonzero(signs == ord(" "))
    before = np.searchsorted(spaces, ends)
    written = np.diff(ends) > 1
    have = np.where(written, np.diff(before) + 1, 0)
    last = signs[np.concatenate([spaces, ends[1:][written]]) - 1]
    return have, bool(_LAST[last].all() and (signs[spaces + 1] > ord(" ")).all())


def _check_head(head: list[str], lines: list[str], count: int) -> tuple[int, int]:
    """Return outputs and width; the sizes of trees are what LightGBM cuts the text by."""
    written = dict(line.split("=", 1) for line in head if "=" in line)
    try:
        outputs, width = int(written["num_class"]), int(written["max_feature_idx"]) + 1
    except (KeyError, ValueError):
        raise BundleError("the boosters' text has no whole head") from None
    named = head[6].count(" ") + 1 if len(head) == 9 else 0
    if not (0 < outputs <= MOST_OUTPUTS and 0 < width == named) or count % outputs:
        raise BundleError(f"the boosters' text has {count} trees for {outputs} outputs and {width} columns")
    lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines)).reshape(-1, _STRIDE).sum(axis=1)
    if head != head_lines(outputs, width, (lengths + _STRIDE).tolist()):
        raise BundleError("the boosters' text has a head that does not belong to its trees")
    return outputs, width


def head_lines(outputs: int, width: int, sizes: Sequence[int]) -> list[str]:
    """Return the lines above the trees; `sizes` are those of the trees [bytes]."""
    return [
        "tree",
        "version=v4",
        f"num_class={outputs}",
        f"num_tree_per_iteration={outputs}",
        "label_index=0",
        f"max_feature_idx={width - 1}",
        "feature_names=" + " ".join(f"c{i}" for i in range(width)),
        "feature_infos=" + " ".join(["[-1e+308:1e+308]"] * width),
        "tree_sizes=" + " ".join(map(str, sizes)),
    ]


def _check_numbers(trees: Trees) -> None:
    if len(trees.feature) and not (trees.feature.min() >= 0 and trees.feature.max() < trees.width):
        raise BundleError(f"the boosters split on features that are not among the {trees.width} there are")
    if not np.isin(trees.decision, _PLAIN).all():
        raise BundleError("the boosters have kinds of splits that are not read here")
    if np.isnan(trees.threshold).any() or not (np.abs(trees.value) <= LARGEST).all():
        raise BundleError("the boosters have thresholds or leaves that are no numbers, or beyond all sense")


def _check_children(trees: Trees) -> None:
    """Every node but the first and every leaf is the child of one node, and a node's number is above its parent's."""
    inner = trees.leaves - 1
    tree = np.repeat(np.arange(len(inner)), inner)
    first_node, first_leaf = np.cumsum(inner) - inner, np.cumsum(trees.leaves) - trees.leaves
    own = np.arange(len(tree)) - first_node[tree]
    nodes = np.bincount(first_node[inner > 0], minlength=len(tree))  # of each, how often it is named; roots by nobody
    leaves = np.bincount(first_leaf[inner == 0], minlength=int(trees.leaves.sum()))
    good = np.ones(len(tree), dtype=bool)
    for child in (trees.left, trees.right):
        is_node = child >= 0
        good &= np.where(is_node, (child > own) & (child < inner[tree]), ~child < trees.leaves[tree])
        nodes = nodes + np.bincount((first_node[tree] + child)[is_node & good], minlength=len(tree))
        leaves = leaves + np.bincount((first_leaf[tree] + ~child)[~is_node & good], minlength=len(leaves))
    if not good.all() or (nodes != 1).any() or (leaves != 1).any():
        raise BundleError("the boosters' nodes do not form trees: a child is missing, named twice, or its own ancestor")


def joined(forests: Sequence[Trees]) -> Trees:
    """Return the trees of several forests as one whose outputs are those of all, in their order.

    Rounds stay together; a forest that has fewer of them than another is filled up with trees that add 0.
    """
    outputs = sum(forest.outputs for forest in forests)
    rounds = max(len(forest.leaves) // forest.outputs for forest in forests)
    before = np.cumsum([0] + [len(forest.leaves) for forest in forests])
    place = np.full((rounds, outputs), before[-1])  # the tree behind the last one is that of zero
    at = 0
    for forest, start in zip(forests, before[:-1], strict=True):
        own = start + np.arange(len(forest.leaves)).reshape(-1, forest.outputs)
        place[: len(own), at : at + forest.outputs] = own
        at += forest.outputs
    leaves = np.r_[np.concatenate([forest.leaves for forest in forests]), 1]
    order = place.ravel()
    node, leaf = (_places(counts, order) for counts in (leaves - 1, leaves))
    by_node = {
        name: np.concatenate([getattr(forest, name) for forest in forests])[node]
        for name in ("feature", "threshold", "decision", "left", "right")
    }
    value = np.r_[np.concatenate([forest.value for forest in forests]), 0.0][leaf]
    return Trees(outputs, forests[0].width, leaves[order], value=value, **by_node)


def _places(counts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the places of what trees hold `counts` of each, for trees in another order."""
    first, own = (np.cumsum(counts) - counts)[order], counts[order]
    before = np.cumsum(own) - own
    return np.asarray(np.arange(own.sum()) + np.repeat(first - before, own))
