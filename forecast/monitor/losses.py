"""What is summed of every forecast row: its losses, with their names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.evaluation.levels import central_pairs
from forecast.evaluation.metrics.pinball import pinball_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ABSOLUTE, SQUARE, ERROR, PINBALL = range(4)
COVERED = 4  # the first of the central intervals, from the narrowest


class Rows(NamedTuple):
    """Forecasts beside what happened, a row an issue time and lead: `place` of the lead, kW."""

    valid_ns: IntArray
    place: IntArray
    actual: FloatArray
    power: FloatArray
    quantiles: FloatArray

    def only(self, which: NDArray[np.bool_]) -> Rows:
        """Return some of the rows."""
        return Rows(
            self.valid_ns[which], self.place[which], self.actual[which], self.power[which], self.quantiles[which]
        )  # fmt: skip

    def counted(self) -> Rows:
        """Return the rows that are scored: truth and forecast known, and the sun up (or wind)."""
        known = np.isfinite(self.actual) & np.isfinite(self.power) & np.isfinite(self.quantiles).all(axis=1)
        return self.only(known & (self.quantiles[:, -1] > 0))  # by night every forecast is right


def loss_names(levels: FloatArray) -> list[str]:
    """Return the names of the losses, in the order of `losses`.

    >>> loss_names(np.array([0.05, 0.5, 0.95]))
    ['absolute', 'square', 'error', 'pinball', 'covered_90']
    """
    return ["absolute", "square", "error", "pinball", *(f"covered_{pair}" for pair in central_pairs(levels.tolist()))]


def losses(rows: Rows, levels: FloatArray) -> FloatArray:
    """Return (n, losses): |e|, e², e = forecast − actual, pinball [kW], and whether each interval covered."""
    error = rows.power - rows.actual
    # own use below 0 cannot be forecast, as in `result.scores`
    seen = np.maximum(rows.actual, 0.0)
    columns = [np.abs(error), np.square(error), error, pinball_rows(rows.actual, rows.quantiles, levels)]
    columns += [
        ((seen >= rows.quantiles[:, low]) & (seen <= rows.quantiles[:, high])).astype(np.float64)
        for low, high in central_pairs(levels.tolist()).values()
    ]
    return np.stack(columns, axis=1)


def sums_by(values: FloatArray, code: IntArray, groups: int) -> FloatArray:
    """Return the sums (groups, k) of values (n, k) by the number of their group."""
    return np.stack([np.bincount(code, column, minlength=groups) for column in values.T], axis=1)


def width(rows: Rows) -> FloatArray:
    """Return the distance of the outermost quantiles [kW]."""
    return np.asarray(rows.quantiles[:, -1] - rows.quantiles[:, 0])
