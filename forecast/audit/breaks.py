"""Where a daily number jumps to another level and stays: medians on both sides of each day."""

from __future__ import annotations

import numpy as np

WINDOW = 12  # days with a value on each side
LEAST = 6


def breaks(
    values: np.ndarray, least_jump: float, sure: float = 5.0, window: int = WINDOW, drifts: bool = True
) -> list[tuple[int, float, float]]:
    """Return (place, jump, t) for each lasting jump: the first day of the new level, how far, and over its error.

    A jump counts where the medians of the `window` days with a value before and after differ by `least_jump` or more
    and by `sure` standard errors, and (`drifts`) where a step is left when a slope is allowed for. Of jumps nearer to
    each other than a window the surest is kept. Missing days are left out.
    """
    where = np.flatnonzero(np.isfinite(values))
    x = values[where]
    found = []
    for place in range(LEAST, len(x) - LEAST + 1):
        before, after = x[max(place - window, 0) : place], x[place : place + window]
        jump = float(np.median(after) - np.median(before))
        if abs(jump) >= least_jump:
            found.append((abs(jump) / _error(before, after), place, jump))
    out: list[tuple[int, float, float]] = []
    taken = np.zeros(len(x) + 1, dtype=bool)
    for t, place, _ in sorted(found, reverse=True):
        if t < sure or taken[place]:
            continue
        place = _sharpened(x, place, max(place - window, 0), min(place + window, len(x)))
        before, after = x[max(place - window, 0) : place], x[place : place + window]
        if min(len(before), len(after)) < LEAST or taken[place]:
            continue
        if not drifts or _is_a_step(before, after, least_jump):
            out.append((int(where[place]), float(np.median(after) - np.median(before)), t))
            taken[max(place - window, 0) : place + window + 1] = True
    return sorted(out)


def _is_a_step(before: np.ndarray, after: np.ndarray, least: float) -> bool:
    """Whether a step is left when a common slope on both sides is allowed for: seasons drift, faults jump."""
    n = len(before) + len(after)
    step = np.r_[np.zeros(len(before)), np.ones(len(after))]
    x = np.column_stack([np.ones(n), np.arange(n) - len(before), step])
    y = np.r_[before, after]
    weight = np.ones(n)
    for _ in range(5):  # Huber's weights
        fit = np.linalg.lstsq(x * weight[:, None], y * weight, rcond=None)[0]
        beside = np.abs(y - x @ fit)
        spread = 1.4826 * np.median(beside) + 1e-9
        weight = np.sqrt(np.minimum(1.0, 1.5 * spread / np.maximum(beside, 1e-12)))
    error = spread * np.sqrt(np.linalg.inv((x * weight[:, None]).T @ (x * weight[:, None]))[2, 2])
    plain = np.median(after) - np.median(before)
    return bool(fit[2] * np.sign(plain) >= 0.6 * max(least, abs(plain)) and abs(fit[2]) >= 2.5 * error)


def _error(before: np.ndarray, after: np.ndarray) -> float:
    beside = np.r_[before - np.median(before), after - np.median(after)]
    spread = 1.4826 * np.median(np.abs(beside)) + 1e-9
    return float(1.25 * spread * np.sqrt(1 / len(before) + 1 / len(after)) + 1e-6)


def _sharpened(x: np.ndarray, place: int, low: int, high: int) -> int:
    """Return the split inside the window with the least absolute deviation from the two levels."""
    before, after = np.median(x[low:place]), np.median(x[place:high])
    cost = np.abs(x[low:high] - before) - np.abs(x[low:high] - after)
    running = np.r_[0.0, np.cumsum(cost)]
    edge = 2
    return low + edge + int(np.argmin(running[edge:-edge]))
