"""The table behind `result.scores`: sums of losses by group, in blocks, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.evaluation.grouping import Grouping, IntArray, checked_by
from forecast.evaluation.levels import central_pairs
from forecast.evaluation.metrics.crps import crps_rows
from forecast.evaluation.metrics.pinball import pinball_table
from forecast.evaluation.selecting import ROWS, selection

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where

FloatArray = NDArray[np.float64]
BLOCK_ROWS = 100_000  # worked on at once: a few dozen MB
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
) -> pd.DataFrame:
    """Return the scores of all models by group.

    A row counts (`n`) when it is `valid`, its actual is finite and every model's power is finite; the other
    rows that `where` asks for are `excluded`. So all models are scored on the same rows.

    Args:
        by: `"lead" "site" "hour" "month" "season" "daylight"`, a list of them, or `[]` for one row a model.
        where: `"daylight"`, `"night"`, a boolean DataArray or a function of the dataset; None for all rows.
        reference: the model that skill is against; None for no skill.

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
    grouping = Grouping(dataset, names)
    values = dataset["quantile"].values.astype(np.float64)
    levels = Levels(values, central_pairs(values.tolist()))
    codes, counts, sums = _grouped_sums(dataset, grouping, selection(dataset, where), levels)
    against = None if reference is None else models.index(reference)
    return pd.DataFrame(_columns(counts, sums, levels, against), index=grouping.index(models, codes))


def _grouped_sums(
    dataset: xr.Dataset, grouping: Grouping, mask: xr.DataArray | None, levels: Levels
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return group numbers (g,), their counted and excluded rows (2, g) and sums (models, losses, g)."""
    codes: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    counts: list[FloatArray] = [np.zeros((2, 0))]
    sums: list[FloatArray] = [np.zeros((dataset.sizes["model"], POINT_LOSSES + levels.losses, 0))]
    for site, rows in _blocks(dataset):
        block = dataset[["actual", "valid", "power", "quantiles"]].isel(site=site, issue_time=rows)
        asked = np.ones(_row_shape(block), dtype=bool) if mask is None else mask[site, rows].values
        code, place = np.unique(grouping.codes(site, rows)[asked], return_inverse=True)
        if not len(code):
            continue
        capacity = float(dataset["capacity_kw"].values[site])
        found = _block_sums(block, asked, place, len(code), capacity, levels)
        codes.append(code)
        counts.append(found[0])
        sums.append(found[1])
    groups, place = np.unique(np.concatenate(codes), return_inverse=True)
    return groups, _added(counts, place, len(groups)), _added(sums, place, len(groups))


def _added(parts: list[FloatArray], place: IntArray, groups: int) -> FloatArray:
    """Return the parts (…, groups of a block) summed into (…, groups)."""
    joined = np.concatenate(parts, axis=-1)
    total = np.zeros((*joined.shape[:-1], groups))
    for row in np.ndindex(joined.shape[:-1]):
        total[row] = np.bincount(place, joined[row], minlength=groups)
    return total


def _blocks(dataset: xr.Dataset) -> Iterator[tuple[int, slice]]:
    """Yield site and issue times; sites inside, so that those of one zone share their local hours."""
    issues = dataset.sizes["issue_time"]
    at_once = max(1, BLOCK_ROWS // max(1, dataset.sizes["lead"]))
    for begin in range(0, issues, at_once):
        for site in range(dataset.sizes["site"]):
            yield site, slice(begin, min(begin + at_once, issues))


def _row_shape(block: xr.Dataset) -> tuple[int, int]:
    return block.sizes["issue_time"], block.sizes["lead"]


def _block_sums(
    block: xr.Dataset,
    asked: NDArray[np.bool_],
    place: IntArray,
    groups: int,
    capacity: float,
    levels: Levels,
) -> tuple[FloatArray, FloatArray]:
    """Return counted and excluded rows (2, groups) and sums (models, losses, groups) of one block."""
    rows = ROWS[1:]
    actual = block["actual"].transpose(*rows).values
    power = block["power"].transpose("model", *rows).values
    quantiles = block["quantiles"].transpose("model", *rows, "quantile").values
    counted = block["valid"].transpose(*rows).values & np.isfinite(actual) & np.isfinite(power).all(axis=0)
    used = counted & asked
    group = place[counted[asked]]
    n = np.bincount(group, minlength=groups)
    counts = np.stack([n, np.bincount(place, minlength=groups) - n]).astype(np.float64)
    y = actual[used].astype(np.float64)
    sums = [
        [np.bincount(group, loss, minlength=groups) for loss in _losses(y, p[used], q[used], capacity, levels)]
        for p, q in zip(power, quantiles, strict=True)
    ]
    return counts, np.array(sums, dtype=np.float64)


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
    yield pinball_table(y, q, levels.values).mean(axis=1)
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
