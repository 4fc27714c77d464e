"""The table behind `result.scores`: sums of losses by group, in blocks, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.evaluation.excluding import excluded_table
from forecast.evaluation.grouping import Grouping, checked_by
from forecast.evaluation.levels import central_pairs
from forecast.evaluation.metrics.crps import crps_rows
from forecast.evaluation.metrics.pinball import pinball_rows
from forecast.evaluation.selecting import selection
from forecast.evaluation.summing import FloatArray, checked_floor, grouped_sums

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where

POINT_LOSSES = 5
QUANTILE_LOSSES = 2


class Levels(NamedTuple):
    """Quantile levels, and the places of both ends of each central interval by its coverage in percent."""

    values: FloatArray
    pairs: dict[str, tuple[int, int]]

    @property
    def losses(self) -> int:
        """How many losses of quantiles a row has."""
        return QUANTILE_LOSSES + 2 * len(self.pairs) if len(self.values) else 0


def score_table(
    dataset: xr.Dataset,
    by: str | Sequence[str] | None = "lead",
    where: Where = None,
    reference: str | None = "reference",
    floor: float | None = None,
) -> pd.DataFrame:
    """Return the scores of all models by group.

    A row counts (`n`) when it is `valid`, its actual is finite and every model's power is finite; the other
    rows that `where` asks for are `excluded`, and `attrs["excluded"]` says how many for what reason. So all
    models are scored on the same rows.

    Args:
        by: names of `forecast.evaluation.grouping.BY`, or `[]` for one row a model. By `"level"` each model has rows
            of its own: those at which it had that level.
        where: `"daylight"`, `"night"`, a boolean DataArray or a function of the dataset; None for all rows.
        reference: the model that skill is against; None for no skill.
        floor: a share of the capacity; rows whose truth and forecasts all lie below it are excluded.

    Returns:
        Index [model, *by]; `n excluded`; `mae rmse mbe pinball crps width_…` in kW, e = forecast − actual;
        `nmae nrmse` as a share of each row's site capacity; `skill` = 1 − rmse / rmse of the reference in the
        group; `coverage_…` as a share, a negative actual (own use) counting as 0. A model without quantiles
        in a counted row has NaN there. Formulas and sources: `forecast.evaluation.metrics`.
    """
    names = checked_by(by)
    models = [str(model) for model in dataset["model"].values]
    if reference is not None and reference not in models:
        raise SettingsError(f"reference={reference!r} is not among the models: {', '.join(models)}")
    if "level" in names and "model" in dataset["level"].dims:
        return _by_own_level(dataset, names, where, reference, floor)
    grouping = Grouping(dataset, names)
    values = dataset["quantile"].values.astype(np.float64)
    levels = Levels(values, central_pairs(values.tolist()))
    mask, floor = selection(dataset, where), checked_floor(floor)
    losses = partial(_losses, levels=levels)
    codes, counts, sums = grouped_sums(dataset, grouping, mask, losses, POINT_LOSSES + levels.losses, floor)
    against = None if reference is None else models.index(reference)
    table = pd.DataFrame(_columns(counts, sums, levels, against), index=grouping.index(models, codes))
    reasons = excluded_table(dataset, [], where, floor).drop(columns=["asked", "n"])
    table.attrs["excluded"] = {str(name): int(count) for name, count in reasons.sum().items() if count}
    return table


def _by_own_level(
    dataset: xr.Dataset, names: list[str], where: Where, reference: str | None, floor: float | None
) -> pd.DataFrame:
    """Return the scores of each model by its own levels, the reference beside it on the same rows."""
    tables, excluded = [], {}
    for model in map(str, dataset["model"].values):
        both = list(dict.fromkeys([model, model if reference is None else reference]))
        own = dataset["level"].sel(model=model).drop_vars("model")
        table = score_table(dataset.sel(model=both).assign(level=own), names, where, reference, floor)
        tables.append(table.loc[[model]])
        excluded[model] = table.attrs.pop("excluded")
    out = pd.concat([table.rename_axis(tables[0].index.names) for table in tables])
    out.attrs["excluded"] = next(iter(excluded.values()), {})
    return out


def _losses(
    y: FloatArray,
    power: NDArray[np.floating],
    quantiles: NDArray[np.floating],
    capacity: float,
    levels: Levels,
) -> Iterator[NDArray[np.floating]]:
    """Yield the losses of each row, in the order of the sums; NaN where a row lacks quantiles."""
    error = power.astype(np.float64) - y
    absolute, square = np.abs(error), np.square(error)
    yield from (absolute, square, error, absolute / capacity, square / capacity**2)
    if not levels.losses:
        return
    q = quantiles.astype(np.float64)
    whole = np.isfinite(q).all(axis=1)
    if not whole.any():
        yield from [np.full(len(y), np.nan)] * levels.losses
        return
    yield pinball_rows(y, q, levels.values)
    yield crps_rows(y, q, levels.values)
    produced = np.maximum(y, 0.0)  # own use: no forecast says less than 0
    for low, high in levels.pairs.values():
        yield np.where(whole, (q[:, low] <= produced) & (produced <= q[:, high]), np.nan)
        yield q[:, high] - q[:, low]


def _columns(
    counts: FloatArray, sums: FloatArray, levels: Levels, against: int | None
) -> dict[str, NDArray[np.generic]]:
    """Return the scores of all models and groups, model by model, from sums (models, losses, groups)."""
    n, excluded = (np.tile(row, len(sums)).astype(np.int64) for row in counts)
    means = np.divide(sums, counts[0], out=np.full_like(sums, np.nan), where=counts[0] > 0)
    absolute, square, error, absolute_share, square_share = means[:, :POINT_LOSSES].swapaxes(0, 1)
    columns = {
        "mae": absolute,
        "rmse": np.sqrt(square),
        "mbe": error,
        "nmae": absolute_share,
        "nrmse": np.sqrt(square_share),
        "skill": _skill(np.sqrt(square), against),
    }
    if levels.losses:
        columns["pinball"], columns["crps"], *intervals = means[:, POINT_LOSSES:].swapaxes(0, 1)
        for k, share in enumerate(levels.pairs):
            columns[f"coverage_{share}"], columns[f"width_{share}"] = intervals[2 * k : 2 * k + 2]
    return {"n": n, "excluded": excluded, **{name: values.ravel() for name, values in columns.items()}}


def _skill(rmse: FloatArray, against: int | None) -> FloatArray:
    out = np.full_like(rmse, np.nan)
    if against is not None:
        theirs = np.broadcast_to(rmse[against], rmse.shape)
        np.divide(theirs - rmse, theirs, out=out, where=theirs > 0)
    return out
