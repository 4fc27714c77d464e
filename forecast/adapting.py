"""Forecasts corrected by the outcomes of a fixed window before each issue time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from forecast.design import Design
from forecast.features.known import group_by_phase
from forecast.models.online import Made, Online, at_levels, moved_levels, on_a_bound, shares_below
from forecast.models.residuals import GRID
from forecast.timegrid import ceil_div, evenly

ROWS_AT_ONCE = 4096


def adapted(
    issue_ns: np.ndarray,
    leads: np.ndarray,
    levels: np.ndarray,
    *,
    step_ns: int,
    window_ns: int,
    delay_ns: int,
    online: Online,
    curves_of: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    base: Callable[[np.ndarray], tuple[Design, np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """Return corrected points (n, L) and quantiles (n, L, Q), shares of the capacity in service.

    Levels need the forecasts of one window as they were corrected then, and these a window before: what is made is two
    windows long, one step apart.

    Args:
        issue_ns: (n,) sorted issue times. levels: (Q,). delay_ns: of the power.
        curves_of: points, spreads, levels → quantiles. base: issue times → design, points, spreads of their errors,
            highest shares: the forecasts that are corrected.
    """
    window = max(window_ns // step_ns, 1)
    known = leads + ceil_div(delay_ns, step_ns)
    point = np.empty((len(issue_ns), len(leads)), dtype=np.float32)
    quantiles = np.empty((len(issue_ns), len(leads), len(levels)), dtype=np.float32)
    for rows in group_by_phase(issue_ns, step_ns):
        wanted = issue_ns[rows]
        first = int(wanted.min()) - 2 * window * step_ns
        made = _made(evenly(first, int(wanted.max()), step_ns), online, base)
        at = (wanted - first) // step_ns
        begin = int(at.min()) - window
        every = np.arange(begin, int(at.max()) + 1)
        corrected = online.corrected(made, every, known, window)
        curves = curves_of(corrected, made.spread[every], GRID)
        curves = np.clip(np.sort(curves, axis=-1), np.float32(0), made.most[every][..., None])
        shares = shares_below(curves, made, begin, at, known, window)
        point[rows] = corrected[at - begin]
        asked = curves[at - begin]
        still = on_a_bound(asked, made.most[at])[..., None]
        quantiles[rows] = at_levels(asked, np.where(still, levels, moved_levels(shares, levels)))
    return point, quantiles


def _made(
    issue_ns: np.ndarray,
    online: Online,
    base: Callable[[np.ndarray], tuple[Design, np.ndarray, np.ndarray, np.ndarray]],
) -> Made:
    parts = []
    for start in range(0, len(issue_ns), ROWS_AT_ONCE):
        design, point, spread, most = base(issue_ns[start : start + ROWS_AT_ONCE])
        parts.append(online.made(design, point, spread, most))
    if len(parts) == 1:
        return parts[0]
    return Made(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Made)))
