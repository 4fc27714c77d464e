"""The site's own response to weather: a monotone curve from one weather quantity to power, fitted on its past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.errors import BundleError
from forecast.storage.typed import one_array

BINS = 40
LEAST_ROWS = 300


@dataclass(frozen=True)
class Curve:
    """A curve through knots: x → share of capacity (or clear-sky index); constant beyond its ends, float32."""

    x: np.ndarray
    y: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the curve at values of any shape; missing where they are."""
        return np.asarray(np.interp(values, self.x, self.y), dtype=np.float32)


def curve_from(arrays: dict[str, np.ndarray], name: str) -> Curve:
    """Return the curve whose knots a file holds under `name`; `BundleError` where they cannot be."""
    x, y = (one_array(arrays, f"{name}_{axis}", 1) for axis in "xy")
    if x.shape != y.shape or (np.diff(x) < 0).any():
        raise BundleError(f"{name}: its knots do not rise, or are not as many as its values")
    return Curve(x, y)


def fit_curve(x: np.ndarray, y: np.ndarray) -> tuple[Curve, float] | None:
    """Return the rising curve of y over x and the share of y's variance it explains; None with too few rows.

    Medians of forty bins with equally many rows, made monotone (pool adjacent violators); medians so that stops and
    curtailed hours do not bend it.
    """
    good = np.isfinite(x) & np.isfinite(y)
    if good.sum() < LEAST_ROWS:
        return None
    x, y = x[good].astype(np.float64), y[good].astype(np.float64)
    edges = np.unique(np.quantile(x, np.linspace(0, 1, BINS + 1)))
    if len(edges) < 4:
        return None
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    order = np.argsort(place, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(place, minlength=len(edges) - 1))[:-1])
    parts = [part for part in parts if len(part)]
    middle = np.array([x[part].mean() for part in parts])
    level = np.array([np.median(y[part]) for part in parts])
    from sklearn.isotonic import isotonic_regression

    level = isotonic_regression(level, sample_weight=np.array([float(len(part)) for part in parts]))
    curve = Curve(middle.astype(np.float64), np.asarray(level, dtype=np.float64))
    rest = y - np.interp(x, curve.x, curve.y)
    total = float(np.var(y))
    return curve, 1.0 - float(np.mean(rest**2)) / total if total > 0 else 0.0
