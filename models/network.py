"""A small network on the residual to the convex reference: errs differently from trees, and is cheap."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.contract import Parts
from forecast.models.reference import Reference, usable
from forecast.models.scaling import by_lead, fit_scaler, scaled_by_lead
from forecast.models.threads import one_thread
from forecast.params import Params
from forecast.storage.typed import one_array, parameters


class Network(Params):
    """One hidden layer of rectifiers a lead, trained by scikit-learn, scored row by row.

    Args:
        units: of the hidden layer. rounds: over the training rows. penalty: of squared weights.
    """

    name: ClassVar[str] = "network"
    learns: ClassVar[bool] = True

    def __init__(self, units: int = 32, rounds: int = 10, penalty: float = 3.0) -> None:
        self.units, self.rounds, self.penalty = units, rounds, penalty

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the reference and a network a lead."""
        from joblib import Parallel, delayed  # late: a service that only forecasts need not wait for it

        self.reference_ = Reference().fit(design)
        rest, good = design.actual - self.reference_.point(design), usable(design)
        jobs = (
            delayed(self._one_lead)(design.matrix(k, good[:, k]), rest[good[:, k], k], random_state)
            for k in range(len(design.leads))
        )
        fitted = [j[0](*j[1]) for j in jobs] if n_jobs == 1 else Parallel(n_jobs=n_jobs)(jobs)
        names = ("mean", "spread", "first", "bias", "second", "offset")
        self.arrays_ = {name: np.stack([lead[i] for lead in fitted]) for i, name in enumerate(names)}
        return self

    def _one_lead(self, x: np.ndarray, y: np.ndarray, random_state: int) -> tuple[np.ndarray, ...]:
        from sklearn.neural_network import MLPRegressor

        scaler = fit_scaler(x)
        size = np.float32(max(float(np.std(y, dtype=np.float64)), 1e-6))
        net = MLPRegressor(
            hidden_layer_sizes=(self.units,), alpha=self.penalty, batch_size=min(256, len(x)), shuffle=False,
            learning_rate_init=2e-3, random_state=random_state,
        )  # fmt: skip
        z, y, order = scaler(x), y / size, np.random.default_rng(random_state)
        # BLAS works on lanes beyond the arrays' ends too, and now and then tells of values that are not there; weights
        # that are not finite are refused by scikit-learn itself
        with one_thread(), np.errstate(invalid="ignore"):
            for _ in range(self.rounds):
                rows = order.permutation(len(z))  # here: drawn batch by batch, they take half as long again
                net.partial_fit(z[rows], y[rows])
        (first, second), (bias, offset) = net.coefs_, net.intercepts_
        parts = (scaler.mean, scaler.spread, first, bias, second[:, 0] * size, offset[0] * size)
        return tuple(np.asarray(part, dtype=np.float32) for part in parts)

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        a, out = self.arrays_, self.reference_.point(design)
        for rows, z in scaled_by_lead(design, a["mean"], a["spread"]):
            hidden = np.maximum(by_lead(z, a["first"]) + a["bias"], np.float32(0))
            out[rows] += by_lead(hidden, a["second"][:, :, None])[..., 0] + a["offset"]
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return the mean size of each feature's weights on the hidden units."""
        return np.asarray(np.abs(self.arrays_["first"]).mean(axis=(0, 2)), dtype=np.float64)

    def to_parts(self) -> Parts:
        """Return settings and arrays."""
        values, arrays, _ = self.reference_.to_parts()
        return {"params": self.get_params(), "reference": values}, {**self.arrays_, **arrays}, {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        out = cls(**parameters(cls, values.get("params"), cls.name))
        out.reference_ = Reference.from_parts(values["reference"], arrays, {})
        dims = {"mean": 2, "spread": 2, "first": 3, "bias": 2, "second": 2, "offset": 1}
        out.arrays_ = {name: one_array(arrays, name, count) for name, count in dims.items()}
        return out
