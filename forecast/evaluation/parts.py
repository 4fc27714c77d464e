"""The table behind `result.error_parts`: where the mean square error comes from, by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.evaluation.grouping import Grouping, checked_by
from forecast.evaluation.metrics.decomposition import ErrorParts, split
from forecast.evaluation.selecting import selection
from forecast.evaluation.summing import FloatArray, checked_floor, grouped_sums

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where


def parts_table(
    dataset: xr.Dataset, by: str | Sequence[str] | None = "lead", where: Where = None, floor: float | None = None
) -> pd.DataFrame:
    """Return index [model, *by]; `n` and the columns of `ErrorParts` [kW²], over the rows that `scores` counts.

    Formulas and sources: `forecast.evaluation.metrics.error_parts`.
    """
    models = [str(model) for model in dataset["model"].values]
    grouping = Grouping(dataset, checked_by(by))
    codes, counts, sums = grouped_sums(dataset, grouping, selection(dataset, where), _moments, 5, checked_floor(floor))
    with np.errstate(invalid="ignore", divide="ignore"):
        o, f, oo, ff, of = (sums / counts[0]).swapaxes(0, 1)
        parts = split(o, f, np.maximum(oo - o * o, 0.0), np.maximum(ff - f * f, 0.0), of - o * f)
    columns = {name: np.asarray(values).ravel() for name, values in zip(ErrorParts._fields, parts, strict=True)}
    n = np.tile(counts[0], len(models)).astype(np.int64)
    return pd.DataFrame({"n": n, **columns}, index=grouping.index(models, codes))


def _moments(
    y: FloatArray, power: NDArray[np.floating], quantiles: NDArray[np.floating], capacity: float
) -> Iterator[FloatArray]:
    f = power.astype(np.float64)
    yield from (y, f, y * y, f * f, y * f)
