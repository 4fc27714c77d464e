"""What a backtest promises: the mean losses to expect of a row, by lead, stated width, part of the day and season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.monitor.days import day_numbers
from forecast.monitor.losses import FloatArray, IntArray, Rows, losses, sums_by, width
from forecast.timegrid import to_index

PARTS, SEASONS = 4, 4  # of the local day, of the year
BANDS = (1 / 3, 2 / 3)  # narrow, usual and wide intervals, by lead
FAITH = 10.0  # days that a finer group's mean must rest on to count as much as the coarser group's
FOLDS = 5


@dataclass(frozen=True)
class Promised:
    """Mean losses of a backtest by condition; a condition it never saw falls back to the next coarser one.

    Attributes:
        levels: quantile levels. zone: the clock of days. edges: (leads, 2) widths [kW] between bands.
        table: (leads × bands × parts × seasons, losses).
    """

    levels: FloatArray
    zone: str
    edges: FloatArray
    table: FloatArray

    @classmethod
    def of(cls, rows: Rows, levels: FloatArray, zone: str, leads: int) -> Promised:
        """Return what counted rows promise; means of few days are drawn to those of the coarser condition."""
        edges = _edges(rows, leads)
        codes = _codes(rows, zone, edges)
        days = day_numbers(rows.valid_ns, zone)
        values = losses(rows, levels)
        sizes = (leads, len(BANDS) + 1, PARTS, SEASONS)
        mean = np.broadcast_to(values.mean(axis=0), (1, values.shape[1]))
        code = np.zeros(len(days), dtype=np.int64)
        for column, size in zip(codes, sizes, strict=True):
            code = code * size + column
            mean = _drawn(values, code, days, np.repeat(mean, size, axis=0))
        return cls(levels, zone, edges, mean)

    def expected(self, rows: Rows) -> FloatArray:
        """Return (n, losses), the promised mean losses of each row."""
        code = np.zeros(len(rows.valid_ns), dtype=np.int64)
        sizes = (len(self.edges), len(BANDS) + 1, PARTS, SEASONS)
        for column, size in zip(_codes(rows, self.zone, self.edges), sizes, strict=True):
            code = code * size + column
        return np.asarray(self.table[code])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"levels": self.levels.tolist(), "zone": self.zone, "edges": self.edges.tolist(),
                "table": self.table.tolist()}  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Promised:
        """Return what `to_dict` gave."""
        levels, edges, table = (np.array(values[name], dtype=np.float64) for name in ("levels", "edges", "table"))
        return cls(levels, str(values["zone"]), edges, table)


def expected_elsewhere(rows: Rows, levels: FloatArray, zone: str, leads: int) -> FloatArray:
    """Return what each row is promised by the other four fifths of the days, so that no row promises itself."""
    days = day_numbers(rows.valid_ns, zone)
    seen, place = np.unique(days, return_inverse=True)
    fold = place * FOLDS // len(seen)
    out = np.empty((len(days), losses(rows.only(fold < 0), levels).shape[1]))
    for one in range(FOLDS):
        here = fold == one
        out[here] = Promised.of(rows.only(~here), levels, zone, leads).expected(rows.only(here))
    return out


def _edges(rows: Rows, leads: int) -> FloatArray:
    wide = width(rows)
    out = np.empty((leads, len(BANDS)))
    for place in range(leads):
        here = wide[rows.place == place]
        out[place] = np.quantile(here, BANDS) if len(here) else np.inf
    return out


def _codes(rows: Rows, zone: str, edges: FloatArray) -> list[IntArray]:
    labels, back = np.unique(rows.valid_ns, return_inverse=True)
    clock = to_index(labels - 1, "UTC").tz_convert(zone)
    part, season = clock.hour.to_numpy() * PARTS // 24, clock.month.to_numpy() % 12 // 3
    band = (width(rows)[:, None] > edges[rows.place]).sum(axis=1)
    return [rows.place, band.astype(np.int64), part[back].astype(np.int64), season[back].astype(np.int64)]


def _drawn(values: FloatArray, code: IntArray, days: IntArray, coarser: FloatArray) -> FloatArray:
    """Return the mean of each group, drawn to the coarser mean as if that rested on `FAITH` days."""
    groups = len(coarser)
    n = np.bincount(code, minlength=groups)
    sums = sums_by(values, code, groups)
    own = np.divide(sums, n[:, None], out=coarser.copy(), where=n[:, None] > 0)
    first = days.min()
    pairs = np.unique(code * (days.max() - first + 1) + days - first)
    distinct = np.bincount(pairs // (days.max() - first + 1), minlength=groups)
    weight = (distinct / (distinct + FAITH))[:, None]
    return np.asarray(weight * own + (1 - weight) * coarser)
