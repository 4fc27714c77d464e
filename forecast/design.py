"""The matrices that features make and models read: one row an issue time, one slice a lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Column:
    """One feature: name, unit, group, and when its newest value became known [ns after the issue time, ≤ 0].

    `known_ns` is None where nothing is measured (calendar, sun) and where the vintage of an input is unknown.
    """

    name: str
    unit: str
    group: str
    known_ns: int | None = None


@lru_cache(maxsize=100_000)
def one_column(name: str, unit: str, group: str, known_ns: int | None = None) -> Column:
    """Return the same object for the same feature: layouts are then compared in no time."""
    return Column(name, unit, group, known_ns)


@dataclass(frozen=True)
class Design:
    """What models see of n issue times × L leads; power as a share of the capacity in service, float32.

    Attributes:
        common: (n, C) features that all leads share; lead: (n, L, V) features of each lead's valid time.
        now: (n,) newest known power; index: (n,) the same over the clear-sky power (wind: the power itself).
        last: (n,) the newest index there is, however old; late: (n,) steps that the newest power is late, 0 = it is
            there, NaN = there is none; see `forecast.features.newest`.
        clear: (n, L) clear-sky power at the valid time (wind: 1); up: (n, L) the sun is up (wind: always).
        slot: (n, L) time of day [0, 1); season: (n, L) time of year [0, 1), both of the valid interval's middle, UTC.
        scale: (n,) what a share of 1 is worth, as a share of the capacity that is stated in service; float64.
        actual: (n, L) measured power, NaN where unknown or not to be learned from.
        issue_ns: (n,) issue times; leads: (L,) steps.
        kept: what models have made of these rows and may want again; never taken along into another design.
    """

    common: np.ndarray
    lead: np.ndarray
    now: np.ndarray
    index: np.ndarray
    last: np.ndarray
    late: np.ndarray
    clear: np.ndarray
    up: np.ndarray
    slot: np.ndarray
    season: np.ndarray
    scale: np.ndarray
    actual: np.ndarray
    issue_ns: np.ndarray
    leads: np.ndarray
    common_columns: tuple[Column, ...]
    lead_columns: tuple[Column, ...]
    kept: dict[Any, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.now)

    @property
    def names(self) -> list[str]:
        """Names of the features of one lead, in the order of `matrix`."""
        return [c.name for c in self.common_columns] + [c.name for c in self.lead_columns]

    def matrix(self, k: int, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the features (rows, C + V) of the k-th lead."""
        return np.concatenate([self.common[rows], self.lead[rows, k]], axis=1)

    def tensor(self, rows: slice) -> np.ndarray:
        """Return the features (rows, L, C + V) of all leads, as `matrix` lead by lead."""
        lead = self.lead[rows]
        out = np.empty((*lead.shape[:2], self.common.shape[1] + lead.shape[2]), dtype=np.float32)
        out[..., : self.common.shape[1]] = self.common[rows, None, :]
        out[..., self.common.shape[1] :] = lead
        return out

    def take(self, rows: np.ndarray | slice) -> Design:
        """Return the design of some issue times."""
        changes = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name in _BY_ROW}
        return replace(self, **changes)


_BY_ROW = {
    "common", "lead", "now", "index", "last", "late", "clear", "up", "slot", "season", "scale", "actual", "issue_ns",
}  # fmt: skip


def stack(designs: Sequence[Design]) -> Design:
    """Return the designs of several sites or phases under one another; columns that one lacks are missing there."""
    return stack_in_turn(designs, [len(design) for design in designs])


def stack_in_turn(designs: Iterable[Design], counts: Sequence[int]) -> Design:
    """As `stack`, of designs with so many rows each that are made one by one: none is held once it is copied."""
    if len(counts) == 1:
        (only,) = designs
        return only
    whole, end = None, 0
    for design in designs:
        whole = _room_for(design, sum(counts)) if whole is None else whole
        common = _all_columns([whole.common_columns, design.common_columns])
        lead = _all_columns([whole.lead_columns, design.lead_columns])
        whole, part = aligned(whole, common, lead), aligned(design, common, lead)
        start, end = end, end + len(part)
        for name in _BY_ROW:
            getattr(whole, name)[start:end] = getattr(part, name)
        del design, part
    assert whole is not None and end == len(whole)
    return whole


def _room_for(design: Design, rows: int) -> Design:
    values = {name: getattr(design, name) for name in _BY_ROW}
    room: dict[str, Any] = {name: np.empty((rows, *x.shape[1:]), dtype=x.dtype) for name, x in values.items()}
    return replace(design, **room)


def _all_columns(lists: Sequence[tuple[Column, ...]]) -> tuple[Column, ...]:
    columns = {column.name: column for columns in lists for column in columns}
    return tuple(columns.values())


def _aligned(values: np.ndarray, have: tuple[Column, ...], want: tuple[Column, ...]) -> np.ndarray:
    if have == want:
        return values
    place = {column.name: i for i, column in enumerate(have)}
    out = np.full((*values.shape[:-1], len(want)), np.nan, dtype=np.float32)
    for i, column in enumerate(want):
        if column.name in place:
            out[..., i] = values[..., place[column.name]]
    return out


def aligned(design: Design, common: tuple[Column, ...], lead: tuple[Column, ...]) -> Design:
    """Return the design with exactly these columns, in this order; what it lacks is missing (NaN)."""
    if design.common_columns == common and design.lead_columns == lead:
        return design
    return replace(
        design,
        common=_aligned(design.common, design.common_columns, common),
        lead=_aligned(design.lead, design.lead_columns, lead),
        common_columns=common,
        lead_columns=lead,
    )
