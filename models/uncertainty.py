"""Quantiles around a point forecast, learned from honest errors: their size first, then their shape."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.models.boosted import merge_leads, score, train_leads
from forecast.models.contract import Model
from forecast.models.dependence import Dependence
from forecast.models.forest import Forest
from forecast.models.reference import clear_scale, usable
from forecast.models.residuals import GRID, ResidualQuantiles, fit_residuals
from forecast.params import copy_unfitted
from forecast.storage.typed import one_array
from forecast.timegrid import NS_PER_DAY

SMALLEST = 2e-3  # share of capacity: no forecast is surer than that
FOLDS = 2
MOST_HONEST = 8000  # rows: quantiles of errors get no better beyond it
FOLD_NS = 12 * NS_PER_DAY
_SIZE = {
    "objective": "regression", "num_leaves": 8, "learning_rate": 0.08, "feature_fraction": 0.3,
    "min_data_in_leaf": 100, "lambda_l2": 20.0, "max_bin": 63,
}  # fmt: skip
SIZE_TREES = 60


class Uncertainty:
    """The size of error to expect and the quantiles of errors in units of that size."""

    def __init__(self, residuals: ResidualQuantiles, size: Forest | None) -> None:
        self.residuals, self.size = residuals, size

    @classmethod
    def fit(cls, design: Design, honest: np.ndarray, learned: bool, random_state: int, n_jobs: int) -> Self:
        """Fit on honest forecasts (n, L); `learned` = a booster for the size, else the clear-sky power (wind: 1)."""
        good = usable(design) & np.isfinite(honest)
        size = None
        if learned:
            wrong = np.abs(design.actual - honest)
            texts = train_leads(design, wrong, good, _SIZE | {"seed": random_state}, SIZE_TREES, n_jobs)
            size = Forest(merge_leads(design, texts))
        out = cls(ResidualQuantiles(np.zeros((0, 0)), np.zeros((0, 0, 0))), size)
        out.residuals = fit_residuals(honest, out.scale(design), design.actual, good)
        return out

    def scale(self, design: Design) -> np.ndarray:
        """Return the size of error to expect, (n, L), positive."""
        if self.size is None:
            return clear_scale(design)
        size: np.ndarray = np.maximum(score(self.size, design), np.float32(SMALLEST))
        return size

    def quantiles(self, design: Design, point: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of power."""
        return self.residuals(point, self.scale(design), levels)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, str]]:
        """Return values, arrays and texts that `from_parts` reads back."""
        _, arrays = self.residuals.to_parts()
        return {"learned": self.size is not None}, arrays, {} if self.size is None else {"size": self.size.text}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return what `to_parts` described."""
        residuals = ResidualQuantiles(one_array(arrays, "middle", 2), one_array(arrays, "table", 3))
        return cls(residuals, Forest.loaded(texts["size"]) if values["learned"] else None)


def dependence_of(design: Design, honest: np.ndarray, uncertainty: Uncertainty) -> Dependence:
    """Return how honest errors hang together between leads."""
    rows = np.flatnonzero(np.isfinite(honest).any(axis=1))
    rows = rows[:: len(rows) // MOST_HONEST + 1]
    some, point = design.take(rows), honest[rows]
    curves = np.sort(uncertainty.quantiles(some, np.nan_to_num(point), GRID), axis=-1)
    most = (1.0 / some.scale[:, None, None]).astype(np.float32)
    return Dependence.fit(some, point, np.clip(curves, np.float32(0), most))


def in_turn(issue_ns: np.ndarray, folds: int = FOLDS) -> np.ndarray:
    """Return the fold (n,) of each issue time: blocks of twelve days take turns."""
    age = issue_ns - issue_ns.min()
    # a short record still has two blocks a fold, and blocks without a measurement do not take turns
    block = age // min(FOLD_NS, int(age.max()) // (2 * folds) + 1)
    fold: np.ndarray = np.unique(block, return_inverse=True)[1] % folds
    return fold


def honest_points(model: Model, design: Design, random_state: int, n_jobs: int) -> np.ndarray:
    """Return forecasts (n, L) of half of the training rows by a model that learned from the other half.

    Blocks of twelve days go to two folds in turn; a model that does not learn from single rows is asked as it is.
    """
    if not model.learns:
        return model.point(design)
    rows = np.flatnonzero(usable(design).any(axis=1))
    fold = in_turn(design.issue_ns[rows])
    honest = np.full((len(design), len(design.leads)), np.nan, dtype=np.float32)
    others, mine = rows[fold != 0], rows[fold == 0]
    mine = mine[:: len(mine) // MOST_HONEST + 1]
    copy = copy_unfitted(model).fit(design.take(others), random_state=random_state, n_jobs=n_jobs)
    honest[mine] = copy.point(design.take(mine))
    return honest
