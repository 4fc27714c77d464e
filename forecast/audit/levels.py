"""The day on which a daily number most likely went to another level for good, whatever the shape of its noise.

Of n days with values x(t) and usual deviations s(t), the days a to b lie at one level with the log-likelihood

    l(a, b) = max over c of Σ log f((x(t) − c) / s(t)),

where f is the density of this record's own noise: a kernel estimate of the standardised deviations from a running
median, one-sided where limits and stops push one way, over a wide floor so that no single day decides. A change
before day d gains l(a, d) + l(d, b) − l(a, b), the most of it where d is right (Hinkley 1970).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

WINDOWS = (12, 30)  # days with a value on each side
LEAST = 6
APART = 15  # days: of changes nearer to each other the surest is kept
AROUND = 15
FLOOR = 0.05  # of days that belong to no level
BAND = 0.35  # of the kernel, in usual deviations
REACH = 12.0
FINEST = 0.01  # steps of levels; no day is known better
SLOPES = np.linspace(-0.12, 0.12, 9) / 30  # a day: dust, snow, a sun that climbs
USUAL_SLOPE = 0.04 / 30  # larger ones must explain more
CLASSES = (0.15, 0.3, 0.5, 0.7, 0.85)  # of the most that a day around was worth

Density = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Change:
    """The first day at the new level, how far it went, and the log-likelihood it gains."""

    place: int
    jump: float
    gain: float

    @property
    def t(self) -> float:
        """What the gain would be in standard errors, were the noise normal."""
        return float(np.sqrt(2 * max(self.gain, 0.0)))


def level_changes(values: np.ndarray, share: np.ndarray, least_jump: float, sure: float) -> list[Change]:
    """Return changes of `least_jump` or more that gain `sure` or more beyond what a slope would gain.

    values: (days,), NaN = not known; levels are told apart to 0.01 of their unit. share: (days,), how good each day is
    for telling, 0 to 1: worth over the most that a day around was worth. Of changes within 15 days the surest is kept.
    """
    where = np.flatnonzero(np.isfinite(values))
    if len(where) < 2 * LEAST:
        return []
    x = values[where]
    usual, scale, density = noise(x, share[where])
    x = x - usual
    found = [change for window in WINDOWS for change in _in_windows(x, scale, where, density, least_jump, window)]
    out: list[Change] = []
    for change in sorted(found, key=lambda change: -change.gain):
        apart = all(abs(change.place - other.place) > APART for other in out)
        if apart and abs(change.jump) >= least_jump and change.gain >= sure:
            out.append(change)
    return sorted(out, key=lambda change: change.place)


def _in_windows(
    x: np.ndarray, scale: np.ndarray, days: np.ndarray, density: Density, least_jump: float, window: int
) -> Iterator[Change]:
    """Yield the best split near each place where a change gains more than anywhere within half a window."""
    gain = _gains(x, scale, density, least_jump, window)
    highest = maximum_filter1d(gain, window + 1, mode="constant", cval=-np.inf)
    for place in np.flatnonzero((gain > 0) & (gain == highest)):
        inside = slice(max(place - window, 0), min(place + window, len(x)))
        near, jump, best = _beside_slopes(x[inside], scale[inside], days[inside], density)
        yield Change(int(days[inside][near]), jump, best)


def noise(x: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, Density]:
    """Return each day's usual place beside its level and usual deviation, and the log density of deviations over it.

    Dull days lie beside bright ones, and tell less: days are told apart by what share of the best they were worth.
    """
    middle = np.array([np.median(x[max(i - AROUND, 0) : i + AROUND + 1]) for i in range(len(x))])
    beside = x - middle
    usual, scale = np.zeros(len(x)), np.full(len(x), _spread(beside))
    kind = np.searchsorted(CLASSES, share)
    for k in range(len(CLASSES) + 1):
        if (kind == k).sum() >= 2 * LEAST:
            usual[kind == k] = np.median(beside[kind == k])
            scale[kind == k] = _spread(beside[kind == k] - usual[kind == k])
    known = np.clip((beside - usual) / scale, -REACH, REACH)
    grid = np.arange(-REACH, REACH + 0.05, 0.1)
    kernel = np.exp(-0.5 * ((grid[:, None] - known[None, :]) / BAND) ** 2).mean(axis=1) / BAND / np.sqrt(2 * np.pi)
    wide = 1 / (np.pi * 3 * (1 + (grid / 3) ** 2))
    log = np.log((1 - FLOOR) * kernel + FLOOR * wide)
    return usual, scale, lambda z: np.interp(z, grid, log)


def _spread(beside: np.ndarray) -> float:
    return max(1.4826 * float(np.median(np.abs(beside))), FINEST)


def _levels(x: np.ndarray) -> np.ndarray:
    low, high = np.quantile(x, [0.02, 0.98])
    return np.arange(low - 2 * FINEST, high + 3 * FINEST, FINEST)


def _gains(x: np.ndarray, scale: np.ndarray, density: Density, least_jump: float, window: int) -> np.ndarray:
    """Return what a change before each place gains over none in the window about it; −inf where it is no jump."""
    levels = _levels(x)
    each = density((x[:, None] - levels[None, :]) / scale[:, None])
    running = np.r_[np.zeros((1, len(levels))), np.cumsum(each, axis=0)]
    gain = np.full(len(x) + 1, -np.inf)
    for place in range(LEAST, len(x) - LEAST + 1):
        start, mid, stop = running[max(place - window, 0)], running[place], running[min(place + window, len(x))]
        before, after = mid - start, stop - mid
        i, j = int(before.argmax()), int(after.argmax())
        if abs(levels[j] - levels[i]) >= 0.9 * least_jump:
            gain[place] = before[i] + after[j] - (stop - start).max()
    return gain


def _beside_slopes(x: np.ndarray, scale: np.ndarray, days: np.ndarray, density: Density) -> tuple[int, float, float]:
    """Return the best split of a window, its jump and its gain, a common slope allowed with and without a change."""
    t = days - days.mean()
    best, alone = (0, 0.0, -np.inf), -np.inf
    for slope in SLOPES:
        level = x - slope * t
        grid = _levels(level)
        each = density((level[:, None] - grid[None, :]) / scale[:, None])
        running = np.r_[np.zeros((1, len(grid))), np.cumsum(each, axis=0)]
        after = running[-1] - running
        cost = 0.5 * (slope / USUAL_SLOPE) ** 2
        both = running.max(axis=1) + after.max(axis=1) - cost
        both[:LEAST], both[len(x) - LEAST + 1 :] = -np.inf, -np.inf
        place = int(both.argmax())
        alone = max(alone, float(running[-1].max()) - cost)
        if both[place] > best[2]:
            jump = float(grid[after[place].argmax()] - grid[running[place].argmax()])
            best = (place, jump, float(both[place]))
    return best[0], best[1], float(best[2] - alone)
