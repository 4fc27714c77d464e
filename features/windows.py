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
    """Means, spreads and extremes of a series over the newest 2, 4, 8 … values.

    A mean or spread needs half of its values, an extreme one of them.
    """

    def __init__(self, x: np.ndarray, widest: int) -> None:
        here = np.isfinite(x)
        filled = np.where(here, x, np.float32(0))
        self._x, self._widest = x, widest
        self.count = dict(doubling(here.astype(np.float32), widest, np.add))
        self.sum = dict(doubling(filled, widest, np.add))
        self._filled = filled

    @property
    def widths(self) -> list[int]:
        """The windows' widths in steps."""
        return list(self.sum)

    def mean(self, width: int) -> np.ndarray:
        """Return the mean of the newest `width` values."""
        return _over(self.sum[width], self.count[width], width)

    def spreads(self) -> dict[int, np.ndarray]:
        """Return the standard deviation (divisor n) by width, from four values on."""
        out = {}
        for width, squares in doubling(self._filled * self._filled, self._widest, np.add):
            if width >= 4:
                mean = self.mean(width)
                out[width] = np.sqrt(np.maximum(_over(squares, self.count[width], width) - mean * mean, np.float32(0)))
        return out

    def highest(self) -> dict[int, np.ndarray]:
        """Return the largest value by width."""
        return dict(doubling(self._x, self._widest, np.fmax))

    def lowest(self) -> dict[int, np.ndarray]:
        """Return the smallest value by width."""
        return dict(doubling(self._x, self._widest, np.fmin))


def _over(total: np.ndarray, count: np.ndarray, width: int) -> np.ndarray:
    out = np.full_like(total, np.nan)
    np.divide(total, count, out=out, where=count >= width / 2)
    return out


def window_sum(x: np.ndarray, width: int) -> np.ndarray:
    """Return the sum of the newest `width` values (missing count as 0), any width, by joining doubled windows."""
    filled = np.where(np.isfinite(x), x, np.float32(0))
    total, reach, power, rest = np.zeros_like(filled), 0, 1, width
    doubled = filled
    while rest:
        if rest & 1:
            total[reach:] = total[reach:] + doubled[: len(doubled) - reach or None] if reach else total + doubled
            reach += power
        rest >>= 1
        if rest:
            wider = doubled.copy()
            wider[power:] += doubled[:-power]
            doubled, power = wider, 2 * power
    return total
