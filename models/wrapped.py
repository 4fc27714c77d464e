"""Any scikit-learn regressor as a model: one copy a lead on the residual to the convex reference."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.errors import BundleError, InputTypeError
from forecast.models.contract import Parts
from forecast.models.reference import Reference, usable
from forecast.models.scaling import fit_scaler
from forecast.params import Params


class Wrapped(Params):
    """A scikit-learn regressor a lead; features are scaled and missing ones stand at their mean.

    Rows are scored one at a time, so that a forecast has the same bits alone and in a batch; regressors with a
    matrix product inside cannot promise that otherwise.

    Args:
        estimator: with `fit(X, y)` and `predict(X)`.
    """

    name: ClassVar[str] = "wrapped"
    learns: ClassVar[bool] = True

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the reference and a clone of the estimator a lead."""
        from sklearn.base import clone

        if not hasattr(self.estimator, "fit") or not hasattr(self.estimator, "predict"):
            raise InputTypeError(f"model {self.estimator!r} has no fit and predict; pass a scikit-learn regressor")
        self.reference_ = Reference().fit(design)
        rest, good = design.actual - self.reference_.point(design), usable(design)
        self.fitted_ = []
        for k in range(len(design.leads)):
            x = design.matrix(k, good[:, k])
            scaler = fit_scaler(x)
            estimator = clone(self.estimator)
            if "random_state" in estimator.get_params():
                estimator.set_params(random_state=random_state)
            self.fitted_.append((scaler, estimator.fit(scaler(x), rest[good[:, k], k])))
        return self

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        out = self.reference_.point(design)
        for k, (scaler, estimator) in enumerate(self.fitted_):
            z = scaler(design.matrix(k))
            out[:, k] += np.concatenate([np.asarray(estimator.predict(row[None, :])) for row in z]).astype(np.float32)
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return the estimators' own importances where they have any, else zeros."""
        found = [np.asarray(e.feature_importances_) for _, e in self.fitted_ if hasattr(e, "feature_importances_")]
        return np.asarray(np.mean(found, axis=0)) if found else np.zeros(len(design.names))

    def to_parts(self) -> Parts:
        """Raise `BundleError`: an estimator of another library cannot be saved without its code."""
        raise BundleError(
            f"{type(self.estimator).__name__} cannot be saved: bundles hold no code and no pickle; "
            "use one of the library's own models, or keep the fitted object in memory"
        )

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Raise `BundleError`, as `to_parts`."""
        raise BundleError("a wrapped estimator cannot be loaded")
