"""Resampling whole days: errors of neighbouring issue times belong together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from forecast.errors import NotEnoughDataError, SettingsError, ShapeError
from forecast.timegrid import NS_PER_DAY

FloatArray = NDArray[np.float64]
LARGEST_DRAW = 4_000_000  # numbers held at once while drawing


def local_days(times: pd.DatetimeIndex, timezone: Any = None) -> NDArray[np.int64]:
    """Return the day number (since 1970) of each time, by the clock of `timezone`.

    None takes the index's own zone. A naive index counts as UTC, as the times of a backtest's dataset do.

    >>> local_days(pd.DatetimeIndex(["2024-03-01 23:30"], tz="UTC"), "Asia/Shanghai") - 19783
    array([1])
    """
    index = times.tz_localize("UTC") if times.tz is None else times
    local = index if timezone is None else index.tz_convert(timezone)
    clock = local.tz_localize(None).as_unit("ns").asi8
    return np.asarray(clock // NS_PER_DAY, dtype=np.int64)


def block_sums(values: ArrayLike, blocks: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the sums (blocks, k) and counts (blocks,) of values (n,) or (n, k), rows with a NaN left out."""
    table, labels = np.asarray(values, dtype=np.float64), np.asarray(blocks)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or labels.shape != table.shape[:1]:
        raise ShapeError(f"values have shape {np.shape(values)}, blocks {labels.shape}; expected one block a row")
    used = np.isfinite(table).all(axis=1)
    _, code = np.unique(labels[used], return_inverse=True)
    counts = np.bincount(code).astype(np.float64)
    sums = np.empty((len(counts), table.shape[1]))
    for k in range(table.shape[1]):
        sums[:, k] = np.bincount(code, table[used, k])
    return sums, counts


def usual_length(n_blocks: int) -> int:
    """Return how many neighbouring blocks to draw together: the cube root of their number, rounded.

    Days next to each other are not quite independent; single days would make the intervals too narrow.

    >>> [usual_length(n) for n in (2, 7, 30, 365)]
    [1, 2, 3, 7]
    """
    return max(1, round(math.cbrt(n_blocks)))


def resampled_means(
    sums: ArrayLike, counts: ArrayLike, *, length: int = 1, n_resamples: int = 2000, random_state: Any = 0
) -> FloatArray:
    """Return `n_resamples` means (n_resamples, k) of rows in blocks drawn with replacement.

    Only sums (blocks, k) and counts (blocks,) are needed: a block drawn w times adds w times its sum.
    `length` neighbouring blocks are drawn together, the last followed by the first. Raises
    `NotEnoughDataError` for fewer than two blocks.
    """
    total, rows = np.asarray(sums, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    n = len(rows)
    if n < 2:
        raise NotEnoughDataError(f"{n} block(s) with values; a block bootstrap needs two at least, better 30")
    if n_resamples < 1 or not 1 <= length <= n:
        raise SettingsError(f"n_resamples is {n_resamples}, length {length}; expected 1 or more, length up to {n}")
    rng = np.random.default_rng(random_state)
    # a run of `length` blocks that starts anywhere: its sums stand for it
    total, rows = _runs(total, length), _runs(rows, length)
    drawn, at_once = -(-n // length), max(1, LARGEST_DRAW // n)
    out = np.empty((n_resamples, total.shape[1]))
    for begin in range(0, n_resamples, at_once):
        size = min(at_once, n_resamples - begin)
        often = rng.multinomial(drawn, np.full(n, 1 / n), size=size).astype(np.float64)
        out[begin : begin + size] = (often @ total) / (often @ rows)[:, None]
    return out


def _runs(values: FloatArray, length: int) -> FloatArray:
    """Return the sum of each block and the `length` − 1 after it, round the end."""
    out = values.copy()
    for shift in range(1, length):
        out += np.roll(values, -shift, axis=0)
    return out
