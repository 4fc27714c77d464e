"""One booster over all leads, the lead an input: for horizons of days, where neighbouring leads differ little."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.contract import Parts
from forecast.models.forest import Forest, merge
from forecast.models.reference import Reference, enough
from forecast.params import Params
from forecast.storage.typed import one_array, parameters

#: of the power's history: what still tells something a day later; more of it is noise there
BRIEF = ("power", "power_lag1", "power_mean4", "power_mean16", "power_std16")
MOST_PAIRS = 200_000  # (issue time, lead) pairs to learn from
ROWS_AT_ONCE = 256
_ALWAYS = {"num_threads": 1, "deterministic": True, "force_col_wise": True, "verbose": -1}


class Pooled(Params):
    """One LightGBM booster on the residual to the reference, trained on pairs of issue time and lead.

    Never for the first hours: there the errors of far leads would drown those of near ones.

    Args:
        trees, leaves, rate, feature_share, least_rows, l2, random_splits: as in `Boosted`.
    """

    name: ClassVar[str] = "pooled"
    learns: ClassVar[bool] = True

    def __init__(
        self,
        trees: int = 250,
        leaves: int = 24,
        rate: float = 0.04,
        feature_share: float = 0.15,
        least_rows: int = 100,
        l2: float = 20.0,
        random_splits: bool = False,
    ) -> None:
        self.trees, self.leaves, self.rate = trees, leaves, rate
        self.feature_share, self.least_rows, self.l2 = feature_share, least_rows, l2
        self.random_splits = random_splits

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the reference and the booster."""
        import lightgbm

        good = enough(design)
        self.reference_ = Reference().fit(design)
        base = self.reference_.point(design)
        row, lead = sampled_pairs(good, MOST_PAIRS, random_state)
        self.columns_ = brief_columns(design)
        x = paired(design, self.columns_, base, row, lead)
        params = {
            "objective": "regression", "num_leaves": self.leaves, "learning_rate": self.rate,
            "feature_fraction": self.feature_share, "min_data_in_leaf": self.least_rows, "lambda_l2": self.l2,
            "extra_trees": self.random_splits, "max_bin": 127, "seed": random_state, **_ALWAYS,
        }  # fmt: skip
        y = (design.actual - base)[row, lead]
        data = lightgbm.Dataset(x, y, params=params)
        text = lightgbm.train(params, data, self.trees).model_to_string()
        self.forest_ = Forest(merge([(np.arange(x.shape[1]), text)], x.shape[1]))
        return self

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        out = self.reference_.point(design)
        leads = np.arange(len(design.leads))
        for start in range(0, len(design), ROWS_AT_ONCE):
            rows = np.arange(start, min(start + ROWS_AT_ONCE, len(design)))
            x = paired(design, self.columns_, out, np.repeat(rows, len(leads)), np.tile(leads, len(rows)))
            out[rows] += self.forest_(x)[:, 0].astype(np.float32).reshape(len(rows), len(leads))
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return each feature's share of the gain; that of the lead and the reference left out."""
        return spread_out(self.forest_.gains()[:-2], self.columns_, design)

    def to_parts(self) -> Parts:
        """Return settings, the reference's parts and the forest's text."""
        values, arrays, _ = self.reference_.to_parts()
        arrays = arrays | {"columns": self.columns_}
        return {"params": self.get_params(), "reference": values}, arrays, {"forest": self.forest_.text}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        out = cls(**parameters(cls, values.get("params"), cls.name))
        out.reference_ = Reference.from_parts(values["reference"], arrays, {})
        out.forest_, out.columns_ = Forest.loaded(texts["forest"]), one_array(arrays, "columns", 1, "i")
        return out


def sampled_pairs(good: np.ndarray, most: int, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and places of leads where `good` (n, L), at most so many, drawn evenly and in order."""
    row, lead = np.nonzero(good)
    if len(row) > most:
        keep = np.sort(np.random.default_rng(random_state).choice(len(row), size=most, replace=False))
        row, lead = row[keep], lead[keep]
    return row, lead


def brief_columns(design: Design) -> np.ndarray:
    """Return the places of the common features without the power's history beyond `BRIEF`."""
    columns = enumerate(design.common_columns)
    return np.array([i for i, c in columns if c.group != "power" or c.name in BRIEF], dtype=np.int64)


def spread_out(weights: np.ndarray, columns: np.ndarray, design: Design) -> np.ndarray:
    """Return weights of the features used as weights of all features of a lead, 0 for those left out."""
    shared = design.common.shape[1]
    out = np.zeros(shared + design.lead.shape[2])
    out[columns], out[shared:] = weights[: len(columns)], weights[len(columns) :]
    return out


def paired(design: Design, columns: np.ndarray, base: np.ndarray, row: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Return the features of pairs (m, k + V + 2): common ones, those of the lead, the lead and the reference."""
    shared, own = len(columns), design.lead.shape[2]
    out = np.empty((len(row), shared + own + 2), dtype=np.float32)
    out[:, :shared] = design.common[row[:, None], columns]
    out[:, shared : shared + own] = design.lead[row, lead]
    out[:, -2] = design.leads[lead]
    out[:, -1] = base[row, lead]
    return out
