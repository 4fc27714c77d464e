"""Features brought to one scale for linear models and networks, row by row the same bits in any batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FARTHEST = 6.0  # spreads from the mean; beyond it nothing was learned


@dataclass(frozen=True)
class Scaler:
    """Mean and spread of each feature; missing values stand at the mean, far ones at six spreads."""

    mean: np.ndarray
    spread: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the scaled features, float32."""
        away = np.nan_to_num((x - self.mean) / self.spread, nan=0.0)
        return np.asarray(np.clip(away, -FARTHEST, FARTHEST), dtype=np.float32)


def fit_scaler(x: np.ndarray) -> Scaler:
    """Return the scaler of the rows; a feature that never moves, or is never there, is scaled to zero."""
    here = np.isfinite(x)
    count = np.maximum(here.sum(axis=0), 1)
    mean = np.where(here, x, 0).sum(axis=0, dtype=np.float64) / count
    spread = np.sqrt(np.where(here, (x - mean) ** 2, 0).sum(axis=0, dtype=np.float64) / count)
    moving = spread > 1e-7
    return Scaler(mean.astype(np.float32), np.where(moving, spread, np.inf).astype(np.float32))


def rowwise_product(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return x @ weights, (n, p) by (p, h), added feature by feature in order.

    A BLAS product over many rows and over one differ in the last bits, since it blocks them differently; einsum's own
    loop is one chain of additions over p for each output, whatever the number of rows.
    """
    out: np.ndarray = np.einsum("np,ph->nh", np.ascontiguousarray(x), np.ascontiguousarray(weights), optimize=False)
    return out
