"""Many boosters as one: all leads and members scored by a single call, bit-equal to scoring each alone.

LightGBM's text format lets a booster have several outputs ("classes") with a tree each per round. The trees of
separately trained boosters are put there, their features renumbered to the columns of one wide row that holds the
features of all leads. A forecast of sixteen leads is then one call instead of sixteen or more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

_TREE = re.compile(r"(?=^Tree=\d+$)", flags=re.MULTILINE)
_NUMBER = re.compile(r"^Tree=\d+$", flags=re.MULTILINE)
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
    blocks: list[str] = []
    for i in range(rounds):
        for trees in renumbered:
            tree = trees[i] if i < len(trees) else _STUMP
            blocks.append(_NUMBER.sub(f"Tree={len(blocks)}", tree, count=1))
    head = [
        "tree",
        "version=v4",
        f"num_class={len(boosters)}",
        f"num_tree_per_iteration={len(boosters)}",
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


class Forest:
    """A merged booster: wide rows in, one raw score an output back."""

    def __init__(self, text: str) -> None:
        import lightgbm

        self.text = text
        self._booster: Any = lightgbm.Booster(model_str=text)

    def __call__(self, wide: np.ndarray) -> np.ndarray:
        """Return raw scores (n, outputs) of wide rows (n, width) float32."""
        scores: np.ndarray = self._booster.predict(wide, raw_score=True, num_threads=1, validate_features=False)
        return scores.reshape(len(wide), -1)

    def gains(self) -> np.ndarray:
        """Return the total gain of each column of the wide row."""
        gains: np.ndarray = self._booster.feature_importance("gain")
        return gains
