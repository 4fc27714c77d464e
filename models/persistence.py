"""Persistence and smart persistence: what is, stays; for PV the clear-sky index stays."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from forecast.design import Design
from forecast.models.contract import Parts
from forecast.models.reference import Reference
from forecast.storage.typed import one_array


class Persistence(Reference):
    """The newest known power for every lead; where it is missing, the mean of the training rows."""

    name: ClassVar[str] = "persistence"

    def point(self, design: Design) -> np.ndarray:
        """Return persistence, (n, L)."""
        mean = design.clear * np.float32(self.mean_)
        return np.where(np.isnan(design.now)[:, None], mean, np.nan_to_num(design.now)[:, None])


class SmartPersistence(Reference):
    """The newest known clear-sky index times clear-sky power (wind: persistence); the mean where it is missing."""

    name: ClassVar[str] = "smart_persistence"

    def point(self, design: Design) -> np.ndarray:
        """Return smart persistence, (n, L)."""
        index = np.where(np.isnan(design.index), np.float32(self.mean_), design.index)
        return design.clear * index[:, None]


class Climatology(Reference):
    """The mean of the training rows by hour of the day and season; for PV of the clear-sky index.

    Hours are UTC; each of twelve seasons is an average over all training days, weighted by their distance in the year
    (Gauss, one month), so that a short record gives the mean it has.
    """

    name: ClassVar[str] = "climatology"
    HOURS = 24
    SEASONS = 12

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        """Fit the table of hours and seasons."""
        super().fit(design)
        good = np.isfinite(design.actual) & design.up & (design.clear > 0)
        hour = (design.slot[good] * self.HOURS).astype(np.int64)
        month = (design.season[good] * self.SEASONS).astype(np.int64)
        cell = month * self.HOURS + hour
        size = self.HOURS * self.SEASONS
        top = np.bincount(cell, design.actual[good].astype(np.float64), size).reshape(self.SEASONS, self.HOURS)
        bottom = np.bincount(cell, design.clear[good].astype(np.float64), size).reshape(self.SEASONS, self.HOURS)
        apart = np.abs(np.arange(self.SEASONS)[:, None] - np.arange(self.SEASONS)[None, :])
        near = np.exp(-(np.minimum(apart, self.SEASONS - apart) ** 2) / 2.0)
        top, bottom = near @ top, near @ bottom
        enough = bottom > 1e-3 * bottom.max()
        self.table_ = np.where(enough, top / np.where(enough, bottom, 1.0), self.mean_).astype(np.float32)
        return self

    def point(self, design: Design) -> np.ndarray:
        """Return the climatology, (n, L)."""
        hour = (design.slot * self.HOURS).astype(np.int64)
        month = (design.season * self.SEASONS).astype(np.int64)
        return design.clear * self.table_[month, hour]

    def to_parts(self) -> Parts:
        """Return the reference's parts and the table."""
        values, arrays, texts = super().to_parts()
        return values, {**arrays, "table": self.table_}, texts

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the climatology that `to_parts` described."""
        out = super().from_parts(values, arrays, texts)
        out.table_ = one_array(arrays, "table", 2)
        return out
