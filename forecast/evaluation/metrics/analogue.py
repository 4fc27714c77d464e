"""Probabilistic references that need no model: quantiles of what was, by time of day or of late."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics.pairs import FloatArray
from forecast.evaluation.metrics.pinball import checked_levels


def complete_history(values: ArrayLike, slots: ArrayLike, at: ArrayLike, *, levels: ArrayLike) -> FloatArray:
    """Quantiles of all past values of the same slot, such as the time of day: (len(at), levels), every lead alike.

    Complete-history persistence ensemble (CH-PeEn): give the clear-sky index for PV, and multiply back; power by zone
    and season or plainly power for wind, which is climatology. Estimate it on training data only. Source: Yang 2019,
    Solar Energy 184, 410–416. A slot without a value gives NaN.

    >>> complete_history([1.0, 3.0, 2.0, 8.0], [0, 0, 1, 1], [1], levels=[0.25, 0.5]).tolist()
    [[3.5, 5.0]]
    """
    tau, x, slot = checked_levels(levels), np.asarray(values, dtype=np.float64), np.asarray(slots)
    if x.shape != slot.shape or x.ndim != 1:
        raise ShapeError(f"values have shape {x.shape}, slots {slot.shape}; expected one slot a value")
    asked = np.asarray(at).ravel()
    known = np.isfinite(x)
    kinds, place = np.unique(asked, return_inverse=True)
    table = np.full((len(kinds), len(tau)), np.nan)
    for i, kind in enumerate(kinds):
        mine = x[known & (slot == kind)]
        if len(mine):
            table[i] = np.quantile(mine, tau)
    return table[place]


def persistence_ensemble(values: ArrayLike, *, count: int, levels: ArrayLike) -> FloatArray:
    """Quantiles of the newest `count` values known at each place of a series (PeEn): (n, levels).

    Give the clear-sky index for PV. Row i uses values i − count + 1 … i, so what comes at i must be known by then.
    Missing values are left out; NaN where none is left. Source: Alessandrini et al. 2015, Appl. Energy 157, 95–110.

    >>> persistence_ensemble([1.0, 2.0, 3.0, 9.0], count=3, levels=[0.5])[2:].tolist()
    [[2.0], [3.0]]
    """
    tau, x = checked_levels(levels), np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or count < 1:
        raise SettingsError(f"count is {count} and the series has {x.ndim} axes; expected count ≥ 1 and one axis")
    padded = np.concatenate([np.full(count - 1, np.nan), np.where(np.isfinite(x), x, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, count)
    out = np.full((len(x), len(tau)), np.nan)
    some = np.isfinite(windows).any(axis=1)
    if some.any():
        out[some] = np.nanquantile(windows[some], tau, axis=1).T
    return out


def persistence_with_errors(last: ArrayLike, errors: ArrayLike, *, levels: ArrayLike) -> FloatArray:
    """Quantiles of persistence plus its own past errors at this horizon: (n, levels).

    `errors` are observation − persistence on training data, of one lead; the stronger reference up to 4 h for wind.

    >>> persistence_with_errors([10.0], [-2.0, 0.0, 2.0], levels=[0.25, 0.75]).tolist()
    [[9.0, 11.0]]
    """
    tau, e = checked_levels(levels), np.asarray(errors, dtype=np.float64).ravel()
    e = e[np.isfinite(e)]
    if not len(e):
        raise ShapeError("errors hold no number; give those of persistence on training data")
    return np.asarray(np.asarray(last, dtype=np.float64).ravel()[:, None] + np.quantile(e, tau))
