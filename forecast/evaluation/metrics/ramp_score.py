"""Ramp score: how far the forecast's ramps are from the measured ones, as the distance of their slopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.evaluation.metrics.pairs import complete_pairs, mean
from forecast.evaluation.metrics.swinging_door import door_slopes


def ramp_score(obs: ArrayLike, fcst: ArrayLike, *, epsilon: float, times: ArrayLike | None = None) -> float:
    """Mean distance of the swinging-door slopes, ``1/T ∫ |SD_fcst(t) − SD_obs(t)| dt``, in value per time.

    The same tolerance `epsilon` (in the unit of the input) for both; `times` are rising numbers (default 0,
    1, 2 …). Times where either side is missing are left out and the lines span the gap; NaN for fewer than
    two. Source: Vallance, Charbonnier, Paul, Dubost & Blanc 2017, Solar Energy 150, 408–422 (**unverified**:
    the definition is implemented as recalled, the paper is known by title only).

    >>> round(ramp_score([0, 0.1, 0.2, 0.3, 0.1], [0, 0.2, 0.4, 0.3, 0.2], epsilon=0.01), 9)
    0.125
    """
    clock = np.arange(np.size(obs), dtype=np.float64) if times is None else times
    (o, f, t), _ = complete_pairs(obs, fcst, clock)
    if len(t) < 2:
        return float("nan")
    distance = np.abs(door_slopes(f, epsilon=epsilon, times=t) - door_slopes(o, epsilon=epsilon, times=t))
    return mean(distance, np.diff(t))
