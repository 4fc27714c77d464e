"""Boosters a lead on what a simpler model leaves over, scored together as one forest."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.binned import binned
from forecast.models.contract import Model, Parts
from forecast.models.forest import Forest, SideBySide, merge
from forecast.models.nested import base_from_parts, base_parts
from forecast.models.reference import Reference, enough
from forecast.models.relearning import relearned
from forecast.params import Params, copy_unfitted
from forecast.storage.typed import parameters

# one thread a booster and one way to make histograms: the same trees on any number of cores; bundles: see `binned`
_ALWAYS = {
    "num_threads": 1, "deterministic": True, "verbose": -1, "data_random_seed": 1, "enable_bundle": False,
}  # fmt: skip


_REFERENCE = Reference()


class Boosted(Params):
    """One LightGBM booster a lead, trained on the residual to a simpler model; never one booster over all leads.

    Args:
        base: the simpler model; None = the power itself (good for PV; at a wind farm's first leads much worse than
            persistence).
        trees, leaves, rate: size of each booster. feature_share: of the features tried in each tree.
        random_splits: LightGBM's `extra_trees`, a different kind of error at equal accuracy.
    """

    name: ClassVar[str] = "boosted"
    learns: ClassVar[bool] = True

    def __init__(
        self,
        base: Model | None = _REFERENCE,
        trees: int = 120,
        leaves: int = 15,
        rate: float = 0.08,
        feature_share: float = 0.3,
        least_rows: int = 40,
        l2: float = 20.0,
        random_splits: bool = False,
    ) -> None:
        self.base = base
        self.trees, self.leaves, self.rate = trees, leaves, rate
        self.feature_share, self.least_rows, self.l2 = feature_share, least_rows, l2
        self.random_splits = random_splits

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the base and a booster a lead."""
        self.base_: Model | None = None
        rest, good = design.actual, enough(design)
        if self.base is not None:
            self.base_ = copy_unfitted(self.base).fit(design, random_state=random_state, n_jobs=n_jobs)
            rest = rest - self.base_.point(design)
        settings = self._settings() | {"seed": random_state}
        texts = train_leads(design, rest, good, settings, self.trees, n_jobs)
        self.forest_ = Forest(merge_leads(design, texts))
        return self

    def renewed(self, design: Design, new: np.ndarray) -> Self:
        """Return the model whose leaves have also learned from values (n, L) where `new`; the base stays."""
        rest = design.actual if self.base_ is None else design.actual - self.base_.point(design)
        out = copy(self)
        out.forest_ = relearned(self.forest_, wide_row(design), rest, new, self.rate, self.l2)
        return out

    def _settings(self) -> dict[str, Any]:
        return {
            "objective": "regression",
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "feature_fraction": self.feature_share,
            "min_data_in_leaf": self.least_rows,
            "lambda_l2": self.l2,
            "extra_trees": self.random_splits,
            "max_bin": 63,
        }

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        return self.point_from(score(self.forest_, design), design)

    def point_from(self, scores: np.ndarray, design: Design) -> np.ndarray:
        """Return the forecast, (n, L), where the forest's scores are known already."""
        return scores if self.base_ is None else np.asarray(self.base_.point(design) + scores)

    def importance(self, design: Design) -> np.ndarray:
        """Return each feature's share of the boosters' gain, leads together."""
        return gain_by_feature(self.forest_, design)

    def to_parts(self) -> Parts:
        """Return settings, the base's parts and the forest's text."""
        settings = {name: value for name, value in self.get_params(deep=False).items() if name != "base"}
        values, arrays, texts = base_parts(self.base_)
        return {"params": settings, "base": values}, arrays, {**texts, "forest": self.forest_.text}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        base = base_from_parts(values["base"], arrays, texts)
        out = cls(base=copy_unfitted(base), **parameters(cls, values.get("params"), cls.name))
        out.base_ = base
        out.forest_ = Forest.loaded(texts["forest"])
        return out


def wide_row(design: Design) -> np.ndarray:
    """Return (n, C + L · V): the features all leads share, then those of each lead."""
    n = len(design)
    return np.concatenate([design.common, design.lead.reshape(n, -1)], axis=1)


def lead_columns(design: Design, k: int) -> np.ndarray:
    """Return where the features of the k-th lead stand in the wide row."""
    shared, own = design.common.shape[1], design.lead.shape[2]
    return np.concatenate([np.arange(shared), shared + k * own + np.arange(own)])


def train_leads(
    design: Design, target: np.ndarray, good: np.ndarray, settings: dict[str, Any], trees: int, n_jobs: int
) -> list[str]:
    """Return the model texts of one booster a lead, trained on the rows where `good`."""
    from joblib import Parallel, delayed  # late: a service that only forecasts need not wait for it

    # column by column where each tree sees few of them, else row by row: the other way takes a fifth longer, or twice
    way = "force_col_wise" if settings["feature_fraction"] < 0.5 else "force_row_wise"
    settings = settings | _ALWAYS | {way: True}

    def one(k: int) -> str:
        import lightgbm

        data = binned(design, k, good[:, k], target[good[:, k], k], settings)
        return lightgbm.train(settings, data, trees).model_to_string()

    # threads: LightGBM leaves Python while it works, and all leads share the bins
    texts: list[str] = Parallel(n_jobs=n_jobs, require="sharedmem")(delayed(one)(k) for k in range(len(design.leads)))
    return texts


def merge_leads(design: Design, texts: Sequence[str]) -> str:
    """Return one model text whose outputs are the leads."""
    width = design.common.shape[1] + design.lead.shape[1] * design.lead.shape[2]
    return merge([(lead_columns(design, k), text) for k, text in enumerate(texts)], width)


def score(forest: Forest | SideBySide, design: Design) -> np.ndarray:
    """Return the forest's raw scores, (n, L) float32."""
    scores: np.ndarray = forest(wide_row(design)).astype(np.float32)
    return scores


def gain_by_feature(forest: Forest, design: Design) -> np.ndarray:
    """Return the gain of each feature of one lead, summed over leads."""
    gains, shared = forest.gains(), design.common.shape[1]
    return np.asarray(np.r_[gains[:shared], gains[shared:].reshape(len(design.leads), -1).sum(axis=0)])
