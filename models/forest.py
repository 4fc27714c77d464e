"""Many boosters as one: all leads and members scored by a single call, bit-equal to scoring each alone.

LightGBM's text format lets a booster have several outputs ("classes") with a tree each per round. The trees of
separately trained boosters are put there, their features renumbered to the columns of one wide row that holds the
features of all leads. A forecast of sixteen leads is then one call instead of sixteen or more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from forecast.models.one_row import MOST_LEAVES, OneRow

FEW = 3  # rows up to which deciding all nodes at once beats a call of LightGBM
_TREE = re.compile(r"(?=^Tree=\d+$)", flags=re.MULTILINE)
_NUMBER = re.compile(r"^Tree=\d+$", flags=re.MULTILINE)
_LEAVES = re.compile(r"^num_leaves=(\d+)$", flags=re.MULTILINE)
_SPLITS = re.compile(r"^split_feature=(.*)$", flags=re.MULTILINE)
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
    head = [
        "tree",
        "version=v4",
        f"num_class={outputs}",
        f"num_tree_per_iteration={outputs}",
        "label_index=0",
        f"max_feature_idx={width - 1}",
        "feature_names=" + " ".join(f"c{i}" for i in range(width)),
        "feature_infos=" + " ".join(["[-1e+308:1e+308]"] * width),
        "tree_sizes=" + " ".join(str(len(block.encode())) for block in blocks),
    ]
    tail = "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
    return "\n".join(head) + "\n\n" + "".join(blocks) + tail


def _renumber(tree: str, columns: np.ndarray) -> str:
    return _SPLITS.sub(
        lambda m: "split_feature=" + " ".join(str(columns[int(j)]) for j in m[1].split()), tree, count=1
    )


def side_by_side(forests: Sequence[Forest]) -> Forest:
    """Return one forest with the outputs of all, in their order; they read the same wide rows."""
    trees = [trees_of(forest.text) for forest in forests]
    rounds = max(len(own) // forest.outputs for own, forest in zip(trees, forests, strict=True))
    blocks: list[str] = []
    for i in range(rounds):
        for own, forest in zip(trees, forests, strict=True):
            mine = own[i * forest.outputs : (i + 1) * forest.outputs]
            blocks += mine or [_STUMP] * forest.outputs
    return Forest(_whole_text(blocks, sum(forest.outputs for forest in forests), forests[0].width))


def _largest(text: str) -> int:
    return max(map(int, _LEAVES.findall(text)), default=0)


class Forest:
    """A merged booster: wide rows in, one raw score an output back.

    Attributes:
        outputs: scores a row; width: columns of the wide row.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        head = dict(line.split("=", 1) for line in text[: text.index("feature_names")].splitlines() if "=" in line)
        self.outputs, self.width = int(head["num_class"]), int(head["max_feature_idx"]) + 1

    @cached_property
    def _one_row(self) -> OneRow | None:
        if _largest(self.text) > MOST_LEAVES:  # LightGBM itself, then: slower, and the same bits
            return None
        return OneRow(self.text, self.outputs, self.width)

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def __call__(self, wide: np.ndarray) -> np.ndarray:
        """Return raw scores (n, outputs) of wide rows (n, width) float32; the same bits in any batch."""
        if not len(wide):
            return np.zeros((0, self.outputs))
        if len(wide) <= FEW and self._one_row is not None:
            return np.stack([self._one_row(row) for row in wide])
        scores: np.ndarray = self._booster.predict(wide, raw_score=True, num_threads=1, validate_features=False)
        return scores.reshape(len(wide), -1)

    def gains(self) -> np.ndarray:
        """Return the total gain of each column of the wide row."""
        gains: np.ndarray = self._booster.feature_importance("gain")
        return gains
