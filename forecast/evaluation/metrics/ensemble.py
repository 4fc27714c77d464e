"""Continuous ranked probability score of an ensemble, plain and fair.

Source: Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, 359–378; the fair version: Ferro 2014, Q. J. R.
Meteorol. Soc. 140, 1917–1923. `members` has the observation's shape and a last axis of members; rows with a
missing value are dropped; NaN if none is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import ShapeError
from forecast.evaluation.metrics.pairs import FloatArray, complete_rows, mean


def crps_ensemble(obs: ArrayLike, members: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean CRPS of the members' empirical distribution, ``mean|x − y| − Σ|x − x'| / (2 m²)``.

    In the unit of the input. Use it when the members *are* the forecast.

    >>> round(crps_ensemble(0.5, [0.2, 0.4, 0.6]), 5)
    0.07778
    """
    y, x, w = complete_rows(obs, members, weights)
    m = x.shape[1]
    return mean(_to_observation(y, x) - _spread(x) / (m * m), w)


def crps_ensemble_fair(obs: ArrayLike, members: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Mean fair CRPS, ``mean|x − y| − Σ|x − x'| / (2 m (m − 1))``, in the unit of the input.

    Use it when the members are a sample of the forecast: its expectation does not depend on their number. It
    can be negative. Raises `ShapeError` for fewer than two members.

    >>> round(crps_ensemble_fair(0.5, [0.2, 0.4, 0.6]), 5)
    0.03333
    """
    y, x, w = complete_rows(obs, members, weights)
    m = x.shape[1]
    if m < 2:
        raise ShapeError(f"the fair CRPS needs two members or more, got {m}; use crps_ensemble")
    return mean(_to_observation(y, x) - _spread(x) / (m * (m - 1)), w)


def _to_observation(y: FloatArray, x: FloatArray) -> FloatArray:
    out: FloatArray = np.abs(x - y[:, None]).mean(axis=1)
    return out


def _spread(x: FloatArray) -> FloatArray:
    """Half the sum of |x − x'| over all ordered pairs, from the sorted members in m log m."""
    m = x.shape[1]
    out: FloatArray = np.sort(x, axis=1) @ (2.0 * np.arange(m) - (m - 1))
    return out
