"""Many boosters as one: all leads and members scored by a single call, bit-equal to scoring each alone.

LightGBM's text format lets a booster have several outputs ("classes") with a tree each per round. The trees of
separately trained boosters are put there, their features renumbered to the columns of one wide row that holds the
features of all leads. A forecast of sixteen leads is then one call instead of sixteen or more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from forecast.errors import BundleError, ShapeError
from forecast.models.layout import Layout, float32_below, layout_of
from forecast.models.many_rows import many_rows, pays
from forecast.models.one_row import OneRow
from forecast.models.treetext import TAIL, Trees, check_the_rest, head_lines, joined, read_trees

FEW = 3  # rows up to which deciding all nodes at once beats a call of LightGBM
_TREE = re.compile(r"(?=^Tree=\d+$)", flags=re.MULTILINE)
_NUMBER = re.compile(r"^Tree=\d+$", flags=re.MULTILINE)
_SPLITS = re.compile(r"^split_feature=(.*)$", flags=re.MULTILINE)
_THRESHOLDS = re.compile(r"^threshold=(.+)$", flags=re.MULTILINE)
_STUMP = (
    "Tree=0\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\nleft_child=\n"
    "right_child=\nleaf_value=0\nleaf_weight=\nleaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\n"
    "is_linear=0\nshrinkage=1\n\n\n"
)


def trees_of(booster_text: str) -> list[str]:
    """Return the trees of a LightGBM model text, in order."""
    start, stop = booster_text.index("Tree=0\n"), booster_text.index("end of trees")
    return [tree for tree in _TREE.split(booster_text[start:stop]) if tree.strip()]


def merge(boosters: Sequence[tuple[np.ndarray, str]], width: int) -> str:
    """Return one model text with an output for each booster.

    Args:
        boosters: (columns, model text): feature j of that booster is column `columns[j]` of the wide row.
        width: columns of the wide row.
    """
    renumbered = [[_renumber(tree, columns) for tree in trees_of(text)] for columns, text in boosters]
    rounds = max(len(trees) for trees in renumbered)
    blocks = [trees[i] if i < len(trees) else _STUMP for i in range(rounds) for trees in renumbered]
    return _whole_text(blocks, len(boosters), width)


def _whole_text(trees: Sequence[str], outputs: int, width: int) -> str:
    blocks = [_NUMBER.sub(f"Tree={i}", tree, count=1) for i, tree in enumerate(trees)]
    head = head_lines(outputs, width, [len(block.encode()) for block in blocks])
    return "\n".join(head) + "\n\n" + "".join(blocks) + TAIL


def _renumber(tree: str, columns: np.ndarray) -> str:
    tree = _SPLITS.sub(lambda m: "split_feature=" + " ".join(str(columns[int(j)]) for j in m[1].split()), tree, count=1)
    return _THRESHOLDS.sub(lambda m: "threshold=" + " ".join(_shortened(m[1].split())), tree, count=1)


def _shortened(thresholds: list[str]) -> list[str]:
    """Return the thresholds in nine digits, where that sends every float32 the same way: less to store and to read."""
    short = [f"{float(threshold):.9g}" for threshold in thresholds]
    same = float32_below(np.array(thresholds, dtype=float)) == float32_below(np.array(short, dtype=float))
    return [brief if alike else whole for brief, whole, alike in zip(short, thresholds, same.tolist(), strict=True)]


class Forest:
    """A merged booster: wide rows in, one raw score an output back.

    Attributes:
        outputs: scores a row; width: columns of the wide row.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        head = dict(line.split("=", 1) for line in text[: text.index("feature_names")].splitlines() if "=" in line)
        self.outputs, self.width = int(head["num_class"]), int(head["max_feature_idx"]) + 1
        self._foreign = False

    @classmethod
    def loaded(cls, text: str) -> Self:
        """Return the forest of a text that came from a file; `BundleError` where it is not one that was saved."""
        trees = read_trees(text)
        forest = cls(text)
        forest.trees, forest._foreign = trees, True
        return forest

    @cached_property
    def trees(self) -> Trees:
        """The trees as arrays."""
        return read_trees(self.text)

    @cached_property
    def _laid_out(self) -> _LaidOut | None:
        return _laid_out(self.trees)

    @cached_property
    def _count(self) -> int:
        return self.text.count("\nTree=")

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        self.check()
        try:
            return lightgbm.Booster(model_str=self.text)
        except lightgbm.basic.LightGBMError as error:
            raise BundleError(f"LightGBM does not read the boosters' text ({error})") from error

    def __call__(self, wide: np.ndarray) -> np.ndarray:
        """Return raw scores (n, outputs) of wide rows (n, width) float32; the same bits in any batch."""
        if not len(wide):
            return np.zeros((0, self.outputs))
        if wide.shape[1] != self.width:
            raise ShapeError(f"rows have {wide.shape[1]} columns, the boosters were trained on {self.width}")
        if (len(wide) <= FEW or pays(len(wide) * self._count)) and self._laid_out is not None:
            found = self._laid_out(wide)
            if found is not None:
                return found
        scores: np.ndarray = self._booster.predict(wide, raw_score=True, num_threads=1, validate_features=False)
        return scores.reshape(len(wide), -1)

    def check(self) -> None:
        """Raise `BundleError` where the text came from a file and LightGBM must not read it."""
        if self._foreign:
            check_the_rest(self.text)

    def leaves(self, wide: np.ndarray) -> np.ndarray:
        """Return the leaf (n, trees) that each row falls into, by its place among the leaves of all trees."""
        within = self._booster.predict(wide, pred_leaf=True, num_threads=1, validate_features=False)
        first = np.cumsum(self.trees.leaves) - self.trees.leaves
        return np.asarray(within.reshape(len(wide), -1).astype(np.int64) + first)

    def gains(self) -> np.ndarray:
        """Return the total gain of each column of the wide row."""
        gains: np.ndarray = self._booster.feature_importance("gain")
        return gains


class SideBySide:
    """Several forests that read the same wide rows, the outputs of all in their order.

    For a single forecast calls cost more than trees: few rows go through the trees of all at once.
    """

    def __init__(self, forests: Sequence[Forest]) -> None:
        self.forests = tuple(forests)

    @cached_property
    def _laid_out(self) -> _LaidOut | None:
        return _laid_out(joined([forest.trees for forest in self.forests]))

    def __call__(self, wide: np.ndarray) -> np.ndarray:
        """Return raw scores (n, outputs of all) of wide rows (n, width) float32; the same bits in any batch."""
        fits = len(wide) > 0 and all(forest.width == wide.shape[1] for forest in self.forests)
        if fits and (len(wide) <= FEW or pays(0)) and self._laid_out is not None:
            found = self._laid_out(wide)
            if found is not None:
                return found
        return np.concatenate([forest(wide) for forest in self.forests], axis=1)


class _LaidOut:
    """Trees for which LightGBM need not be asked: few rows go through them in plain numpy, many compiled."""

    def __init__(self, layout: Layout) -> None:
        self._layout, self._one_row = layout, OneRow(layout)

    def __call__(self, wide: np.ndarray) -> np.ndarray | None:
        if len(wide) > FEW:
            return many_rows(self._layout, wide)
        return np.stack([self._one_row(row) for row in wide])


def _laid_out(trees: Trees) -> _LaidOut | None:
    layout = layout_of(trees)
    return None if layout is None else _LaidOut(layout)  # LightGBM itself, then: slower, and the same bits
