"""One row through all trees of a forest at once, bit-equal to LightGBM, in plain numpy.

LightGBM walks tree by tree, each in memory of its own; for a single forecast the misses cost more than the trees. Here
one comparison decides all nodes; each node that sends the row to the right rules out the leaves to its left, and the
first leaf of a tree that nobody ruled out is the row's (Lucchese et al. 2015, QuickScorer). It also spares a service
that only forecasts the import of LightGBM.

Decisions follow LightGBM's `NumericalDecision`: left where value ≤ threshold; a missing value goes to the node's
default side where the feature had missing values in training, and counts as 0 elsewhere. No categories.
"""

from __future__ import annotations

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
        """Write every decision as `row ≤ threshold` on [x, x with 0 for missing, −x], where missing is never ≤.

        x > t, the form in which a missing value goes left, is −x ≤ the next float below −t, and means right.
        """
        knows_missing = (decision & _MISSING) == _MISSING_NAN
        self._reversed = knows_missing & ((decision & _DEFAULT_LEFT) > 0)
        with np.errstate(over="ignore"):  # LightGBM writes 1e300 for what is beyond every value
            down = threshold.astype(np.float32)
        down = np.where(down > threshold, np.nextafter(down, np.float32(-np.inf)), down)
        below = np.nextafter(-down, np.float32(-np.inf))
        self._threshold = np.where(self._reversed, below, down).astype(np.float32)
        self._place = feature + np.where(self._reversed, 2 * width, np.where(knows_missing, 0, width))

    def __call__(self, row: np.ndarray) -> np.ndarray:
        """Return the raw scores (outputs,) of one wide row, float32."""
        x = np.where(np.abs(row) <= _ZERO, np.float32(0), row)
        both = np.concatenate([x, np.where(np.isnan(x), np.float32(0), x), -x])
        keeps = (both.take(self._place) <= self._threshold) ^ self._reversed
        reachable = self._mask | (keeps * self._all)
        if self._grown is None:
            still = np.bitwise_and.reduceat(reachable, self._first_node)
        else:  # trees of one leaf have no node to ask
            still = np.full(len(self._first_leaf), self._all)
            still[self._grown] = np.bitwise_and.reduceat(reachable, self._first_node) if len(reachable) else self._all
        lowest = still & np.negative(still)  # of unsigned numbers: the lowest bit alone
        leaf = np.frexp(lowest.astype(np.float64))[1] - 1
        # added in the order of the rounds, as LightGBM does; a plain sum may pair them
        values = self._value[self._first_leaf + leaf].reshape(-1, self.outputs)
        scores: np.ndarray = np.add.accumulate(values, axis=0)[-1]
        return scores


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
