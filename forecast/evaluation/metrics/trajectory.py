"""Scores of whole trajectories: storage and ramps depend on how the leads hang together.

`obs` has shape (leads,) or (n, leads), `members` (members, leads) or (n, members, leads). Trajectories with a
missing value are dropped; NaN if none is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics.pairs import FloatArray


def energy_score(obs: ArrayLike, members: ArrayLike) -> float:
    """Mean energy score, ``mean‖X − y‖ − ½ mean‖X − X'‖``, Euclidean norms over the leads.

    In the unit of the input. With a single lead it is `crps_ensemble`. Source: Gneiting & Raftery
    2007, J. Am. Stat. Assoc. 102, 359–378.

    >>> round(energy_score([0.5], [[0.2], [0.4], [0.6]]), 5)
    0.07778
    """
    y, x = _complete(obs, members)
    m = x.shape[1]
    if not len(y):
        return float("nan")
    to_observation = np.linalg.norm(x - y[:, None], axis=2).mean(axis=1)
    # every unordered pair once, by rolling the members against themselves: memory of one ensemble, not of m
    spread = np.zeros(len(y))
    for shift in range(1, m):
        spread += np.linalg.norm(x[:, shift:] - x[:, : m - shift], axis=2).sum(axis=1)
    return float((to_observation - spread / (m * m)).mean())


def variogram_score(
    obs: ArrayLike, members: ArrayLike, *, order: float = 0.5, pair_weights: ArrayLike | None = None
) -> float:
    """Mean variogram score, ``Σᵢⱼ wᵢⱼ (|yᵢ − yⱼ|ᵖ − mean|Xᵢ − Xⱼ|ᵖ)²`` over all pairs of leads, p = `order`.

    Sees wrong correlations that the energy score hardly notices. `pair_weights` (leads, leads) defaults to 1.
    Source: Scheuerer & Hamill 2015, Mon. Wea. Rev. 143, 1321–1334.

    >>> variogram_score([1.0, 2.0], [[1.0, 1.0], [1.0, 5.0]], order=1)
    2.0
    """
    if not order > 0:
        raise SettingsError(f"order is {order}; expected above 0, usually 0.5 or 1")
    y, x = _complete(obs, members)
    leads = y.shape[1]
    weight = np.ones((leads, leads)) if pair_weights is None else np.asarray(pair_weights, dtype=np.float64)
    if weight.shape != (leads, leads):
        raise ShapeError(f"pair_weights have shape {weight.shape}, expected {(leads, leads)}")
    if not len(y):
        return float("nan")
    total = np.zeros(len(y))
    for i in range(leads):
        seen = np.abs(y - y[:, i : i + 1]) ** order
        expected = (np.abs(x - x[:, :, i : i + 1]) ** order).mean(axis=1)
        total += np.square(seen - expected) @ weight[i]
    return float(total.mean())


def _complete(obs: ArrayLike, members: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, x = np.asarray(obs, dtype=np.float64), np.asarray(members, dtype=np.float64)
    if y.ndim == 1 and x.ndim == 2:
        y, x = y[None], x[None]
    if y.ndim != 2 or x.ndim != 3 or x.shape[::2] != y.shape or not x.shape[1]:
        raise ShapeError(
            f"observations have shape {np.shape(obs)}, members {np.shape(members)}; expected (leads,) with "
            "(members, leads) or (n, leads) with (n, members, leads)"
        )
    used = np.isfinite(y).all(axis=1) & np.isfinite(x).all(axis=(1, 2))
    return y[used], x[used]
