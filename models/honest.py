"""Forecasts of training rows by a model that did not learn from them."""

from __future__ import annotations

import numpy as np

from forecast.design import Design
from forecast.models.contract import Model
from forecast.models.reference import usable
from forecast.params import copy_unfitted
from forecast.timegrid import NS_PER_DAY

FOLDS = 2
MOST_HONEST = 16_000  # rows: quantiles of errors hardly get better beyond it
FOLD_NS = 12 * NS_PER_DAY


def in_turn(issue_ns: np.ndarray, folds: int = FOLDS) -> np.ndarray:
    """Return the fold (n,) of each issue time: blocks of twelve days take turns."""
    age = issue_ns - issue_ns.min()
    # a short record still has two blocks a fold, and blocks without a measurement do not take turns
    block = age // min(FOLD_NS, int(age.max()) // (2 * folds) + 1)
    fold: np.ndarray = np.unique(block, return_inverse=True)[1] % folds
    return fold


def halves(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of one half to learn from, and those of the other to forecast, at most `MOST_HONEST`."""
    rows = np.flatnonzero(usable(design).any(axis=1))
    fold = in_turn(design.issue_ns[rows])
    mine = rows[fold == 0]
    return rows[fold != 0], mine[:: len(mine) // MOST_HONEST + 1]


def other_half(design: Design) -> Design:
    """Return the half of the rows to learn from, the same object whenever it is asked for."""
    if "other half" not in design.kept:
        design.kept["other half"] = design.take(halves(design)[0])
    half: Design = design.kept["other half"]
    return half


def honest_points(model: Model, design: Design, random_state: int, n_jobs: int) -> np.ndarray:
    """Return forecasts (n, L) of half of the training rows by a model that learned from the other half.

    Blocks of twelve days go to two folds in turn; a model that does not learn from single rows is asked as it is.
    """
    if not model.learns:
        return model.point(design)
    mine = halves(design)[1]
    honest = np.full((len(design), len(design.leads)), np.nan, dtype=np.float32)
    copy = copy_unfitted(model).fit(other_half(design), random_state=random_state, n_jobs=n_jobs)
    honest[mine] = copy.point(design.take(mine))
    return honest
