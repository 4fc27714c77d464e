"""The convex reference: w · persistence + (1 − w) · mean, on the clear-sky index for PV, w by lead."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.errors import NotEnoughDataError
from forecast.models.contract import Parts
from forecast.params import Params
from forecast.storage.typed import one_array, read_as

LEAST_ROWS = 20


def usable(design: Design) -> np.ndarray:
    """Return which (n, L) values can be learned from: measured, and the sun is up."""
    good: np.ndarray = np.isfinite(design.actual) & design.up
    return good


def enough(design: Design) -> np.ndarray:
    """Return what is `usable`; raise `NotEnoughDataError` where a lead has less than `LEAST_ROWS` of it."""
    good = usable(design)
    rows = good.sum(axis=0)
    if rows.min() < LEAST_ROWS:
        raise NotEnoughDataError(
            f"{rows.min()} usable training values (measured, sun up) at lead {design.leads[rows.argmin()]}; "
            f"at least {LEAST_ROWS} are needed: a longer record or a shorter horizon"
        )
    return good


class Reference(Params):
    """w · persistence + (1 − w) · mean; w by least squares a lead on the training rows, in [0, 1].

    f(t + h) = clear(t + h) · [ w_h k(t) + (1 − w_h) mean(k) ], k = power over clear-sky power; for wind clear = 1.
    Where the newest power is missing, the mean alone. Source: Yang et al. 2020, Solar Energy 210:20.
    """

    name: ClassVar[str] = "reference"
    learns: ClassVar[bool] = False

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the weights and the mean."""
        good = enough(design)
        clear, actual = design.clear.astype(np.float64), design.actual.astype(np.float64)
        bright = good & (clear > 0)
        if not bright.any():
            raise NotEnoughDataError("clear-sky power is 0 in all usable rows: the plant never produced in this record")
        self.mean_ = float(actual[bright].sum() / clear[bright].sum())
        index = design.index.astype(np.float64)[:, None]
        known = bright & np.isfinite(index)
        x = np.where(known, clear * (index - self.mean_), 0.0)
        y = np.where(known, actual - clear * self.mean_, 0.0)
        squares = (x * x).sum(axis=0)
        weight = np.divide((x * y).sum(axis=0), squares, out=np.zeros_like(squares), where=squares > 0)
        self.weight_ = np.clip(weight, 0.0, 1.0).astype(np.float32)
        return self

    def point(self, design: Design) -> np.ndarray:
        """Return the reference, (n, L)."""
        mean = np.float32(self.mean_)
        away = np.where(np.isnan(design.index), np.float32(0), design.index - mean)
        out: np.ndarray = design.clear * (mean + self.weight_ * away[:, None])
        return out

    def importance(self, design: Design) -> np.ndarray:
        """Return zeros: it reads no features."""
        return np.zeros(len(design.names))

    def to_parts(self) -> Parts:
        """Return the mean and the weights."""
        return {"mean": self.mean_}, {"weight": self.weight_}, {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the reference that `to_parts` described."""
        out = cls()
        out.mean_, out.weight_ = read_as(float, values.get("mean"), "mean"), one_array(arrays, "weight", 1)
        return out


class NearReference(Reference):
    """The reference at the leads that persistence rules, 0 at the others: what a booster may leave to itself.

    Boosters on the power itself are good members of a blend for PV, but not at the first leads, where they first have
    to learn that power stays. A lead is near while its weight of persistence is at least `NEAR`.
    """

    name: ClassVar[str] = "near_reference"
    NEAR = 0.9

    def point(self, design: Design) -> np.ndarray:
        """Return the reference at near leads, 0 elsewhere, (n, L)."""
        return np.where(self.weight_ >= np.float32(self.NEAR), super().point(design), np.float32(0))


def clear_scale(design: Design) -> np.ndarray:
    """Return what errors grow with where nothing better is known: clear-sky power plus a little; wind: 1."""
    scale: np.ndarray = np.maximum(design.clear, np.float32(0.02))
    return scale
