"""The formulas of accuracies: what each point adds, and how the sums of a period become an error.

Every measure is `error = root(sum loss / sum weight)`, or the largest loss; accuracy = 1 − error. P measured,
F forecast, C capacity in service, all of one unit; e = F − P. Sources: GB/T 40607-2021 appendix D (rmse, mae,
failing); the others are the regional rules as public code has them (libeeepy 2.0.0), not read in the official
documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
EDGE = 1e-6  # a limit counts as met within what float32 can tell


@dataclass(frozen=True)
class Measure:
    """Losses and weights of points: `terms(P, F, C, **params)`; `root` of the mean; `largest` instead of the mean."""

    terms: Callable[..., tuple[FloatArray, FloatArray]]
    root: bool = False
    largest: bool = False
    clipped: bool = True


def squared(p: FloatArray, f: FloatArray, c: Any) -> tuple[FloatArray, FloatArray]:
    """Return (e / C)²: the error is the RMSE as a share of capacity."""
    share = (f - p) / c
    return share * share, np.ones_like(share)


def absolute(p: FloatArray, f: FloatArray, c: Any) -> tuple[FloatArray, FloatArray]:
    """Return |e| / C: the error is the MAE as a share of capacity."""
    share = np.abs(f - p) / c
    return share, np.ones_like(share)


def failing(
    p: FloatArray, f: FloatArray, c: Any, tolerance: float = 0.25, edge_fails: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return 1 where |e| / C is above the tolerance: accuracy is the pass rate. On the edge a point passes."""
    limit = tolerance - EDGE if edge_fails else tolerance + EDGE
    share = np.abs(f - p) / c
    return (share > limit).astype(np.float64), np.ones_like(share)


def self_weighted(p: FloatArray, f: FloatArray, c: Any) -> tuple[FloatArray, FloatArray]:
    """Return (|e| / C)³ over |e| / C: a RMSE in which each error weighs by its own size (North China)."""
    share = np.abs(f - p) / c
    return share**3, share


def floor_relative_squared(p: FloatArray, f: FloatArray, c: Any, floor: float = 0.2) -> tuple[FloatArray, FloatArray]:
    """Return (e / max(P, floor · C))² (South 2022)."""
    share = (f - p) / np.maximum(p, floor * np.asarray(c))
    return share * share, np.ones_like(share)


def floor_relative_absolute(p: FloatArray, f: FloatArray, c: Any, floor: float = 0.2) -> tuple[FloatArray, FloatArray]:
    """Return |e| / max(P, floor · C) (South, revised)."""
    share = np.abs(f - p) / np.maximum(p, floor * np.asarray(c))
    return share, np.ones_like(share)


def relative_squared(p: FloatArray, f: FloatArray, c: Any, most: float = np.inf) -> tuple[FloatArray, FloatArray]:
    """Return min(|e| / P, most)²; nothing forecast and nothing measured is 0, forecast but nothing measured 1.

    Anhui without `most`, Zhejiang with 1.
    """
    share = np.minimum(_ratio(p, f, at_zero=1.0), most)
    return share * share, np.ones_like(share)


def harmonic(p: FloatArray, f: FloatArray, c: Any) -> tuple[FloatArray, FloatArray]:
    """Return 2 |P / (P + F) − 0.5| · |e| over |e|, as shares of capacity (Northwest).

    For powers of one sign the first factor is |e| / |P + F|; with own use (P < 0) it is at most 1.
    """
    share = np.abs(f - p) / c
    total = np.abs(p + f)
    part = np.divide(np.abs(f - p), total, out=np.ones_like(share), where=total > 0)
    return np.minimum(part, 1.0) * share, share


def largest_relative(p: FloatArray, f: FloatArray, c: Any) -> tuple[FloatArray, FloatArray]:
    """Return |e| / P, of which the largest counts (Shanxi)."""
    share = _ratio(p, f, at_zero=np.inf)
    return share, np.ones_like(share)


def _ratio(p: FloatArray, f: FloatArray, at_zero: float) -> FloatArray:
    error = np.abs(f - p)
    limit = np.where(error > 0, at_zero, 0.0)
    ratio = np.broadcast_to(limit, error.shape).copy()
    np.divide(error, p, out=ratio, where=np.broadcast_to(p, error.shape) > 0)
    return ratio


MEASURES: dict[str, Measure] = {
    "rmse": Measure(squared, root=True),
    "mae": Measure(absolute),
    "failing": Measure(failing),
    "self_weighted": Measure(self_weighted, root=True),
    "floor_relative_rmse": Measure(floor_relative_squared, root=True),
    "floor_relative_mae": Measure(floor_relative_absolute),
    "relative": Measure(relative_squared, root=True),
    "harmonic": Measure(harmonic),
    "largest_relative": Measure(largest_relative, largest=True, clipped=False),
}
