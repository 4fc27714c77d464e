"""Losses summed by local day and group of leads, beside what was promised for the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from forecast.evaluation.blocks import local_days
from forecast.monitor.losses import ABSOLUTE, COVERED, ERROR, FloatArray, IntArray, Rows, losses, sums_by
from forecast.timegrid import NS_PER_HOUR, to_index

GROUPS = 4
LEAST_RATIO = 0.05


class DaySums(NamedTuple):
    """One local day: hours with a scored row; by group of leads the rows (g,) and sums (g, losses) found, promised."""

    hours: int
    n: FloatArray
    found: FloatArray
    promised: FloatArray


def lead_groups(leads: Sequence[int]) -> list[list[int]]:
    """Return the leads in four groups of neighbours, or fewer.

    >>> lead_groups([1, 2, 3, 4, 5, 6, 7, 8])
    [[1, 2], [3, 4], [5, 6], [7, 8]]
    """
    return [part.tolist() for part in np.array_split(np.array(leads), min(GROUPS, len(leads)))]


def day_numbers(valid_ns: IntArray, zone: str) -> IntArray:
    """Return the local day of intervals that end at `valid_ns`: midnight belongs to the day that ends."""
    labels, back = np.unique(valid_ns, return_inverse=True)
    return np.asarray(local_days(to_index(labels - 1, "UTC"), zone)[back])


def day_sums(rows: Rows, promised: FloatArray, levels: FloatArray, zone: str, group: IntArray) -> dict[int, DaySums]:
    """Return the sums of counted rows by day.

    Args:
        promised: (n, losses), what each row was promised. group: number of each lead's group, by its place.
    """
    if not len(rows.valid_ns):
        return {}
    days, place = np.unique(day_numbers(rows.valid_ns, zone), return_inverse=True)
    groups = int(group.max()) + 1
    code = place * groups + group[rows.place]
    n, found, expected = (
        sums_by(values, code, len(days) * groups).reshape(len(days), groups, -1)
        for values in (np.ones((len(code), 1)), losses(rows, levels), promised)
    )
    seen = np.unique(np.stack([place, (rows.valid_ns - 1) // NS_PER_HOUR], axis=1), axis=0)[:, 0]
    hours = np.bincount(seen, minlength=len(days))
    return {int(day): DaySums(int(hours[i]), n[i, :, 0], found[i], expected[i]) for i, day in enumerate(days)}


def measures(day: DaySums) -> FloatArray:
    """Return what charts look at: error and bias beside the promised MAE, coverage beyond the promised one.

    ``error = ln(Σ|e| / Σ promised |e|)``, at −3 the least, ``bias = Σ (e − promised e) / Σ promised |e|``, coverage the
    mean over all central intervals of the share covered less the promised share.
    """
    found, promised = day.found.sum(axis=0), day.promised.sum(axis=0)
    if not promised[ABSOLUTE] > 0:
        return np.full(3, np.nan)
    error = np.log(max(found[ABSOLUTE] / promised[ABSOLUTE], LEAST_RATIO))
    bias = (found[ERROR] - promised[ERROR]) / promised[ABSOLUTE]
    covered = (found[COVERED:] - promised[COVERED:]) / day.n.sum()
    return np.array([error, bias, covered.mean() if len(covered) else np.nan])
