"""Quantiles from a model's own past errors, by lead and by the size of the forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from forecast.storage.typed import one_array

GRID = np.r_[0.005, 0.01, 0.025, np.arange(0.05, 0.96, 0.05), 0.975, 0.99, 0.995]
MOST_BINS = 8
ROWS_A_BIN = 150


@dataclass(frozen=True)
class ResidualQuantiles:
    """Quantiles of errors in some unit, in bins of a key such as the point forecast, linear between their middles.

    Attributes:
        middle: (L, B) middles of the bins; table: (L, B, G) quantiles at the levels `GRID`.
    """

    middle: np.ndarray
    table: np.ndarray
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def units(self, key: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of the units for keys (n, L), for levels between 0 and 1."""
        table = self._at_levels(tuple(levels.tolist()))
        bins = self.middle.shape[1]
        lead = np.arange(len(self.middle))[None, :]
        above = np.zeros(key.shape, dtype=np.int64)
        for b in range(1, bins - 1):
            above += key >= self.middle[None, :, b]
        below = np.minimum(above, bins - 1)
        next_ = np.minimum(below + 1, bins - 1)
        left, right = self.middle[lead, below], self.middle[lead, next_]
        width = np.where(right > left, right - left, np.float32(1))
        part = np.clip((key - left) / width, np.float32(0), np.float32(1))[..., None]
        unit: np.ndarray = table[lead, below] + part * (table[lead, next_] - table[lead, below])
        return unit

    def __call__(self, point: np.ndarray, scale: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of power where the key is the point and the unit one scale."""
        quantiles: np.ndarray = point[..., None] + scale[..., None] * self.units(point, levels)
        return quantiles

    def _at_levels(self, wanted: tuple[float, ...]) -> np.ndarray:
        """Return the table (L, B, Q) at some levels, linear between those of `GRID`; kept for the newest levels."""
        made = self._made.get("newest")  # one look and one write: threads may ask for different levels
        if made is None or made[0] != wanted:
            levels = np.array(wanted)
            at = np.searchsorted(GRID, levels).clip(1, len(GRID) - 1)
            share = ((levels - GRID[at - 1]) / (GRID[at] - GRID[at - 1])).clip(0, 1).astype(np.float32)
            table = self.table[..., at - 1] + share * (self.table[..., at] - self.table[..., at - 1])
            made = self._made["newest"] = (wanted, table)
        found: np.ndarray = made[1]
        return found

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return plain values and arrays."""
        return {}, {"middle": self.middle, "table": self.table}

    @classmethod
    def from_parts(cls, arrays: dict[str, np.ndarray]) -> Self:
        """Return what `to_parts` described."""
        return cls(one_array(arrays, "middle", 2), one_array(arrays, "table", 3))


def fit_residuals(point: np.ndarray, scale: np.ndarray, actual: np.ndarray, good: np.ndarray) -> ResidualQuantiles:
    """Return the quantiles of honest forecasts' errors, scaled; all arguments (n, L), rows where `good` count."""
    return fit_units(point, (actual - point) / scale, good)


def fit_units(key: np.ndarray, unit: np.ndarray, good: np.ndarray) -> ResidualQuantiles:
    """Return the quantiles of errors in units in bins of a key; all arguments (n, L), rows where `good` count."""
    bins = int(np.clip(good.sum(axis=0).min() // ROWS_A_BIN, 1, MOST_BINS))
    leads = key.shape[1]
    middle = np.zeros((leads, bins), dtype=np.float32)
    table = np.zeros((leads, bins, len(GRID)), dtype=np.float32)
    for k in range(leads):
        use = good[:, k]
        if not use.any():
            continue
        order = np.argsort(key[use, k], kind="stable")
        for b, part in enumerate(np.array_split(order, bins)):
            middle[k, b] = np.mean(key[use, k][part], dtype=np.float64)
            table[k, b] = np.quantile(unit[use, k][part].astype(np.float64), GRID)
    return ResidualQuantiles(middle, table)
