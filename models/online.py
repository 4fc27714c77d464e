"""What the newest outcomes teach: a slow correction of the forecast and of its quantiles' levels.

Rows are issue times one step apart. At row i and lead h the outcomes of rows i − W + 1 … i − h − late count: what was
measured by then, within a fixed window of W rows, and nothing else; so a forecast is the same alone, in a batch and
live. Sums over windows are made of whole numbers, which add up the same way whatever stands before. Rows that the
models learned from do not count: their errors are smaller than those to come (measured: 0.3 % of RMSE at 4 h).

Point: p + β · z, z = (clear, p, reference, newest), β by ridge on the window's errors towards 0.
Levels: level a of the quantiles becomes the level below which the share a of the window's outcomes fell, pulled
towards a as by `PRIOR` rows. Moving levels instead of values leaves the mass on 0 and on rated output where it is.
Where a quarter of the outcomes is expected on a bound, they neither teach levels nor are levels moved: a plant at rest
says nothing of the errors of one that runs (measured: 2 % of pinball at the first wind lead).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from forecast.design import Design
from forecast.models.reference import Reference, usable
from forecast.models.residuals import GRID
from forecast.storage.typed import one_array

UNIT = np.float64(2.0**15)  # of the whole numbers that shares are turned into
RIDGE_ROWS = 400.0  # rows of typical size that pull the correction towards 0
PRIOR = 150.0  # rows that pull the levels towards themselves, at the first lead
PRIOR_GROWS = 0.2  # per lead: outcomes of far leads resemble their neighbours'
TERMS = 4
NEVER = -(2**62)  # before all issue times
AT_BOUND = 0.005  # share of capacity: closer to a bound than that counts as on it
QUARTERS = tuple(int(np.searchsorted(GRID, level)) for level in (0.25, 0.75))


@dataclass(frozen=True)
class Made:
    """Forecasts on rows one step apart: (G, L) unless stated.

    Attributes:
        point: the forecast; spread: (G, L, 3) of its error, see `forecast.models.uncertainty`; terms: (G, L, 4) what
        corrects it; actual: NaN where unknown; up: the sun is up; most: (G, 1) highest share; issue_ns: (G,).
    """

    point: np.ndarray
    spread: np.ndarray
    terms: np.ndarray
    actual: np.ndarray
    up: np.ndarray
    most: np.ndarray
    issue_ns: np.ndarray


@dataclass(frozen=True)
class Online:
    """The fitted part: the reference among the terms, the terms' usual squares (L, 4), the last row learned from."""

    reference: Reference
    usual: np.ndarray
    learned_ns: int = NEVER

    @classmethod
    def fit(cls, design: Design, honest: np.ndarray) -> Self:
        """Fit on honest forecasts (n, L)."""
        reference = Reference().fit(design)
        terms = _terms(design, honest, reference).astype(np.float64)
        good = usable(design) & np.isfinite(honest)
        count = np.maximum(good.sum(axis=0), 1)[:, None]
        usual = np.where(good[..., None], terms**2, 0.0).sum(axis=0) / count
        return cls(reference, np.maximum(usual, 1e-6), int(design.issue_ns.max()))

    def made(self, design: Design, point: np.ndarray, spread: np.ndarray, most: np.ndarray) -> Made:
        """Return what corrections need of some rows."""
        terms = _terms(design, point, self.reference)
        new = design.issue_ns > self.learned_ns
        actual = np.where(new[:, None], design.actual, np.float32(np.nan))
        return Made(point, spread, terms, actual, design.up, most, design.issue_ns)

    def corrected(self, made: Made, rows: np.ndarray, known: np.ndarray, window: int) -> np.ndarray:
        """Return the corrected points (rows, L).

        Args:
            rows: places whose forecasts are wanted. known: (L,) rows from a forecast to its outcome being known.
            window: rows of the window.
        """
        good = np.isfinite(made.actual) & made.up
        error = np.where(good, made.actual - made.point, 0.0)
        scaled = np.rint(np.concatenate([made.terms, error[..., None]], axis=2) * UNIT).astype(np.int64)
        scaled[~good] = 0
        out = made.point[rows].copy()
        for k in range(out.shape[1]):
            left, right = _pairs()
            sums = _over_windows(scaled[:, k, left] * scaled[:, k, right], rows, int(known[k]), window) / UNIT**2
            square = np.zeros((len(rows), TERMS + 1, TERMS + 1))
            square[:, left, right] = square[:, right, left] = sums
            gram = square[:, :TERMS, :TERMS] + np.diag(RIDGE_ROWS * self.usual[k])
            beta = np.linalg.solve(gram, square[:, :TERMS, TERMS:])[..., 0]
            terms = made.terms[rows, k].astype(np.float64)
            out[:, k] += sum(beta[:, j] * terms[:, j] for j in range(TERMS)).astype(np.float32)
        within: np.ndarray = np.clip(out, np.float32(0), made.most[rows])
        return within

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return plain values and arrays that `from_parts` reads back."""
        values, arrays, _ = self.reference.to_parts()
        return {"reference": values, "learned_ns": self.learned_ns}, {**arrays, "usual": self.usual}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return what `to_parts` described."""
        learned_ns = int(values.get("learned_ns", NEVER))
        return cls(Reference.from_parts(values["reference"], arrays, {}), one_array(arrays, "usual", 2), learned_ns)


def _terms(design: Design, point: np.ndarray, reference: Reference) -> np.ndarray:
    other = reference.point(design)
    newest = design.clear * design.index[:, None]
    return np.stack([design.clear, point, other, np.where(np.isnan(newest), other, newest)], axis=2)


def _pairs() -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of columns whose sums of products a ridge needs: terms with each other and with the error."""
    left, right = np.triu_indices(TERMS + 1)
    keep = left < TERMS
    return left[keep], right[keep]


def _over_windows(values: np.ndarray, rows: np.ndarray, known: int, window: int) -> np.ndarray:
    """Return exact sums of whole numbers over the outcomes that count at each row."""
    running = np.zeros((len(values) + 1, *values.shape[1:]), dtype=np.int64)
    np.cumsum(values, axis=0, out=running[1:])
    stop = np.clip(rows - known + 1, 0, len(values))
    start = np.minimum(np.clip(rows - window + 1, 0, len(values)), stop)
    return np.asarray(running[stop] - running[start])


def on_a_bound(curves: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return where (n, L) a quarter of the outcomes is expected at 0 or at the highest share (n, 1)."""
    low, high = (curves[..., at] for at in QUARTERS)
    return np.asarray((low <= AT_BOUND) | (high >= most - np.float32(AT_BOUND)))


def shares_below(
    curves: np.ndarray, made: Made, first: int, rows: np.ndarray, known: np.ndarray, window: int
) -> np.ndarray:
    """Return, for each wanted row and lead, the share of outcomes below each level of `GRID`: (rows, L, levels).

    Args:
        curves: quantiles (G − first, L, levels) of the rows from `first` on, rising. Rows on a bound do not count.
    """
    actual, up = made.actual[first:], made.up[first:]
    good = np.isfinite(actual) & up & ~on_a_bound(curves, made.most[first:])
    place = ranks(curves, np.where(good, np.maximum(actual, 0), 0), made.issue_ns[first:])
    levels, leads = len(GRID), actual.shape[1]
    out = np.empty((len(rows), leads, levels))
    for k in range(leads):
        below = (place[:, k, None] <= GRID) & good[:, k, None]
        counted = np.concatenate([below, good[:, k, None]], axis=1).astype(np.int64)
        sums = _over_windows(counted, rows - first, int(known[k]), window)
        prior = PRIOR * (1 + PRIOR_GROWS * (int(known[k]) - 1))
        out[:, k] = (sums[:, :-1] + prior * GRID) / (sums[:, -1:] + prior)
    return out


def ranks(curves: np.ndarray, actual: np.ndarray, issue_ns: np.ndarray) -> np.ndarray:
    """Return the level (n, L) at which each outcome stands among the quantiles of `GRID`.

    Where it equals several quantiles (zero, rated output) the level is drawn between theirs, by the issue time.
    """
    below, upto = (curves < actual[..., None]).sum(axis=-1), (curves <= actual[..., None]).sum(axis=-1)
    edges = np.r_[0.0, GRID, 1.0]
    low, high = edges[below], edges[np.minimum(upto + 1, len(GRID) + 1)]
    drawn = _uniform(issue_ns)[:, None]
    before = np.take_along_axis(curves, np.maximum(below - 1, 0)[..., None], axis=-1)[..., 0]
    after = np.take_along_axis(curves, np.minimum(below, len(GRID) - 1)[..., None], axis=-1)[..., 0]
    width = after - before
    inside = (upto == below) & (below > 0) & (below < len(GRID)) & (width > 0)
    share = np.where(inside, (actual - before) / np.where(width > 0, width, 1), drawn)
    return np.asarray(low + share * (high - low))


def moved_levels(shares: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the levels (rows, L, Q) below which the wanted shares of outcomes fell."""
    edges = np.r_[0.0, GRID, 1.0]
    known = np.concatenate([np.zeros((*shares.shape[:2], 1)), shares, np.ones((*shares.shape[:2], 1))], axis=-1)
    known = np.maximum.accumulate(known, axis=-1)
    out = np.empty((*shares.shape[:2], len(levels)))
    for q, level in enumerate(levels):
        at = np.clip((known < level).sum(axis=-1), 1, len(edges) - 1)
        low, high = (np.take_along_axis(known, (at - d)[..., None], axis=-1)[..., 0] for d in (1, 0))
        share = np.clip((level - low) / np.where(high > low, high - low, 1), 0, 1)
        out[..., q] = edges[at - 1] + share * (edges[at] - edges[at - 1])
    return out


def at_levels(curves: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return quantiles (rows, L, Q) at levels of their own, linear between those of `GRID`, its ends beyond."""
    place = np.clip(np.searchsorted(GRID, wanted), 1, len(GRID) - 1)
    share = np.clip((wanted - GRID[place - 1]) / (GRID[place] - GRID[place - 1]), 0, 1)
    low, high = (np.take_along_axis(curves, place - d, axis=-1) for d in (1, 0))
    return np.asarray(low + share * (high - low))


def _uniform(keys: np.ndarray) -> np.ndarray:
    mixed = keys.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2**53)
