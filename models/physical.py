"""Power by physics, corrected by what the site's past says about it; the one model that needs no past."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.errors import ColumnError, NotEnoughDataError
from forecast.models.contract import Parts
from forecast.models.reference import LEAST_ROWS, Reference, usable
from forecast.timegrid import NS_PER_DAY

POWER, ERROR, ERROR_MEAN = "physical_power", "physical_error", "physical_error_mean"
PRIOR_DAYS = 2.0  # of history that physics itself is worth against its corrections
USUAL_INDEX, USUAL_SHARE = 0.55, 0.25  # where neither weather nor any past is there: of clear-sky power; of capacity


class Physical(Reference):
    """Physics p from the weather forecast, with a correction by lead h as far as there is a past to fit it on.

    f(t + h) = p + a_h p + b_h c + c (d_h e + g_h ē), c = clear-sky power (wind: 1), e = how far the newest power lay
    above p then, over c, and ē its mean over three hours; least squares, drawn to 0 as by two days of history. Where e
    is not known, a and b alone, fitted without it. Without weather: the reference.
    """

    name: ClassVar[str] = "physical"

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the corrections; too few rows leave them 0."""
        self._fit_reference(design)
        leads = len(design.leads)
        self.late_, self.early_ = np.zeros((leads, 4), np.float32), np.zeros((leads, 2), np.float32)
        power, error, mean = _columns(design)
        days = max(float(np.ptp(design.issue_ns)) / NS_PER_DAY, 1.0) if len(design) else 1.0
        good = usable(design) & np.isfinite(power)
        informed = np.isfinite(mean)
        for k in range(leads):
            p, c = power[:, k].astype(np.float64), design.clear[:, k].astype(np.float64)
            missed = design.actual[:, k] - p
            now, late = good[:, k], good[:, k] & informed
            self.early_[k] = _solved([p[now], c[now]], missed[now], days)
            x = [p[late], c[late], (c * error)[late], (c * mean)[late]]
            self.late_[k] = _solved(x, missed[late], days)
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
        power, error, mean = (x.astype(np.float32) for x in _columns(design))
        clear = design.clear
        early = power + self.early_[:, 0] * power + self.early_[:, 1] * clear
        late = power + self.late_[:, 0] * power + self.late_[:, 1] * clear
        late = late + clear * (self.late_[:, 2] * error[:, None] + self.late_[:, 3] * mean[:, None])
        out = np.where(np.isfinite(late), late, early)
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
        out.late_, out.early_ = arrays["late"], arrays["early"]
        return out


def reads_physics(model: Any) -> bool:
    """Return whether a model, or a member of it, needs power by physics among its features."""
    return isinstance(model, Physical) or any(map(reads_physics, getattr(model, "members", ())))


def _columns(design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return power by physics (n, L), its newest error and the mean of it (n,); both errors are missing together."""
    names = [c.name for c in design.lead_columns]
    if POWER not in names:
        raise ColumnError(f"the physical model reads a feature {POWER!r}; this design has none")
    common = [c.name for c in design.common_columns]
    nothing = np.full(len(design), np.nan, dtype=np.float32)
    error, mean = (design.common[:, common.index(n)] if n in common else nothing for n in (ERROR, ERROR_MEAN))
    return design.lead[..., names.index(POWER)], np.where(np.isnan(error), mean, error), mean


def _solved(x: list[np.ndarray], y: np.ndarray, days: float) -> np.ndarray:
    """Return the weights of least squares, drawn to 0 as if `PRIOR_DAYS` more days said so."""
    if len(y) < LEAST_ROWS:
        return np.zeros(len(x))
    X = np.stack(x, axis=1)
    squares = X.T @ X
    prior = np.diag(np.diag(squares)) * (PRIOR_DAYS / days) + 1e-9 * np.eye(len(x))
    return np.asarray(np.linalg.solve(squares + prior, X.T @ y))
