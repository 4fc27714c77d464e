"""Pinball loss: what a quantile forecast costs.

Source: Koenker & Bassett 1978, Econometrica 46, 33–50; Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102,
359–378.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import FloatArray, complete_rows, mean


def pinball(obs: ArrayLike, quantiles: ArrayLike, *, levels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean pinball loss over rows and levels, in the unit of the input.

    ``max(τ (y − q), (τ − 1) (y − q))``. `quantiles` has the observation's shape and a last axis of levels;
    rows with a missing value are dropped; NaN if none is left.

    >>> round(pinball(0.5, [0.2, 0.45, 0.8], levels=[0.1, 0.5, 0.9]), 5)
    0.02833
    """
    tau = checked_levels(levels)
    y, q, w = complete_rows(obs, quantiles, weights, columns=len(tau))
    return mean(pinball_table(y, q, tau).mean(axis=1), w)


def pinball_by_level(
    obs: ArrayLike, quantiles: ArrayLike, *, levels: ArrayLike, weights: ArrayLike | None = None
) -> FloatArray:
    """Mean pinball loss of each level, in the unit of the input; rows with a missing value are dropped.

    >>> pinball_by_level(0.5, [0.2, 0.45, 0.8], levels=[0.1, 0.5, 0.9]).round(3)
    array([0.03 , 0.025, 0.03 ])
    """
    tau = checked_levels(levels)
    y, q, w = complete_rows(obs, quantiles, weights, columns=len(tau))
    losses = pinball_table(y, q, tau)
    return np.array([mean(losses[:, j], w) for j in range(len(tau))])


def pinball_table(y: FloatArray, q: FloatArray, levels: FloatArray) -> FloatArray:
    """Return the loss of each row and level: y (n,), q (n, levels)."""
    difference = y[:, None] - q
    return np.maximum(levels * difference, (levels - 1) * difference)


def pinball_rows(y: FloatArray, q: FloatArray, levels: FloatArray) -> FloatArray:
    """Return each row's mean loss over the levels, as `pinball_table` has them, level by level in little memory."""
    total = np.zeros_like(y)
    for column, level in zip(np.ascontiguousarray(q.T), levels, strict=True):
        difference = y - column
        total += np.maximum(level * difference, (level - 1) * difference)
    return total / len(levels)


def checked_levels(levels: ArrayLike) -> FloatArray:
    """Return quantile levels as floats; `SettingsError` unless they rise within (0, 1)."""
    tau = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if tau.ndim != 1 or not len(tau) or not ((tau > 0) & (tau < 1)).all() or (np.diff(tau) <= 0).any():
        raise SettingsError(f"levels are {levels!r}; expected rising numbers between 0 and 1, such as (0.1, 0.5, 0.9)")
    return tau
