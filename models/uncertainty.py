"""Quantiles around a point forecast, learned from honest errors: their middle and sizes first, then their shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.models.boosted import merge_leads, score, train_leads, wide_row
from forecast.models.forest import Forest, SideBySide
from forecast.models.honest import other_half
from forecast.models.nested import base_parts, under
from forecast.models.reference import Reference, clear_scale, usable
from forecast.models.relearning import relearned
from forecast.models.residuals import ResidualQuantiles, fit_residuals, fit_units
from forecast.models.sides import Sides

SMALLEST = 2e-3  # share of capacity: no forecast is surer than that
SIZE_RATE, SIZE_L2 = 0.08, 20.0
_SIZE = {
    "objective": "regression", "num_leaves": 8, "learning_rate": SIZE_RATE, "feature_fraction": 0.3,
    "min_data_in_leaf": 100, "lambda_l2": SIZE_L2, "max_bin": 63,
}  # fmt: skip
SIZE_TREES = 60
OF_SIDES = np.float32(0.6)  # weight of the boosters' middle and sides; the rest is the point's and its one size
A_SIDE = np.float32(1.6)  # from the median to the 90 % quantile in mean sizes of a normal error


@dataclass(frozen=True)
class Boosters:
    """What tells the sizes of errors of a model that learns."""

    size: Forest
    sides: Sides | None


class Uncertainty:
    """Where errors are expected, how large they are to each side, and their quantiles in units of these sizes.

    middle = p + w (q50 − p), up = w (q90 − q50) + (1 − w) c s, down alike; s expects |y − p|, q are three quantile
    boosters, w = `OF_SIDES`, c = `A_SIDE`. Quantiles of (y − middle) / up or down come from honest forecasts, in bins
    of p and in bins of up / (up + down), the mean of both. Without boosters, and in bundles of before, middle = p and
    up = down = s (clear-sky power where nothing is learned), in bins of p alone.
    """

    def __init__(
        self, by_point: ResidualQuantiles, by_lean: ResidualQuantiles | None, boosters: Boosters | None
    ) -> None:
        self.by_point, self.by_lean, self.boosters = by_point, by_lean, boosters
        if boosters is not None:
            found = [boosters.size] if boosters.sides is None else [boosters.size, boosters.sides.forest]
            self._forest = SideBySide(found)  # one call: for a single forecast, calls cost more than trees

    @classmethod
    def fit(cls, design: Design, honest: np.ndarray, learned: bool, random_state: int, n_jobs: int) -> Self:
        """Fit on honest forecasts (n, L); `learned` = boosters for the sizes, else the clear-sky power (wind: 1)."""
        good = usable(design) & np.isfinite(honest)
        if not learned:
            return cls(fit_residuals(honest, clear_scale(design), design.actual, good), None, None)
        rows = np.flatnonzero(good.any(axis=1))
        some, point, good = design.take(rows), honest[rows], good[rows]
        texts = train_leads(some, np.abs(some.actual - point), good, _SIZE | {"seed": random_state}, SIZE_TREES, n_jobs)
        size = Forest(merge_leads(design, texts))
        unseen = Sides.fit(other_half(design), random_state, n_jobs)
        spread = _weighed(point, _positive(score(size, some)), unseen(score(unseen.forest, some), some))
        by_point, by_lean = (
            fit_units(key, _units(spread, some.actual - point), good) for key in (point, _lean(spread))
        )
        return cls(by_point, by_lean, Boosters(size, Sides.fit(design, random_state, n_jobs)))

    def renewed(self, design: Design, point: np.ndarray, new: np.ndarray) -> Self:
        """Return what has also learned the sizes of errors, from points (n, L) made before their rows were known.

        The sides and the shape stay: they need more rows than come in a month.
        """
        if self.boosters is None:
            return self
        missed = np.abs(design.actual - point)
        size = relearned(self.boosters.size, wide_row(design), missed, new, SIZE_RATE, SIZE_L2)
        return type(self)(self.by_point, self.by_lean, replace(self.boosters, size=size))

    def spread(self, design: Design, point: np.ndarray) -> np.ndarray:
        """Return (n, L, 3): the middle of the errors to expect, their size upwards and downwards, both positive."""
        if self.boosters is None:
            return _even(clear_scale(design))
        scores, leads = score(self._forest, design), len(design.leads)
        size = _positive(scores[:, :leads])
        if self.boosters.sides is None:
            return _even(size)
        return _weighed(point, size, self.boosters.sides(scores[:, leads:], design))

    def curves(self, point: np.ndarray, spread: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of power around points (n, L) with a `spread`."""
        unit = self.by_point.units(point, levels)
        if self.by_lean is not None:
            unit = unit + self.by_lean.units(_lean(spread), levels)
            unit *= np.float32(0.5)
        middle, up, down = (spread[..., i, None] for i in range(3))
        quantiles: np.ndarray = point[..., None] + middle + np.where(unit >= 0, up, down) * unit
        return quantiles

    def quantiles(self, design: Design, point: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, L, Q) of power."""
        return self.curves(point, self.spread(design, point), levels)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, str]]:
        """Return values, arrays and texts that `from_parts` reads back."""
        values: dict[str, Any] = {"learned": self.boosters is not None, "sides": None}
        arrays, texts = self.by_point.to_parts()[1], {}
        if self.boosters is not None:
            texts["size"] = self.boosters.size.text
        if self.boosters is not None and self.boosters.sides is not None and self.by_lean is not None:
            values["sides"], base, _ = base_parts(self.boosters.sides.reference)
            arrays |= base | {f"lean/{name}": array for name, array in self.by_lean.to_parts()[1].items()}
            texts["sides"] = self.boosters.sides.forest.text
        return values, arrays, texts

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return what `to_parts` described."""
        by_point = ResidualQuantiles.from_parts(arrays)
        if not values["learned"]:
            return cls(by_point, None, None)
        size = Forest.loaded(texts["size"])
        if values.get("sides") is None:  # bundles of before have none
            return cls(by_point, None, Boosters(size, None))
        reference = Reference.from_parts(values["sides"]["values"], under("base", arrays), {})
        sides = Sides(reference, Forest.loaded(texts["sides"]))
        return cls(by_point, ResidualQuantiles.from_parts(under("lean", arrays)), Boosters(size, sides))


def _positive(size: np.ndarray) -> np.ndarray:
    positive: np.ndarray = np.maximum(size, np.float32(SMALLEST))
    return positive


def _even(size: np.ndarray) -> np.ndarray:
    """Return the spread of errors around the point that are as large to either side."""
    return np.stack([np.zeros_like(size), size, size], axis=-1)


def _weighed(point: np.ndarray, size: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Return the spread (n, L, 3) from the point, its one size, and the boosters' three quantiles (n, L, 3)."""
    low, middle, high = (sides[..., i] for i in range(3))
    even = (1 - OF_SIDES) * A_SIDE * size
    up, down = even + OF_SIDES * (high - middle), even + OF_SIDES * (middle - low)
    return np.stack([OF_SIDES * (middle - point), _positive(up), _positive(down)], axis=-1)


def _units(spread: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return errors (n, L) of points in units of the spread."""
    away = error - spread[..., 0]
    return np.asarray(away / np.where(away >= 0, spread[..., 1], spread[..., 2]))


def _lean(spread: np.ndarray) -> np.ndarray:
    """Return the share of the upward size in both."""
    up, down = spread[..., 1], spread[..., 2]
    return np.asarray(up / (up + down))
