"""Prediction intervals: how often they hold, how wide they are, both in one score. NaN rows are dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError
from forecast.evaluation.metrics.pairs import complete_pairs, mean


def interval_score(
    obs: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, alpha: float, weights: ArrayLike | None = None
) -> float:
    """Mean interval (Winkler) score of the central 1 − alpha interval, in the unit of the input.

    ``(u − l) + 2/α · (l − y)⁺ + 2/α · (y − u)⁺``. Source: Winkler 1972, J. Am. Stat. Assoc. 67, 187–191;
    Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, 359–378.

    >>> round(interval_score(0.85, 0.2, 0.8, alpha=0.2), 9)
    1.1
    """
    if not 0 < alpha < 1:
        raise SettingsError(f"alpha is {alpha}; expected between 0 and 1: 0.2 for the 80 % interval")
    (y, low, high), w = complete_pairs(obs, lower, upper, weights=weights)
    outside = np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0)
    return mean((high - low) + 2 / alpha * outside, w)


def coverage(obs: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Share of observations within the interval, bounds included (PICP). Read it together with `width`.

    A forecast bounded at 0 cannot cover a plant's own use at night: clip the observation at 0 first if it may
    be negative.

    >>> coverage([1, 5, 9, 12], [0, 4, 5, 5], [2, 6, 9, 9])
    0.75
    """
    (y, low, high), w = complete_pairs(obs, lower, upper, weights=weights)
    return mean(((low <= y) & (y <= high)).astype(np.float64), w)


def width(lower: ArrayLike, upper: ArrayLike, *, capacity: float = 1.0, weights: ArrayLike | None = None) -> float:
    """Mean width of the interval in the unit of the input, or as a share of `capacity` (PINAW).

    >>> width([0, 4, 5, 5], [2, 6, 9, 9]), width([0, 4, 5, 5], [2, 6, 9, 9], capacity=12)
    (3.0, 0.25)
    """
    if not capacity > 0:
        raise SettingsError(f"capacity must be above 0; got {capacity}")
    (low, high), w = complete_pairs(lower, upper, weights=weights)
    return mean(high - low, w) / capacity
