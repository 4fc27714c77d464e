"""Power by physics, corrected by what the site's past says about it; the one model that needs no past."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.errors import ColumnError, NotEnoughDataError
from forecast.models.contract import Parts
from forecast.models.reference import LEAST_ROWS, Reference, usable
from forecast.storage.typed import one_array
from forecast.timegrid import NS_PER_DAY

POWER, ERROR, ERROR_MEAN = "physical_power", "physical_error", "physical_error_mean"
# days of history that no correction is worth: much against weather and sun, of which two weeks see little; less
# against the newest error, which every day sees anew
PRIOR_DAYS = (10.0, 10.0, 1.0, 1.0)
USUAL_INDEX, USUAL_SHARE = 0.55, 0.25  # where neither weather nor any past is there: of clear-sky power; of capacity


class Physical(Reference):
    """Physics p from the weather forecast, with a correction by lead h as far as there is a past to fit it on.

    f(t + h) = p + a_h p + b_h c + c (d_h e + g_h ē), c = clear-sky power (wind: 1), e = how far the newest power lay
    above p then, over c, and ē its mean over three hours; least squares, drawn to 0 (`PRIOR_DAYS`). Where e
    is not known, a and b alone, fitted without it. Without weather: the reference.
    """

    name: ClassVar[str] = "physical"

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the corrections; too few rows leave them 0."""
        self._fit_reference(design)
        days = max(float(np.ptp(design.issue_ns)) / NS_PER_DAY, 1.0) if len(design) else 1.0
        power, early, late = _terms(design)
        good = usable(design)
        missed = (design.actual - power).astype(np.float64)
        self.early_, self.late_ = (_weights(x, missed, good, days) for x in (early, early + late))
        return self

    def _fit_reference(self, design: Design) -> None:
        try:
            super().fit(design)
        except NotEnoughDataError:
            wind = bool((design.clear == 1).all())
            self.mean_ = USUAL_SHARE if wind else USUAL_INDEX
            self.weight_ = np.zeros(len(design.leads), dtype=np.float32)

    def point(self, design: Design) -> np.ndarray:
        """Return the forecast, (n, L)."""
        power, early, late = _terms(design)
        first, second = power, power
        for i, x in enumerate(early):
            first = first + self.early_[:, i] * x
        for i, x in enumerate(early + late):
            second = second + self.late_[:, i] * x
        out = np.where(np.isfinite(second), second, first)
        return np.where(np.isfinite(out), out, super().point(design))

    def importance(self, design: Design) -> np.ndarray:
        """Return the mean size of the weights of `physical_power` and the errors."""
        size = np.abs(self.late_).mean(axis=0)
        weights = {POWER: 1.0 + float(size[0]), ERROR: float(size[2]), ERROR_MEAN: float(size[3])}
        return np.array([weights.get(name, 0.0) for name in design.names])

    def to_parts(self) -> Parts:
        """Return the reference's parts and the corrections."""
        values, arrays, texts = super().to_parts()
        return values, {**arrays, "late": self.late_, "early": self.early_}, texts

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the model that `to_parts` described."""
        out = super().from_parts(values, arrays, texts)
        out.late_, out.early_ = one_array(arrays, "late", 2), one_array(arrays, "early", 2)
        return out


def reads_physics(model: Any) -> bool:
    """Return whether a model, or a member of it, needs power by physics among its features."""
    return isinstance(model, Physical) or any(map(reads_physics, getattr(model, "members", ())))


def _terms(design: Design) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return power by physics and what corrects it: by weather and sun, and by the newest power; all (n, L), float32.

    The terms of the newest power are missing together.
    """
    names, common = ([c.name for c in columns] for columns in (design.lead_columns, design.common_columns))
    if POWER not in names:
        raise ColumnError(f"the physical model reads a feature {POWER!r}; this design has none")
    nothing = np.full(len(design), np.nan, dtype=np.float32)
    error, mean = (design.common[:, common.index(n)] if n in common else nothing for n in (ERROR, ERROR_MEAN))
    error = np.where(np.isnan(error), mean, error)
    power, clear = design.lead[..., names.index(POWER)], design.clear
    return power, [power, clear], [clear * error[:, None], clear * mean[:, None]]


def _weights(x: list[np.ndarray], y: np.ndarray, good: np.ndarray, days: float) -> np.ndarray:
    """Return the weights (L, terms) of least squares, drawn to 0 as if `PRIOR_DAYS` said so."""
    out = np.zeros((y.shape[1], len(x)), dtype=np.float32)
    for k in range(y.shape[1]):
        X = np.stack([term[:, k] for term in x], axis=1).astype(np.float64)
        rows = good[:, k] & np.isfinite(X).all(axis=1)
        if rows.sum() < LEAST_ROWS:
            continue
        X = X[rows]
        squares = X.T @ X
        prior = np.diag(np.diag(squares) * PRIOR_DAYS[: len(x)]) / days + 1e-9 * np.eye(len(x))
        out[k] = np.linalg.solve(squares + prior, X.T @ y[rows, k])
    return out
