"""Features brought to one scale for linear models and networks, row by row the same bits in any batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecast.design import Design

ROWS_AT_ONCE = 64
FARTHEST = 6.0  # spreads from the mean; beyond it nothing was learned


@dataclass(frozen=True)
class Scaler:
    """Mean and spread of each feature; missing values stand at the mean, far ones at six spreads."""

    mean: np.ndarray
    spread: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the scaled features, float32."""
        away: np.ndarray = (x - self.mean) / self.spread
        away[np.isnan(away)] = 0
        np.clip(away, np.float32(-FARTHEST), np.float32(FARTHEST), out=away)
        return away


def fit_scaler(x: np.ndarray) -> Scaler:
    """Return the scaler of the rows; a feature that never moves, or is never there, is scaled to zero."""
    here = np.isfinite(x)
    count = np.maximum(np.count_nonzero(here, axis=0), 1)
    away = np.where(here, x, 0).astype(np.float64)
    mean = away.sum(axis=0) / count
    away -= mean
    away *= here
    spread = np.sqrt(np.einsum("np,np->p", away, away) / count)
    moving = spread > 1e-7
    return Scaler(mean.astype(np.float32), np.where(moving, spread, np.inf).astype(np.float32))


def scaled_by_lead(design: Design, mean: np.ndarray, spread: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (rows, scaled features (rows, L, p)) of a design, a few rows at a time; mean and spread (L, p)."""
    scaler = Scaler(mean, spread)
    for start in range(0, len(design), ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, len(design)))
        yield rows, scaler(design.tensor(rows))


def by_lead(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return x (n, L, p) times weights (L, p, h) lead by lead, (n, L, h).

    A BLAS product over many rows and over one differ in the last bits, since it blocks them differently; einsum's own
    loop is one chain of additions over p for each output, whatever the number of rows.
    """
    out: np.ndarray = np.einsum("nlp,lph->nlh", x, weights, optimize=False)
    return out
