"""What new rows teach trees that stand: the values of their leaves move, their splits stay.

A leaf's value is `rate` times the ridge mean of the errors of the rows it was made of. New rows shift it: tree by tree,
with e = what the whole forest is wrong by at that point,

    value += rate · c · Σ e / (w + λ + c · m),    w += m

over the leaf's m new rows; w = the rows it was made of, c = `NEW`, what a row counts for while it is new. It needs no
older rows and no other state: w stands in the forest's text. LightGBM's own `refit` forgets at one rate in all leaves
and fits the residuals of each stage again, most of all the noise of the first trees; it was worse (docs/refits.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol, Self, runtime_checkable

import numpy as np

from forecast.design import Design
from forecast.models.forest import Forest
from forecast.models.treetext import leaf_weights, with_leaves

NEW = 8.0  # old rows that a row counts for while it is new: 4 … 16 were as good
ROWS_AT_ONCE = 4096


@runtime_checkable
class Renewable(Protocol):
    """A model that can learn on from new rows without starting from zero."""

    def renewed(self, design: Design, new: np.ndarray) -> Self:
        """Return the model that has also learned from values (n, L) where `new`; the model itself stays as it is."""


def relearned(forest: Forest, wide: np.ndarray, target: np.ndarray, new: np.ndarray, rate: float, l2: float) -> Forest:
    """Return the forest after rows wide (n, width) with targets (n, outputs), where `new`, in the order of the rows.

    Args:
        rate, l2: learning rate and λ that the trees were grown with, on a squared error.
    """
    forest.check()  # what comes of it is not from a file
    value, weight = forest.trees.value.copy(), leaf_weights(forest.text)
    edges = np.r_[0, np.cumsum(forest.trees.leaves)]
    for start in range(0, len(wide), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        row, output = np.nonzero(new[rows])
        if not len(row):
            continue
        # (rounds, pairs): the leaf of each pair of row and output in each round
        leaf = forest.leaves(wide[rows]).reshape(-1, len(edges[1:]) // forest.outputs, forest.outputs)[row, :, output].T
        error = target[rows][row, output].astype(np.float64) - value[leaf].sum(axis=0)
        for own, (begin, end) in zip(leaf, _rounds(edges, forest.outputs), strict=True):
            count = np.bincount(own - begin, minlength=end - begin)
            total = np.bincount(own - begin, error, minlength=end - begin)
            step = rate * NEW * total / (weight[begin:end] + l2 + NEW * count)
            value[begin:end] += step
            weight[begin:end] += count
            error -= step[own - begin]
    trees = replace(forest.trees, value=value)
    out = Forest(with_leaves(forest.text, trees, weight))
    out.trees = trees  # need not be read again
    return out


def _rounds(edges: np.ndarray, outputs: int) -> Iterator[tuple[int, int]]:
    """Yield where the leaves of each round of trees, one an output, begin and end."""
    ends = edges[::outputs].tolist()
    return zip(ends[:-1], ends[1:], strict=True)
