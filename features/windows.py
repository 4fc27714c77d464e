"""Rolling statistics whose bits depend on the values in the window alone, never on where the series starts.

Running sums carry the rounding of all that came before; here windows double (2, 4, 8 … steps), so each value is the
same tree of additions wherever the series was cut. All arrays are float32 on a regular grid; NaN = missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def shift(x: np.ndarray, steps: int) -> np.ndarray:
    """Return x delayed by `steps`: value j is x[j − steps]; missing before the start."""
    if steps == 0:
        return x
    out = np.full_like(x, np.nan)
    if steps < len(x):
        out[steps:] = x[:-steps]
    return out


def doubling(x: np.ndarray, widest: int, join: Callable[..., np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (w, joined over the newest w values) for w = 2, 4, 8 … ≤ widest; before the start counts nothing."""
    width = 1
    while 2 * width <= widest:
        y = x.copy()
        join(x[width:], x[:-width], out=y[width:])
        x, width = y, 2 * width
        yield width, x


class Rolling:
    """Means, spreads and extremes over the newest 2, 4, 8 … values at some places of a series.

    A mean or spread needs half of its values, an extreme one of them.

    Args:
        at: places whose statistics are wanted; None = all.
    """

    def __init__(self, x: np.ndarray, widest: int, at: np.ndarray | None = None) -> None:
        here = np.isfinite(x)
        self._complete = bool(here.all())
        self._filled = x if self._complete else np.where(here, x, np.float32(0))
        self._x, self._widest = x, widest
        self._at = np.arange(len(x)) if at is None else at
        self._sum = {width: total[self._at] for width, total in doubling(self._filled, widest, np.add)}
        if not self._complete:
            counts = doubling(here.astype(np.float32), widest, np.add)
            self._count = {width: count[self._at] for width, count in counts}

    @property
    def widths(self) -> list[int]:
        """The windows' widths in steps."""
        return list(self._sum)

    def mean(self, width: int) -> np.ndarray:
        """Return the mean of the newest `width` values."""
        return self._over_count(self._sum[width], width)

    def spreads(self, *widths: int) -> dict[int, np.ndarray]:
        """Return the standard deviation (divisor n) by width, of those asked for."""
        out = {}
        for width, squares in doubling(self._filled * self._filled, max(widths), np.add):
            if width in widths and width <= self._widest:
                mean = self.mean(width)
                variance = self._over_count(squares[self._at], width) - mean * mean
                out[width] = np.sqrt(np.maximum(variance, np.float32(0)))
        return out

    def highest(self, *widths: int) -> dict[int, np.ndarray]:
        """Return the largest value by width, of those asked for."""
        return self._extremes(np.fmax, widths)

    def lowest(self, *widths: int) -> dict[int, np.ndarray]:
        """Return the smallest value by width, of those asked for."""
        return self._extremes(np.fmin, widths)

    def _extremes(self, join: Callable[..., np.ndarray], widths: tuple[int, ...]) -> dict[int, np.ndarray]:
        found = doubling(self._x, min(max(widths), self._widest), join)
        return {width: values[self._at] for width, values in found if width in widths}

    def _over_count(self, total: np.ndarray, width: int) -> np.ndarray:
        if self._complete:
            count = np.minimum(self._at + 1, width).astype(np.float32)
        else:
            count = self._count[width]
        out = np.full_like(total, np.nan)
        np.divide(total, count, out=out, where=count >= width / 2)
        return out


class WindowSums:
    """Sums over the newest values at some places of a series, windows of any width; missing values count as 0."""

    def __init__(self, x: np.ndarray, widest: int, at: np.ndarray) -> None:
        filled = np.where(np.isfinite(x), x, np.float32(0))
        self._doubled = {1: filled} | dict(doubling(filled, widest, np.add))
        self._at = at

    def sum(self, width: int) -> np.ndarray:
        """Return the sum of the newest `width` values, joined from windows of 1, 2, 4, 8 …"""
        total, reach = np.zeros(len(self._at), dtype=np.float32), 0
        for power, sums in self._doubled.items():
            if width & power:
                place = self._at - reach
                total = total + np.where(place >= 0, sums[np.maximum(place, 0)], np.float32(0))
                reach += power
        return total
