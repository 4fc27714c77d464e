"""Swinging door: a series as few straight lines that stay within a tolerance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics.pairs import FloatArray

FIRST_LOOK = 64  # points looked at in one go; doubled while the segment goes on


def swinging_door(values: ArrayLike, *, epsilon: float, times: ArrayLike | None = None) -> NDArray[np.intp]:
    """Return the positions of the knots, first and last included.

    From the segment's start two doors swing: the steepest lower line ``max (x_i − (x_0 + ε)) / (t_i − t_0)``
    and the flattest upper one ``min (x_i − (x_0 − ε)) / (t_i − t_0)``; where the first exceeds the second the
    segment closes at the previous point. `times` (rising numbers; default 0, 1, 2 …) and `values` must be
    complete. Source: Bristol 1990, ISA Proc. 45, 749–754; Florita, Hodge & Orwig 2013, IEEE Green
    Technologies Conference, 147–152.

    >>> swinging_door([0, 0.1, 0.2, 0.3, 0.1], epsilon=0.01).tolist()
    [0, 3, 4]
    """
    x, t = _series(values, times, epsilon)
    knots = [0] if len(x) else []
    while knots and knots[-1] < len(x) - 1:
        knots.append(_segment_end(x, t, knots[-1], epsilon))
    return np.asarray(knots, dtype=np.intp)


def door_slopes(values: ArrayLike, *, epsilon: float, times: ArrayLike | None = None) -> FloatArray:
    """Return the slope of the swinging-door line in each of the n − 1 intervals, in value per time.

    >>> door_slopes([0, 0.2, 0.4, 0.3, 0.2], epsilon=0.01).round(3).tolist()
    [0.2, 0.2, -0.1, -0.1]
    """
    x, t = _series(values, times, epsilon)
    knots = swinging_door(x, epsilon=epsilon, times=t)
    if len(knots) < 2:
        return np.empty(0)
    return np.repeat(np.diff(x[knots]) / np.diff(t[knots]), np.diff(knots))


def _segment_end(x: FloatArray, t: FloatArray, start: int, epsilon: float) -> int:
    steepest, flattest = -np.inf, np.inf
    begin, look = start + 1, FIRST_LOOK
    while begin < len(x):
        part = slice(begin, begin + look)
        run = t[part] - t[start]
        low = np.maximum(np.maximum.accumulate((x[part] - x[start] - epsilon) / run), steepest)
        high = np.minimum(np.minimum.accumulate((x[part] - x[start] + epsilon) / run), flattest)
        # a hair's breadth, so that points on one line do not part by rounding when epsilon is 0
        crossed = low - high > 1e-12 * (np.abs(low) + np.abs(high))
        if crossed.any():
            return begin + int(np.argmax(crossed)) - 1
        steepest, flattest = float(low[-1]), float(high[-1])
        begin, look = begin + look, 2 * look
    return len(x) - 1


def _series(values: ArrayLike, times: ArrayLike | None, epsilon: float) -> tuple[FloatArray, FloatArray]:
    x = np.asarray(values, dtype=np.float64)
    t = np.arange(len(x), dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if x.ndim != 1 or t.shape != x.shape:
        raise ShapeError(f"values have shape {x.shape}, times {t.shape}; expected one series and a time for each value")
    if not epsilon >= 0:
        raise SettingsError(f"epsilon is {epsilon}; expected 0 or more")
    if not np.isfinite(x).all() or not (np.diff(t) > 0).all():
        raise SettingsError("values must be complete and times rising; drop missing values and pass the times left")
    return x, t
