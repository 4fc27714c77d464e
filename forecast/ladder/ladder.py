"""The rungs of a fitted forecaster: which one serves a set of missing inputs, and its forecast with quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.errors import BundleError
from forecast.ladder.matrix import as_power, tensor
from forecast.ladder.trial import sizes
from forecast.models.persistence import Climatology
from forecast.models.reference import clear_scale
from forecast.models.residuals import ResidualQuantiles
from forecast.models.scaling import ROWS_AT_ONCE, Scaler, by_lead
from forecast.storage.typed import one_array


@dataclass(frozen=True)
class Ladder:
    """Rungs 1 … R in the order of their honest errors; 0 is the model itself, R climatology with the sun.

    Attributes:
        serves: (conditions of the first input, … of the last) the rung of each set of conditions.
        usual: (L, inputs) whether training had the input at a lead; what it did not have is never missing.
        group: (L,) which leads share coefficients; mean, spread: (G, p + 1) of the features, see `matrix.tensor`.
        weight: (R − 1, G, p + 1, 2), bias: (R − 1, G, 2): of the point and of the size of its error; size: (R − 1, G)
            its mean. Climatology has none.
        middle, table: quantiles of the rungs' errors (R, G, B) and (R, G, B, levels), see `ResidualQuantiles`.
    """

    serves: np.ndarray
    usual: np.ndarray
    group: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    size: np.ndarray
    middle: np.ndarray
    table: np.ndarray
    climatology: Climatology

    def missing(self, found: np.ndarray) -> np.ndarray:
        """Return the conditions (n, L, inputs) without those that training had too."""
        missing: np.ndarray = found * self.usual
        return missing

    def level(self, missing: np.ndarray) -> np.ndarray:
        """Return the rung (n, L) int8 that serves some conditions (n, L, inputs)."""
        rung: np.ndarray = self.serves[tuple(missing.transpose(2, 0, 1))]
        return rung

    def serve(
        self, design: Design, level: np.ndarray, point: np.ndarray, quantiles: np.ndarray, levels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return points (n, L) and quantiles (n, L, Q) with those of the rungs where `level` is above 0."""
        if not level.any():
            return point, quantiles
        point, quantiles = point.copy(), quantiles.copy()
        for rung in np.unique(level[level > 0]):
            rows = np.flatnonzero((level == rung).any(axis=1))
            some, at = design.take(rows), level[rows] == rung
            own, size = self.point(some, int(rung))
            residuals = ResidualQuantiles(self.middle[rung - 1][self.group], self.table[rung - 1][self.group])
            curves = residuals(own, size, levels)
            point[rows] = np.where(at, own, point[rows])
            quantiles[rows] = np.where(at[..., None], curves, quantiles[rows])
        return point, quantiles

    def point(self, design: Design, rung: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the forecast and the size of its error (n, L) of one rung; the same bits alone and in a batch."""
        most = (1.0 / design.scale[:, None]).astype(np.float32)
        if rung == len(self.middle):
            return np.clip(self.climatology.point(design), np.float32(0), most), clear_scale(design)
        places = as_power((*design.common_columns, *design.lead_columns))
        scaler = Scaler(self.mean[self.group], self.spread[self.group])
        weight, bias = self.weight[rung - 1][self.group], self.bias[rung - 1][self.group]
        parts = [
            by_lead(scaler(tensor(design.take(slice(start, start + ROWS_AT_ONCE)), places)), weight) + bias
            for start in range(0, len(design), ROWS_AT_ONCE)
        ]
        made = np.concatenate(parts)
        size = sizes(made[..., 1], self.size[rung - 1][self.group])
        return np.clip(made[..., 0], np.float32(0), most), size

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return plain values and arrays that `from_parts` reads back."""
        values, arrays, _ = self.climatology.to_parts()
        own = {name: getattr(self, name) for name in _ARRAYS}
        return {"climatology": values}, own | {f"climatology/{name}": array for name, array in arrays.items()}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the ladder that `to_parts` described."""
        prefix = "climatology/"
        inner = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        climatology = Climatology.from_parts(values["climatology"], inner, {})
        own = {name: _read(arrays, name) for name in _ARRAYS}
        rungs, groups = own["middle"].shape[:2]
        within = (("serves", rungs), ("group", groups - 1))
        if any(not own[name].size or own[name].min() < 0 or own[name].max() > most for name, most in within):
            raise BundleError("the ladder serves rungs, or groups of leads, that it does not have")
        return cls(**own, climatology=climatology)


def _read(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    dims, kind = _ARRAYS[name]
    dims = dims if dims else arrays[name].ndim  # a dim an input
    if kind == "f":
        # without a rung beside climatology there are no weights
        array = arrays[name]
        return array if array.size == 0 and array.ndim == dims else one_array(arrays, name, dims, kind)
    return one_array(arrays, name, dims, kind)


#: dims (0: one an input) and kind of each array
_ARRAYS = {
    "serves": (0, "i"), "usual": (2, "b"), "group": (1, "i"), "mean": (2, "f"), "spread": (2, "f"),
    "weight": (4, "f"), "bias": (3, "f"), "size": (2, "f"), "middle": (3, "f"), "table": (4, "f"),
}  # fmt: skip
