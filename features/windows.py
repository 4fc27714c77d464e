"""Rolling statistics whose bits depend on the values in the window alone, never on where the series starts.

Running sums carry the rounding of all that came before; here windows double (2, 4, 8 … steps), so each value is the
same tree of additions wherever the series was cut. Arrays are float32 on a regular grid, time first, then any number
of series side by side; NaN = missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np


def shift(x: np.ndarray, steps: int) -> np.ndarray:
    """Return x delayed by `steps`: value j is x[j − steps]; missing before the start."""
    if steps == 0:
        return x
    out = np.full_like(x, np.nan)
    if steps < len(x):
        out[steps:] = x[:-steps]
    return out


def rows_at(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return x[at]; where the places follow each other that is a view, not to be written to."""
    first, last = int(at[0]), int(at[-1])
    if first >= 0 and last - first == len(at) - 1 and (len(at) == 1 or bool((at[1:] - at[:-1] == 1).all())):
        return x[first : last + 1]
    return x.take(at, axis=0)


def doubling(x: np.ndarray, widest: int, join: Callable[..., np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (w, joined over the newest w values) for w = 2, 4, 8 … ≤ widest; before the start counts nothing."""
    width = 1
    while 2 * width <= widest:
        y = np.empty_like(x)
        y[:width] = x[:width]
        join(x[width:], x[:-width], out=y[width:])
        x, width = y, 2 * width
        yield width, x


@lru_cache(maxsize=256)
def widths_up_to(widest: int) -> tuple[int, ...]:
    """Return 2, 4, 8 … ≤ widest.

    >>> widths_up_to(20)
    (2, 4, 8, 16)
    """
    return tuple(2**k for k in range(1, widest.bit_length()) if 2**k <= widest)


class Rolling:
    """Means, spreads and extremes over the newest 2, 4, 8 … values at some places of one or more series.

    A mean or spread needs half of its values, an extreme one of them. Results are (places, widths, …).

    Args:
        x: (time, …). widths: powers of two. at: places whose statistics are wanted.
    """

    def __init__(self, x: np.ndarray, widths: tuple[int, ...], at: np.ndarray) -> None:
        here = np.isfinite(x)
        self._x, self._widths, self._at = x, widths, at
        self._complete = bool(here.all())
        self._filled = x if self._complete else np.where(here, x, np.float32(0))
        whole = _as_counts(widths, x.ndim)
        if self._complete and int(at.min()) + 1 >= max(widths):
            self._count, self._enough = whole, _all_of(widths, x.ndim)
        else:
            self._count = _picked(here.astype(np.float32), widths, at, np.add)
            self._enough = self._count >= whole / 2
        self._mean: np.ndarray | None = None

    def mean(self) -> np.ndarray:
        """Return the means by width."""
        if self._mean is None:
            total = _picked(self._filled, self._widths, self._at, np.add)
            self._mean = _over(total, self._count, self._enough)
        return self._mean

    def spread(self, widths: tuple[int, ...]) -> np.ndarray:
        """Return the standard deviations (divisor n) of some of the widths."""
        some = [self._widths.index(width) for width in widths]
        mean, squares = self.mean()[:, some], _picked(self._filled * self._filled, widths, self._at, np.add)
        variance = _over(squares, self._count[:, some], self._enough[:, some]) - mean * mean
        spread: np.ndarray = np.sqrt(np.maximum(variance, np.float32(0)))
        return spread

    def highest(self, widths: tuple[int, ...]) -> np.ndarray:
        """Return the largest values by width."""
        return _picked(self._x, widths, self._at, np.fmax)

    def lowest(self, widths: tuple[int, ...]) -> np.ndarray:
        """Return the smallest values by width."""
        return _picked(self._x, widths, self._at, np.fmin)


def _picked(x: np.ndarray, widths: tuple[int, ...], at: np.ndarray, join: Callable[..., np.ndarray]) -> np.ndarray:
    out = np.empty((len(at), len(widths), *x.shape[1:]), dtype=np.float32)
    widest = max(widths)
    if len(at) == 1 and at[0] + 1 >= widest:
        # one place needs every second pair of its window only, then every second of these: the same tree
        values, width = x[at[0] + 1 - widest : at[0] + 1], 1
        while width < widest:
            values, width = join(values[1::2], values[::2]), 2 * width
            if width in widths:
                out[0, widths.index(width)] = values[-1]
        return out
    for width, values in doubling(x, max(widths), join):
        if width in widths:
            out[:, widths.index(width)] = rows_at(values, at)
    return out


@lru_cache(maxsize=256)
def _as_counts(widths: tuple[int, ...], dims: int) -> np.ndarray:
    """Return (1, widths, …) how many values full windows have, float32; not to be written to."""
    return np.array(widths, dtype=np.float32).reshape((1, -1) + (1,) * (dims - 1))


@lru_cache(maxsize=256)
def _all_of(widths: tuple[int, ...], dims: int) -> np.ndarray:
    return np.ones(_as_counts(widths, dims).shape, dtype=bool)


def _over(total: np.ndarray, count: np.ndarray, enough: np.ndarray) -> np.ndarray:
    if enough.all():
        mean: np.ndarray = total / count
        return mean
    out = np.full_like(total, np.nan)
    np.divide(total, count, out=out, where=enough)
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
