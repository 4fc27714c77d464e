"""Losses of a backtest's rows summed by group, in blocks, so that memory stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.evaluation.selecting import ROWS

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.grouping import Grouping

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
BLOCK_ROWS = 100_000  # worked on at once: a few dozen MB

#: (actual (n,), power (n,), quantiles (n, levels), capacity) → losses (n,) each, all kW
Losses = Callable[[FloatArray, NDArray[np.floating], NDArray[np.floating], float], Iterable[NDArray[np.floating]]]


class Sums(NamedTuple):
    """Numbers of the groups (g,), their counted and excluded rows (2, g) and sums of losses (models, losses, g)."""

    codes: IntArray
    counts: FloatArray
    sums: FloatArray


class Block(NamedTuple):
    """Some issue times of one site, rows (issue times, leads): which were asked for, which of them count."""

    site: int
    rows: slice
    data: xr.Dataset
    asked: BoolArray
    counted: BoolArray
    capacity: float


def checked_floor(floor: float | None) -> float | None:
    """Return the floor; `SettingsError` unless it is None or a share of capacity in [0, 1)."""
    if floor is not None and not 0 <= floor < 1:
        raise SettingsError(f"floor is {floor}; expected a share of the capacity, such as 0.03, or None")
    return floor


def grouped_sums(
    dataset: xr.Dataset,
    grouping: Grouping,
    mask: xr.DataArray | None,
    losses: Losses,
    n_losses: int,
    floor: float | None = None,
) -> Sums:
    """Return the sums of `losses` over the rows that count, by group.

    A row counts when it is `valid`, its actual and every model's power are finite, and (with a `floor`) not all
    of them lie below that share of the capacity. So all models are summed over the same rows.
    """
    codes: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    counts: list[FloatArray] = [np.zeros((2, 0))]
    sums: list[FloatArray] = [np.zeros((dataset.sizes["model"], n_losses, 0))]
    for block in blocks(dataset, mask, floor):
        code, place = np.unique(grouping.codes(block.site, block.rows)[block.asked], return_inverse=True)
        if not len(code):
            continue
        found = _block_sums(block, place, len(code), losses)
        codes.append(code)
        counts.append(found[0])
        sums.append(found[1])
    groups, place = np.unique(np.concatenate(codes), return_inverse=True)
    return Sums(groups, _added(counts, place, len(groups)), _added(sums, place, len(groups)))


def blocks(dataset: xr.Dataset, mask: xr.DataArray | None, floor: float | None = None) -> Iterator[Block]:
    """Yield all rows, some issue times of one site at a time; neighbours share the issue times."""
    issues = dataset.sizes["issue_time"]
    at_once = max(1, BLOCK_ROWS // max(1, dataset.sizes["lead"]))
    for begin in range(0, issues, at_once):
        for site in range(dataset.sizes["site"]):
            yield _block(dataset, site, slice(begin, min(begin + at_once, issues)), mask, floor)


def _block(dataset: xr.Dataset, site: int, rows: slice, mask: xr.DataArray | None, floor: float | None) -> Block:
    data = dataset[["actual", "valid", "power", "quantiles"]].isel(site=site, issue_time=rows)
    data = data.transpose("model", *ROWS[1:], "quantile").load()
    capacity = float(dataset["capacity_kw"].values[site])
    actual, power = data["actual"].values, data["power"].values
    counted = data["valid"].values & np.isfinite(actual) & np.isfinite(power).all(axis=0)
    if floor is not None:
        low = floor * capacity
        counted &= ~((actual < low) & (power < low).all(axis=0))
    asked = np.ones(actual.shape, dtype=bool) if mask is None else mask[site, rows].values
    return Block(site, rows, data, asked, counted, capacity)


def _block_sums(block: Block, place: IntArray, groups: int, losses: Losses) -> tuple[FloatArray, FloatArray]:
    """Return counted and excluded rows (2, groups) and sums (models, losses, groups) of one block."""
    used = block.counted & block.asked
    group = place[block.counted[block.asked]]
    n = np.bincount(group, minlength=groups)
    counts = np.stack([n, np.bincount(place, minlength=groups) - n]).astype(np.float64)
    y = block.data["actual"].values[used].astype(np.float64)
    models = zip(block.data["power"].values, block.data["quantiles"].values, strict=True)
    sums = [
        [np.bincount(group, loss, minlength=groups) for loss in losses(y, p[used], q[used], block.capacity)]
        for p, q in models
    ]
    return counts, np.array(sums, dtype=np.float64)


def _added(parts: list[FloatArray], place: IntArray, groups: int) -> FloatArray:
    """Return the parts (…, groups of a block) summed into (…, groups)."""
    joined = np.concatenate(parts, axis=-1)
    total = np.zeros((*joined.shape[:-1], groups))
    for row in np.ndindex(joined.shape[:-1]):
        total[row] = np.bincount(place, joined[row], minlength=groups)
    return total
