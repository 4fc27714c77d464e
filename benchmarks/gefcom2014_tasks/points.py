"""The first stage: what boosters say of a zone's month, and what they said, honestly, of the hours before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gefcom2014_tasks.inputs import own_inputs
from gefcom2014_tasks.records import Records

FOLDS = 3  # of whole months in turn, for the hours before the first month that is forecast
ROUNDS = 200  # of the boosters of the mean; those of quantiles are grown for three quarters of it
LEAST_HOURS = 1500  # of power, before anything is learned: more than two months, so that no fold is all there is
_ALWAYS: dict[str, Any] = {
    "learning_rate": 0.05, "feature_fraction": 0.25, "min_data_in_leaf": 30, "lambda_l2": 5.0, "max_bin": 127,
    "num_threads": 1, "verbose": -1, "deterministic": True, "force_col_wise": True, "seed": 0,
}  # fmt: skip
_RANDOM = {"extra_trees": True, "feature_fraction": 0.5, "learning_rate": 0.08}
KINDS: list[dict[str, Any]] = [
    {"objective": "regression", "num_leaves": 20},
    {"objective": "regression", "num_leaves": 24, **_RANDOM},
    *({"objective": "quantile", "alpha": level, "num_leaves": 12} for level in (0.1, 0.5, 0.9)),
]
BOOSTED_LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


class Rows:
    """The rows of one zone, binned once."""

    def __init__(self, known: Records, start: pd.Timestamp, zone: int) -> None:
        import lightgbm

        self.x, y = own_inputs(known, zone), known.power[:, zone]
        self.past, self.good = np.asarray(known.hours <= start), np.isfinite(y)
        self.fold = fold_of(known.hours, FOLDS)
        self._all = lightgbm.Dataset(self.x, np.nan_to_num(y), params=_ALWAYS, free_raw_data=False).construct()

    def forecast(self, learn: np.ndarray, wanted: np.ndarray, kind: dict[str, Any]) -> np.ndarray:
        """Return what a booster that learned from some rows says of others; never from rows without power."""
        import lightgbm

        rounds = ROUNDS if kind["objective"] == "regression" else ROUNDS * 3 // 4
        data = self._all.subset(np.flatnonzero(learn & self.good)).construct()
        made: np.ndarray = lightgbm.train({**_ALWAYS, **kind}, data, rounds).predict(self.x[wanted])
        return made


def fold_of(hours: pd.DatetimeIndex, folds: int) -> np.ndarray:
    """Return the fold of each hour: months in turn."""
    ended = hours - pd.Timedelta("1h")  # the label 00:00 ends the month before
    return np.asarray((ended.year * 12 + ended.month) % folds)


def points(known: Records, start: pd.Timestamp, zone: int, said: np.ndarray | None) -> np.ndarray:
    """Return honest forecasts (T, 5) of the hours up to `start`, and those of the month after it.

    `said`: what this function returned for the month before; its forecasts of then are the honest ones now. Without it
    the hours before are forecast out of fold.
    """
    rows = Rows(known, start, zone)
    out = np.full((len(known.hours), len(KINDS)), np.nan)
    for column, kind in enumerate(KINDS):
        if said is None:
            for fold in range(FOLDS):
                held, others = rows.past & (rows.fold == fold), rows.past & (rows.fold != fold)
                if held.any() and (others & rows.good).any():
                    out[held, column] = rows.forecast(others, held, kind)
        out[~rows.past, column] = rows.forecast(rows.past, ~rows.past, kind)
    if said is not None:
        out[: len(said)] = said
    return out


def boosted_quantiles(known: Records, start: pd.Timestamp, zone: int, levels: np.ndarray) -> np.ndarray:
    """Return the month's quantiles (hours, Q) by 13 quantile boosters on the same inputs, sorted, linear between."""
    rows = Rows(known, start, zone)
    kinds = ({"objective": "quantile", "alpha": level, "num_leaves": 20} for level in BOOSTED_LEVELS)
    made = np.column_stack([rows.forecast(rows.past, ~rows.past, kind) for kind in kinds])
    made = np.clip(np.sort(made, axis=1), 0, 1)
    return np.stack([np.interp(levels, BOOSTED_LEVELS, row) for row in made])
