"""Trees laid out so that comparisons alone find a row's leaves, in any order and without a walk.

Each node that sends a row to the right rules out the leaves to its left, and the first leaf of a tree that nobody
ruled out is the row's (Lucchese et al. 2015, QuickScorer).

Decisions follow LightGBM's `NumericalDecision`: left where value ≤ threshold; a missing value goes to the node's
default side where the feature had missing values in training, and counts as 0 elsewhere. No categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.models.treetext import Trees

MOST_LEAVES = 64
ZERO = np.float32(1e-35)  # LightGBM takes what is closer to zero for zero
_DEFAULT_LEFT, _MISSING, _MISSING_NAN = 2, 12, 8


@dataclass(frozen=True)
class Layout:
    """Trees of at most 64 leaves each, the outputs' in turn.

    Every decision is `row ≤ threshold` on [x, x with 0 for missing, x with −inf for missing]: a missing value is never
    ≤ in the first, and always ≤ in the last, the node's default side.

    Attributes:
        outputs: scores a row; width: columns of a row.
        place, threshold, mask: of each node: column of the tripled row, float32, the leaves left over when it sends
            right (bit b: the b-th leaf from the left). first_node: (trees + 1,) where those of a tree begin.
        value: of each leaf, from left to right. first_leaf: (trees,) where those of a tree begin.
    """

    outputs: int
    width: int
    place: np.ndarray
    threshold: np.ndarray
    mask: np.ndarray
    first_node: np.ndarray
    value: np.ndarray
    first_leaf: np.ndarray

    @property
    def all_leaves(self) -> Any:
        """The mask that rules nothing out."""
        return _all_ones(self.mask.dtype)


def layout_of(trees: Trees) -> Layout | None:
    """Return the trees' layout; None where one has more than 64 leaves."""
    if trees.leaves.max() > MOST_LEAVES:
        return None
    place, threshold = _splits(trees)
    mask, order = _ruled_out(trees)
    first_node = np.r_[0, np.cumsum(trees.leaves - 1)]
    first_leaf = np.cumsum(trees.leaves) - trees.leaves
    return Layout(trees.outputs, trees.width, place, threshold, mask, first_node, trees.value[order], first_leaf)


def _splits(trees: Trees) -> tuple[np.ndarray, np.ndarray]:
    knows_missing = (trees.decision & _MISSING) == _MISSING_NAN
    goes_left = knows_missing & ((trees.decision & _DEFAULT_LEFT) > 0)
    threshold = float32_below(trees.threshold)
    place = trees.feature + np.where(goes_left, 2 * trees.width, np.where(knows_missing, 0, trees.width))
    return place.astype(np.intp), threshold


def float32_below(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 that is not above each float64: as a threshold it sends every float32 the same way."""
    with np.errstate(over="ignore"):  # LightGBM writes 1e300 for what is beyond every value
        down = threshold.astype(np.float32)
        return np.where(down > threshold, np.nextafter(down, np.float32(-np.inf)), down)


def _ruled_out(trees: Trees) -> tuple[np.ndarray, np.ndarray]:
    """Return each node's mask, and the leaves of all trees left to right."""
    inner, leaves = trees.leaves - 1, trees.leaves
    tree, own = np.repeat(np.arange(len(inner)), inner), _within(inner)
    child = np.full((2, int(inner.max()), len(inner)), -1)
    child[:, own, tree] = trees.left, trees.right
    below = _leaves_below(child)
    before, place = _leaves_before(child, below, inner)
    kind: np.dtype[Any] = np.dtype(["u2", "u4", "u8"][int(leaves.max() > 16) + int(leaves.max() > 32)])
    count = below[np.maximum(trees.left, -1), tree].astype(np.uint64)
    one = np.uint64(1)
    ruled = ((one << count) - one) << before[own, tree].astype(np.uint64)
    of = np.repeat(np.arange(len(leaves)), leaves)
    order = np.empty(len(of), dtype=np.int64)
    order[(np.cumsum(leaves) - leaves)[of] + place[_within(leaves), of]] = np.arange(len(of))
    return (~ruled).astype(kind), order


def _within(counts: np.ndarray) -> np.ndarray:
    """Return 0 … count − 1 of each, behind one another."""
    numbers: np.ndarray = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers


def _leaves_below(child: np.ndarray) -> np.ndarray:
    """Return the leaves under each node (nodes + 1, trees), the last row 1, for children that are leaves.

    Leaf i is written as child −i − 1, and a node's number is above its parent's: counts go up from the last node to the
    first, those of all trees at once.
    """
    _, nodes, trees = child.shape
    below, every = np.ones((nodes + 1, trees), dtype=np.int64), np.arange(trees)
    for i in range(nodes)[::-1]:
        below[i] = below[np.maximum(child[:, i], -1), every].sum(axis=0)
    return below


def _leaves_before(child: np.ndarray, below: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many leaves of its tree stand left of each node and of each leaf, (nodes, trees), (leaves, trees)."""
    _, nodes, trees = child.shape
    every = np.arange(trees)
    before, place = np.zeros((nodes, trees), dtype=np.int64), np.zeros((nodes + 1, trees), dtype=np.int64)
    for i in range(nodes):
        begin = before[i]
        for side in child[:, i]:
            node, leaf = (i < inner) & (side >= 0), (i < inner) & (side < 0)
            before[side[node], every[node]] = begin[node]
            place[~side[leaf], every[leaf]] = begin[leaf]
            begin = begin + below[np.maximum(side, -1), every]
    return before, place


def _all_ones(kind: np.dtype[Any]) -> Any:
    return kind.type((1 << 8 * kind.itemsize) - 1)
