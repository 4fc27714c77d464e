"""A ridge on random cosines of the features, all leads in one: smooth where trees are stepped."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.contract import Parts
from forecast.models.pooled import brief_columns, paired, sampled_pairs, spread_out
from forecast.models.reference import Reference, enough
from forecast.models.scaling import Scaler, by_lead, fit_scaler
from forecast.models.threads import one_thread
from forecast.params import Params
from forecast.storage.typed import one_array, parameters, read_as

MOST_PAIRS = 60_000
ROWS_AT_ONCE = 64


class Cosine(Params):
    """Linear in the scaled features z and in cos(z W + b), W and b drawn once; on the residual to the reference.

    Source: Rahimi and Recht 2007, "Random features for large-scale kernel machines".

    Args:
        cosines: how many. width: of the kernel, in spreads of a feature times the root of their number.
        penalty: weight of squared coefficients, per row.
    """

    name: ClassVar[str] = "cosine"
    learns: ClassVar[bool] = True

    def __init__(self, cosines: int = 1000, width: float = 2.5, penalty: float = 1e-2) -> None:
        self.cosines, self.width, self.penalty = cosines, width, penalty

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Draw the cosines and solve for the coefficients of all leads at once."""
        good = enough(design)
        self.reference_ = Reference().fit(design)
        base = self.reference_.point(design)
        row, lead = sampled_pairs(good, MOST_PAIRS, random_state)
        self.columns_ = brief_columns(design)
        x = paired(design, self.columns_, base, row, lead)
        self.scaler_ = fit_scaler(x)
        rng, inputs = np.random.default_rng(random_state), int(np.isfinite(self.scaler_.spread).sum())
        size = 1.0 / (self.width * np.sqrt(max(inputs, 1)))
        self.turn_ = (size * rng.normal(size=(x.shape[1], self.cosines))).astype(np.float32)
        self.shift_ = rng.uniform(0, 2 * np.pi, self.cosines).astype(np.float32)
        y = (design.actual - base)[row, lead].astype(np.float64)
        with one_thread():
            z = self.scaler_(x)
            f = np.concatenate([z, np.cos(z @ self.turn_ + self.shift_)], axis=1).astype(np.float64)
            center = f.mean(axis=0)
            f -= center
            gram = f.T @ f + self.penalty * len(f) * np.eye(f.shape[1])
            weight = np.linalg.solve(gram, f.T @ (y - y.mean()))
        self.weight_ = weight.astype(np.float32)
        self.bias_ = float(y.mean() - center @ weight)
        return self

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        out, leads = self.reference_.point(design), np.arange(len(design.leads))
        turn, weight = self.turn_[None], self.weight_[None, :, None]
        for start in range(0, len(design), ROWS_AT_ONCE):
            rows = np.arange(start, min(start + ROWS_AT_ONCE, len(design)))
            x = paired(design, self.columns_, out, np.repeat(rows, len(leads)), np.tile(leads, len(rows)))
            z = self.scaler_(x)[:, None]
            f = np.concatenate([z, np.cos(by_lead(z, turn) + self.shift_)], axis=2)
            moved = by_lead(f, weight)[:, 0, 0] + np.float32(self.bias_)
            out[rows] += moved.reshape(len(rows), len(leads))
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return the size of each feature's linear coefficient and, evenly, of the cosines it turns."""
        linear = np.abs(self.weight_[: len(self.turn_)])
        turned = np.abs(self.turn_) @ np.abs(self.weight_[len(self.turn_) :])
        return spread_out((linear + turned)[:-2], self.columns_, design)

    def to_parts(self) -> Parts:
        """Return settings and arrays."""
        values, arrays, _ = self.reference_.to_parts()
        own = {
            "mean": self.scaler_.mean, "spread": self.scaler_.spread, "turn": self.turn_, "shift": self.shift_,
            "coefficients": self.weight_, "columns": self.columns_,
        }  # fmt: skip
        return {"params": self.get_params(), "reference": values, "bias": self.bias_}, {**own, **arrays}, {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        out = cls(**parameters(cls, values.get("params"), cls.name))
        out.reference_ = Reference.from_parts(values["reference"], arrays, {})
        out.scaler_ = Scaler(one_array(arrays, "mean", 1), one_array(arrays, "spread", 1))
        out.columns_ = one_array(arrays, "columns", 1, "i")
        out.turn_, out.shift_ = one_array(arrays, "turn", 2), one_array(arrays, "shift", 1)
        out.weight_, out.bias_ = one_array(arrays, "coefficients", 1), read_as(float, values.get("bias"), "bias")
        return out
