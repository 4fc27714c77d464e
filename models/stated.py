"""Quantiles where no past tells how wrong forecasts are: stated widths of weather forecasts' errors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.models.reference import usable
from forecast.models.residuals import GRID, ResidualQuantiles
from forecast.physics import pv_errors, wind_errors

LEAST_ROWS = 150  # of a lead, from which on its own errors say more
DIM = 0.02  # share of capacity of clear-sky power below which there is no spread


class StatedUncertainty:
    """Quantiles of actual minus expected power by what is expected: of capacity (wind), of clear-sky power (PV).

    See `forecast.physics.spread` for the error models. The same for all leads: of forecasts of unknown vintage, none is
    newer than another.
    """

    def __init__(self, residuals: ResidualQuantiles) -> None:
        self.residuals = residuals

    @classmethod
    def of(cls, kind: str, leads: int) -> Self:
        """Return the widths for `"wind"` or `"pv"`."""
        middle, table = (wind_errors if kind == "wind" else pv_errors)(GRID)
        shape = (leads, *table.shape)
        return cls(
            ResidualQuantiles(
                np.broadcast_to(middle.astype(np.float32), shape[:2]).copy(),
                np.broadcast_to(table.astype(np.float32), shape).copy(),
            )
        )

    def quantiles(self, design: Design, point: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of power."""
        clear = np.where(design.clear > DIM, design.clear, np.float32(0))
        index = np.divide(point, clear, out=np.zeros_like(point), where=clear > 0)
        quantiles: np.ndarray = point[..., None] + clear[..., None] * self.residuals.units(index, levels)
        return quantiles

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, str]]:
        """Return values, arrays and texts that `from_parts` reads back."""
        return {"stated": True}, self.residuals.to_parts()[1], {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return what `to_parts` described."""
        return cls(ResidualQuantiles.from_parts(arrays))


def too_few(design: Design) -> bool:
    """Return whether a lead has too few measured values to learn quantiles from."""
    return int(usable(design).sum(axis=0).min(initial=len(design))) < LEAST_ROWS
