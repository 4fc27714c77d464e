"""One row through all trees of a forest at once, bit-equal to LightGBM, in plain numpy.

LightGBM walks tree by tree, each in memory of its own; for a single forecast the misses cost more than the trees. Here
one comparison decides all nodes (see `forecast.models.layout`). It also spares a service that only forecasts the
import of LightGBM.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from forecast.models.layout import ZERO, Layout


class OneRow:
    """The trees of a forest laid out for one row; `outputs` scores a row."""

    def __init__(self, layout: Layout) -> None:
        self._layout, self._all = layout, layout.all_leaves  # to ask for it takes as long as to use it

    @cached_property
    def _side_by_side(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places, thresholds and masks (nodes, trees); what a small tree has too many of rules nothing out."""
        made = self._layout
        inner = np.diff(made.first_node)
        tree = np.repeat(np.arange(len(inner)), inner)
        depth = np.arange(len(tree)) - made.first_node[tree]
        shape = (max(int(inner.max()), 1), len(inner))
        place, threshold = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.float32)
        mask = np.full(shape, self._all)
        place[depth, tree], threshold[depth, tree], mask[depth, tree] = made.place, made.threshold, made.mask
        return place, threshold, mask

    def __call__(self, row: np.ndarray) -> np.ndarray:
        """Return the raw scores (outputs,) of one wide row, float32."""
        place, threshold, mask = self._side_by_side
        made = self._layout
        x = np.where(np.abs(row) <= ZERO, np.float32(0), row)
        missing = np.isnan(x)
        filled = [np.where(missing, np.float32(value), x) for value in (0, -np.inf)]
        seen = np.concatenate([x, *filled])
        keeps = seen.take(place, mode="clip") <= threshold  # places are within bounds; to look again costs time
        still = np.bitwise_and.reduce(mask | (keeps * self._all), axis=0)
        # added in the order of the rounds, as LightGBM does; a plain sum may pair them
        values = made.value.take(made.first_leaf + _lowest_bit(still)).reshape(-1, made.outputs)
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
