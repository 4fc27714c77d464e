"""Where a daily number jumps to another level and stays: binary segmentation on values freed of outliers."""

from __future__ import annotations

import numpy as np

WINDOW = 12  # days on each side on which a jump must be seen
LEAST = 6  # of them with a value


def breaks(values: np.ndarray, least_jump: float, sure: float = 5.0, window: int = WINDOW) -> list[tuple[int, float, float]]:
    """Return (place, jump, t) for each lasting jump: the first day of the new level, how far, and over its error.

    A jump counts where the medians of the `window` days with a value before and after differ by `least_jump` or more,
    and by `sure` standard errors. Missing days are left out.
    """
    where = np.flatnonzero(np.isfinite(values))
    x = values[where]
    if len(x) < 2 * LEAST:
        return []
    out = []
    todo = [(0, len(x))]
    while todo:
        low, high = todo.pop()
        place = _best_split(x[low:high])
        if place is None:
            continue
        place += low
        before, after = x[max(low, place - window) : place], x[place : min(high, place + window)]
        jump = float(np.median(after) - np.median(before))
        error = _error(before, after)
        if abs(jump) >= least_jump and abs(jump) / error >= sure and _is_a_step(before, after, least_jump):
            place = _sharpened(x, place, max(low, place - window), min(high, place + window))
            out.append((int(where[place]), jump, abs(jump) / error))
        elif high - low > 60:
            middle = (low + high) // 2
            todo += [(low, middle), (middle, high)]
            continue
        else:
            continue
        todo += [(low, place), (place, high)]
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


def _best_split(x: np.ndarray) -> int | None:
    n = len(x)
    if n < 2 * LEAST:
        return None
    smooth = _clipped(x)
    total = np.cumsum(smooth)
    k = np.arange(LEAST, n - LEAST + 1)
    left, right = total[k - 1] / k, (total[-1] - total[k - 1]) / (n - k)
    gain = k * (n - k) / n * (left - right) ** 2
    return int(k[np.argmax(gain)])


def _clipped(x: np.ndarray) -> np.ndarray:
    from scipy.ndimage import median_filter

    level = median_filter(x, size=7, mode="nearest")
    spread = 1.5 * np.median(np.abs(x - level)) + 1e-12
    return np.asarray(np.clip(x, level - spread, level + spread))


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
