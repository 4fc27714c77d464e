"""How the errors of a forecast's leads hang together: a Gaussian copula of honest errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecast.design import Design
from forecast.models.online import ranks
from forecast.models.reference import usable
from forecast.models.residuals import GRID

if TYPE_CHECKING:
    from forecast.models.uncertainty import Uncertainty

MOST_ROWS = 8000  # correlations get no better beyond it
LEAST_PAIRS = 100
EDGE = 1e-3  # levels nearer to 0 or 1 than that say no more


@dataclass(frozen=True)
class Dependence:
    """Correlation (L, L) of the leads' errors, as normal scores of their levels."""

    correlation: np.ndarray

    @classmethod
    def fit(cls, design: Design, honest: np.ndarray, curves: np.ndarray) -> Self:
        """Fit on honest forecasts (n, L) and their quantiles (n, L, levels of `GRID`), rising."""
        from scipy.special import ndtri

        good = usable(design) & np.isfinite(honest)
        level = ranks(curves, np.where(good, np.maximum(design.actual, 0), 0), design.issue_ns)
        scores = np.where(good, ndtri(np.clip(level, EDGE, 1 - EDGE)), 0.0)
        count = good.T.astype(np.float64) @ good
        products = np.divide(scores.T @ scores, count, out=np.zeros_like(count), where=count >= LEAST_PAIRS)
        size = np.sqrt(np.maximum(np.diag(products), 1e-12))
        return cls(nearest_correlation(products / np.outer(size, size)))

    def levels(self, n: int, random_state: int) -> np.ndarray:
        """Return levels (n, L) between 0 and 1, uniform for each lead, that hang together as the errors do."""
        from scipy.special import ndtr

        values, vectors = np.linalg.eigh(self.correlation)
        root = vectors * np.sqrt(np.maximum(values, 0))
        drawn = np.random.default_rng(random_state).standard_normal((n, len(values)))
        return np.asarray(ndtr(drawn @ root.T))


def dependence_of(design: Design, honest: np.ndarray, uncertainty: Uncertainty) -> Dependence:
    """Return how honest errors hang together between leads."""
    rows = np.flatnonzero(np.isfinite(honest).any(axis=1))
    rows = rows[:: len(rows) // MOST_ROWS + 1]
    some, point = design.take(rows), honest[rows]
    curves = np.sort(uncertainty.quantiles(some, np.nan_to_num(point), GRID), axis=-1)
    most = (1.0 / some.scale[:, None, None]).astype(np.float32)
    return Dependence.fit(some, point, np.clip(curves, np.float32(0), most))


def nearest_correlation(matrix: np.ndarray) -> np.ndarray:
    """Return the matrix without negative eigenvalues and with ones on its diagonal."""
    symmetric = (matrix + matrix.T) / 2
    np.fill_diagonal(symmetric, 1.0)
    values, vectors = np.linalg.eigh(symmetric)
    raised = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    size = np.sqrt(np.diag(raised))
    return np.asarray(raised / np.outer(size, size))


def on_curves(curves: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return trajectories (n, L): each lead's quantiles (L, levels of `GRID`) at levels (n, L)."""
    place = np.clip(np.searchsorted(GRID, levels), 1, len(GRID) - 1)
    share = np.clip((levels - GRID[place - 1]) / (GRID[place] - GRID[place - 1]), 0, 1)
    lead = np.arange(curves.shape[0])
    low, high = curves[lead, place - 1], curves[lead, place]
    return np.asarray(low + share * (high - low))
