"""Why a row is not scored: what was wrong with the truth, and how many rows that cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data import SiteData
from forecast.data.cleaning import FLAGS
from forecast.data.limits import out_of_service
from forecast.evaluation.grouping import Grouping, checked_by
from forecast.evaluation.selecting import ROWS, selection
from forecast.evaluation.summing import blocks, checked_floor
from forecast.timegrid import any_within

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evaluation.selecting import Where

IntArray = NDArray[np.int64]
#: what can be wrong with the truth of an interval; the last that applies is told
REASONS = ("scored", "missing", "frozen", "out of range", "outage", "curtailed")
OTHER = ("no forecast", "below floor")


def reasons(data: SiteData, valid_ns: IntArray, step_ns: int, actual: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the place in `REASONS` of each interval that ends at `valid_ns`: 0 where its truth is known."""
    times, flags = data.times("power"), data.flags.to_numpy()
    out = np.ones(valid_ns.shape, dtype=np.int8)
    broken = {
        "frozen": (flags & FLAGS["frozen"]) > 0,
        "out of range": (flags & (FLAGS["out_of_range"] | FLAGS["sentinel"])) > 0,
        "outage": out_of_service(data, times),
        "curtailed": data.limited(times, data.power_step_ns),
    }
    for name, bad in broken.items():
        if bad.any():
            out[any_within(times, bad, valid_ns, step_ns)] = REASONS.index(name)
    out[np.isfinite(actual)] = 0
    return out


def excluded_table(
    dataset: xr.Dataset, by: str | Sequence[str] | None = (), where: Where = None, floor: float | None = None
) -> pd.DataFrame:
    """Return how many rows were asked for, how many of them count, and why the others do not, by group.

    Columns `asked n`, then one for each reason: the truth `missing`, `frozen`, `out of range`, in an `outage` (no
    capacity in service) or `curtailed`; `no forecast` by at least one model; truth and forecasts `below floor`.
    A truth that is missing for a reason nobody told counts as `missing`. Index: the groups, all models alike.
    """
    names, mask, floor = checked_by(by), selection(dataset, where), checked_floor(floor)
    grouping, kinds = Grouping(dataset, names), len(REASONS) + len(OTHER)
    codes, counts = [np.zeros(0, dtype=np.int64)], [np.zeros((0, kinds), dtype=np.int64)]
    for block in blocks(dataset, mask, floor):
        why = np.ones(block.asked.shape, dtype=np.int64)
        if "reason" in dataset:
            stored = dataset["reason"].isel(site=block.site, issue_time=block.rows).transpose(*ROWS[1:]).values
            why = np.maximum(stored.astype(np.int64), 1)
        known = block.data["valid"].values & np.isfinite(block.data["actual"].values)
        made = np.isfinite(block.data["power"].values).all(axis=0)
        why = np.where(block.counted, 0, np.where(~known, why, len(REASONS) + made))
        code, place = np.unique(grouping.codes(block.site, block.rows)[block.asked], return_inverse=True)
        found = np.bincount(place * kinds + why[block.asked], minlength=len(code) * kinds)
        codes.append(code)
        counts.append(found.reshape(len(code), kinds))
    groups, place = np.unique(np.concatenate(codes), return_inverse=True)
    total = np.zeros((len(groups), kinds), dtype=np.int64)
    np.add.at(total, place, np.concatenate(counts))
    table = pd.DataFrame(total, columns=["n", *REASONS[1:], *OTHER])
    table.insert(0, "asked", total.sum(axis=1))
    if not names:
        return table.reset_index(drop=True)
    table.index = pd.MultiIndex.from_frame(grouping.index(["all"], groups).to_frame(index=False)).droplevel("model")
    return table
