"""Ridge on the residual to the convex reference, one solution a lead."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.contract import Parts
from forecast.models.reference import Reference, usable
from forecast.models.scaling import Scaler, by_lead, fit_scaler, scaled_by_lead
from forecast.models.threads import one_thread
from forecast.params import Params
from forecast.storage.typed import one_array, parameters


class Ridge(Params):
    """Reference plus a linear correction from all features; the cheap model that is hard to beat on short records.

    Args:
        penalty: weight of squared coefficients, per row of training data.
    """

    name: ClassVar[str] = "ridge"
    learns: ClassVar[bool] = True

    def __init__(self, penalty: float = 0.03) -> None:
        self.penalty = penalty

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the reference, the scaler and the coefficients of each lead."""
        self.reference_ = Reference().fit(design)
        base, good = self.reference_.point(design), usable(design)
        solutions = [self._one_lead(design, k, base[:, k], good[:, k]) for k in range(len(design.leads))]
        self.mean_ = np.stack([s.mean for s, _, _ in solutions])
        self.spread_ = np.stack([s.spread for s, _, _ in solutions])
        self.weight_ = np.stack([w for _, w, _ in solutions])
        self.bias_ = np.array([b for _, _, b in solutions], dtype=np.float32)
        return self

    def _one_lead(self, design: Design, k: int, base: np.ndarray, good: np.ndarray) -> tuple[Scaler, np.ndarray, float]:
        x = design.matrix(k, good)
        scaler = fit_scaler(x)
        if not len(x):
            return scaler, np.zeros(x.shape[1], dtype=np.float32), 0.0
        z = scaler(x).astype(np.float64)
        center = z.mean(axis=0)
        rest = (design.actual[good, k] - base[good]).astype(np.float64)
        with one_thread():
            z -= center
            gram = z.T @ z + self.penalty * len(z) * np.eye(z.shape[1])
            weight = np.linalg.solve(gram, z.T @ (rest - rest.mean()))
        return scaler, weight.astype(np.float32), float(rest.mean() - center @ weight)

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        out = self.reference_.point(design)
        for rows, z in scaled_by_lead(design, self.mean_, self.spread_):
            out[rows] += by_lead(z, self.weight_[:, :, None])[..., 0] + self.bias_
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return the mean size of each coefficient on scaled features."""
        return np.asarray(np.abs(self.weight_).mean(axis=0), dtype=np.float64)

    def to_parts(self) -> Parts:
        """Return settings and arrays."""
        values, arrays, _ = self.reference_.to_parts()
        own = {name: getattr(self, name + "_") for name in ("mean", "spread", "bias")}
        return {"params": self.get_params(), "reference": values}, {**own, "coefficients": self.weight_, **arrays}, {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        out = cls(**parameters(cls, values.get("params"), cls.name))
        out.reference_ = Reference.from_parts(values.get("reference", {}), arrays, {})
        out.mean_, out.spread_ = (one_array(arrays, name, 2) for name in ("mean", "spread"))
        out.weight_, out.bias_ = one_array(arrays, "coefficients", 2), one_array(arrays, "bias", 1)
        return out
