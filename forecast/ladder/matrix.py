"""What the rungs read: a design's features, indexes turned into power, and the newest power there is."""

from __future__ import annotations

import numpy as np

from forecast.design import Column, Design


def as_power(columns: tuple[Column, ...]) -> np.ndarray:
    """Return the places of features that are shares of the clear sky; times clear-sky power they are power."""
    told = [c.unit == "clear-sky index" or c.name.startswith("clearness:") for c in columns]
    return np.flatnonzero(told)


def features(design: Design, places: np.ndarray, k: int, rows: np.ndarray) -> np.ndarray:
    """Return the features (rows, p) of the k-th lead to learn from."""
    x = design.matrix(k, rows)
    x[:, places] *= design.clear[rows, k][:, None]
    return x


def tensor(design: Design, places: np.ndarray) -> np.ndarray:
    """Return the features (n, L, p + 1) of all leads; the last is the newest index there is times clear-sky power."""
    n, leads = design.clear.shape
    own = design.common.shape[1] + design.lead.shape[2]
    out = np.empty((n, leads, own + 1), dtype=np.float32)
    out[..., :own] = design.tensor(slice(0, n))
    out[..., places] *= design.clear[..., None]
    out[..., own] = design.clear * design.last[:, None]
    return out
