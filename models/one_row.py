"""One row through all trees of a forest at once, bit-equal to LightGBM, in plain numpy.

LightGBM walks tree by tree, each in memory of its own; for a single forecast the misses cost more than the trees. Here
one comparison decides all nodes; each node that sends the row to the right rules out the leaves to its left, and the
first leaf of a tree that nobody ruled out is the row's (Lucchese et al. 2015, QuickScorer). It also spares a service
that only forecasts the import of LightGBM.

Decisions follow LightGBM's `NumericalDecision`: left where value ≤ threshold; a missing value goes to the node's
default side where the feature had missing values in training, and counts as 0 elsewhere. No categories.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from forecast.models.treetext import Trees

MOST_LEAVES = 64
_ZERO = np.float32(1e-35)  # LightGBM takes what is closer to zero for zero
_DEFAULT_LEFT, _MISSING, _MISSING_NAN = 2, 12, 8


class OneRow:
    """The trees of a forest, of at most 64 leaves each, laid out for one row; `outputs` scores a row."""

    def __init__(self, trees: Trees) -> None:
        self.outputs = trees.outputs
        leaves, inner = trees.leaves, trees.leaves - 1
        kind: np.dtype[Any] = np.dtype(["u2", "u4", "u8"][int(leaves.max() > 16) + int(leaves.max() > 32)])
        masks, order = _ruled_out(trees.left, trees.right, inner, leaves, kind)
        self._value = trees.value[order]
        self._first_leaf = np.cumsum(leaves) - leaves
        self._first_node = (np.cumsum(inner) - inner)[inner > 0]
        self._grown = None if (inner > 0).all() else inner > 0
        self._mask, self._all = masks, kind.type(_all_ones(kind))
        self._read_splits(trees.feature, trees.threshold, trees.decision, trees.width)

    def _read_splits(self, feature: np.ndarray, threshold: np.ndarray, decision: np.ndarray, width: int) -> None:
        """Write every decision as `row ≤ threshold` on [x, x with 0 for missing, x with −inf for missing].

        A missing value is never ≤ in the first, and always ≤ in the last: the node's default side.
        """
        knows_missing = (decision & _MISSING) == _MISSING_NAN
        goes_left = knows_missing & ((decision & _DEFAULT_LEFT) > 0)
        with np.errstate(over="ignore"):  # LightGBM writes 1e300 for what is beyond every value
            down = threshold.astype(np.float32)
        self._threshold = np.where(down > threshold, np.nextafter(down, np.float32(-np.inf)), down)
        self._place = feature + np.where(goes_left, 2 * width, np.where(knows_missing, 0, width))

    @cached_property
    def _side_by_side(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places, thresholds and masks (nodes, trees); what a small tree has too many of rules nothing out."""
        trees, nodes = len(self._first_leaf), len(self._mask)
        grown = np.arange(trees) if self._grown is None else np.flatnonzero(self._grown)
        inner = np.diff(np.r_[self._first_node, nodes])
        tree, depth = np.repeat(grown, inner), np.arange(nodes) - np.repeat(self._first_node, inner)
        shape = (max(int(inner.max(initial=0)), 1), trees)
        place, threshold = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.float32)
        mask = np.full(shape, self._all)
        place[depth, tree], threshold[depth, tree], mask[depth, tree] = self._place, self._threshold, self._mask
        return place, threshold, mask

    def __call__(self, row: np.ndarray) -> np.ndarray:
        """Return the raw scores (outputs,) of one wide row, float32."""
        place, threshold, mask = self._side_by_side
        x = np.where(np.abs(row) <= _ZERO, np.float32(0), row)
        missing = np.isnan(x)
        filled = [np.where(missing, np.float32(value), x) for value in (0, -np.inf)]
        seen = np.concatenate([x, *filled])
        keeps = seen.take(place, mode="clip") <= threshold  # places are within bounds; to look again costs time
        still = np.bitwise_and.reduce(mask | (keeps * self._all), axis=0)
        # added in the order of the rounds, as LightGBM does; a plain sum may pair them
        values = self._value.take(self._first_leaf + _lowest_bit(still)).reshape(-1, self.outputs)
        scores: np.ndarray = np.add.accumulate(values, axis=0)[-1]
        return scores


@lru_cache(maxsize=1)
def _lowest_bits() -> np.ndarray:
    """Return the place of the lowest bit of every number of 16 bits."""
    numbers = np.arange(1 << 16, dtype=np.uint32)
    return (np.frexp((numbers & -numbers.astype(np.int64)).astype(np.float64))[1] - 1).astype(np.intp)


def _lowest_bit(numbers: np.ndarray) -> np.ndarray:
    if numbers.dtype == np.uint16:
        found: np.ndarray = _lowest_bits().take(numbers)
        return found
    alone = numbers & np.negative(numbers)  # of unsigned numbers: the lowest bit
    lowest: np.ndarray = np.frexp(alone.astype(np.float64))[1] - 1
    return lowest


def _all_ones(kind: np.dtype[Any]) -> int:
    return (1 << 8 * kind.itemsize) - 1


def _ruled_out(
    left: np.ndarray, right: np.ndarray, inner: np.ndarray, leaves: np.ndarray, kind: np.dtype[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return each node's mask of leaves left over when it sends right, and the leaves of all trees left to right.

    Leaf i is written as child −i − 1; bit b of a mask is the b-th leaf from the left.
    """
    whole = _all_ones(kind)
    masks: list[int] = []
    order: list[int] = []
    lefts, rights, node, leaf = left.tolist(), right.tolist(), 0, 0
    for nodes, own_leaves in zip(inner.tolist(), leaves.tolist(), strict=True):
        own = [0] * nodes
        found: list[int] = []

        def visit(child: int, own: list[int] = own, found: list[int] = found, node: int = node) -> None:
            if child < 0:
                found.append(-child - 1)
                return
            begin = len(found)
            visit(lefts[node + child])
            ruled = ((1 << len(found)) - 1) ^ ((1 << begin) - 1)
            own[child] = whole ^ ruled
            visit(rights[node + child])

        visit(0 if nodes else -1)
        masks += own
        order += [leaf + i for i in found]
        node, leaf = node + nodes, leaf + own_leaves
    return np.array(masks, dtype=kind), np.array(order, dtype=np.int64)
