"""What counts as a pair: numbers on both sides. The one place where metrics drop NaN and apply weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from forecast.errors import SettingsError, ShapeError

FloatArray = NDArray[np.float64]


def complete_pairs(
    obs: ArrayLike, *others: ArrayLike, weights: ArrayLike | None = None
) -> tuple[list[FloatArray], FloatArray | None]:
    """Return observation and the others, flat, where all are finite, and the weights of these pairs.

    Others may be scalars. Infinite values count as missing, as does a missing weight. Raises `ShapeError`
    where shapes or pandas indexes differ (nothing is aligned silently), `SettingsError` for negative weights.
    """
    _same_index(obs, *others)
    first = np.asarray(obs, dtype=np.float64)
    arrays = [first, *(like(first, other) for other in others)]
    weight = None if weights is None else like(first, weights, "weights")
    if weight is not None and (weight < 0).any():
        raise SettingsError(f"weights must not be negative; the smallest is {np.nanmin(weight):g}")
    used = np.logical_and.reduce([np.isfinite(array) for array in ([*arrays] if weight is None else [*arrays, weight])])
    return [array[used] for array in arrays], None if weight is None else weight[used]


def complete_rows(
    obs: ArrayLike, table: ArrayLike, weights: ArrayLike | None = None, *, columns: int | None = None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Return observation (n,), table (n, columns) and weights of the rows that are finite throughout.

    The table has the observation's shape and one axis more, the last: quantile levels or members. Raises
    `ShapeError` unless it has `columns` of them.
    """
    _same_index(obs, table)
    first, values = np.asarray(obs, dtype=np.float64), np.asarray(table, dtype=np.float64)
    if values.ndim != first.ndim + 1 or values.shape[:-1] != first.shape:
        raise ShapeError(
            f"observations have shape {first.shape}, so the forecasts need {first.shape} and one axis more, "
            f"the last; they have {values.shape}"
        )
    if columns is not None and values.shape[-1] != columns:
        raise ShapeError(f"{columns} levels are given, but the forecasts' last axis has {values.shape[-1]}")
    whole = np.where(np.isfinite(values).all(axis=-1), 0.0, np.nan)
    (kept, _, position), weight = complete_pairs(
        first, whole, np.arange(first.size).reshape(first.shape), weights=weights
    )
    return kept, values.reshape(first.size, values.shape[-1])[position.astype(np.intp)], weight


def mean(values: FloatArray, weights: FloatArray | None = None) -> float:
    """Return the weighted mean as a float; NaN where nothing is left or nothing has weight.

    >>> mean(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    2.0
    """
    total = float(len(values)) if weights is None else float(weights.sum())
    if total == 0.0:
        return float("nan")
    return float(values.sum() if weights is None else (values * weights).sum()) / total


def like(first: FloatArray, other: ArrayLike, what: str = "forecasts") -> FloatArray:
    """Return the other as floats in the first one's shape; scalars are repeated, other shapes refused."""
    array = np.asarray(other, dtype=np.float64)
    if array.ndim == 0:
        return np.broadcast_to(array, first.shape)
    if array.shape != first.shape:
        raise ShapeError(f"observations have shape {first.shape}, {what} have {array.shape}; they must be equal")
    return array


def _same_index(*inputs: ArrayLike) -> None:
    tables = [item for item in inputs if isinstance(item, pd.Series | pd.DataFrame)]
    for table in tables[1:]:
        if not table.index.equals(tables[0].index):
            raise ShapeError(
                "the indexes of observations and forecasts differ; align them first: "
                "obs, fcst = obs.align(fcst, 'inner')"
            )
