"""The whole distribution of power by one linear solve: a ridge on random cosines for 1{y <= c} at many thresholds c."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from forecast.errors import NotEnoughDataError, ShapeError
from forecast.models.contract import Parts
from forecast.models.scaling import Scaler, by_lead, fit_scaler
from forecast.models.threads import one_thread
from forecast.params import Params

# dense where wind and PV power spend most of their time, and close to the bounds, where the mass lies
THRESHOLDS = (
    0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.065, 0.08, *(0.02 * k for k in range(5, 10)),
    *(0.03 * k for k in range(7, 31)), 0.925, 0.95, 0.97, 0.98, 0.99, 0.999,
)  # fmt: skip
ROWS_A_SUM = 2048  # of single precision; their sums are added in double
ROWS_AT_ONCE = 64


class Distribution(Params):
    """P(y <= c | x), linear in the scaled features z and in cos(z W + b), W and b drawn once, for all c in one solve.

    The squared error of 1{y <= c}, summed over thresholds, is the CRPS on their grid: the ridge learns what is scored.
    Feed it honest forecasts (out of fold, or made before) and what their error depends on: few inputs, many rows.
    Source: Rahimi and Recht 2007, "Random features for large-scale kernel machines".

    Args:
        cosines: how many. width: of the kernel, in spreads of a feature times the root of their number.
        penalty: weight of squared coefficients, per row. thresholds: rising, as shares of capacity.
    """

    def __init__(
        self,
        cosines: int = 300,
        width: float = 1.5,
        penalty: float = 1e-3,
        thresholds: tuple[float, ...] = THRESHOLDS,
    ) -> None:
        self.cosines, self.width, self.penalty, self.thresholds = cosines, width, penalty, thresholds

    def fit(self, x: np.ndarray, y: np.ndarray, *, random_state: int = 0) -> Self:
        """Learn from rows x (n, p) and power y (n, S) of S sites; a row that lacks power of any of them is left out."""
        self.fit_honest(x, y, np.zeros(len(x), dtype=np.int64), random_state=random_state)
        return self

    def fit_honest(self, x: np.ndarray, y: np.ndarray, fold: np.ndarray, *, random_state: int = 0) -> np.ndarray:
        """Fit, and return the distributions (n, S, J) of each row by the ridge that did not learn from its fold.

        The sums of each fold are made once; a fold is left out by taking its sums away. With a single fold there is
        nothing to learn from without it: all NaN.
        """
        rows = _checked(x, y)
        self.scaler_ = fit_scaler(x[rows])
        rng, inputs = np.random.default_rng(random_state), int(np.isfinite(self.scaler_.spread).sum())
        size = 1.0 / (self.width * np.sqrt(max(inputs, 1)))
        self.turn_ = (size * rng.normal(size=(x.shape[1], self.cosines))).astype(np.float32)
        self.shift_ = rng.uniform(0, 2 * np.pi, self.cosines).astype(np.float32)
        with one_thread():
            f = self._expanded(x)
            folds = np.unique(fold)
            sums = [self._sums(f, y, rows & (fold == one)) for one in folds]
            all_gram = np.sum([gram for gram, _, _ in sums], axis=0)
            all_moment = np.sum([moment for _, moment, _ in sums], axis=0)
            count = sum(held for _, _, held in sums)
            self.weight_ = self._solved(all_gram, all_moment, count)
            honest = np.full((len(x), y.shape[1], len(self.thresholds)), np.nan, dtype=np.float32)
            for one, (gram, moment, held) in zip(folds, sums, strict=True):
                if count > held:
                    weight = self._solved(all_gram - gram, all_moment - moment, count - held)
                    at = fold == one
                    honest[at] = self._rising(f[at] @ weight)
        return honest

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Return P(y <= c), (n, S, J), between 0 and 1 and rising with c; a row's bits do not depend on the others."""
        turn, weight = self.turn_[None], self.weight_[None]
        out = np.empty((len(x), self.weight_.shape[1] // len(self.thresholds), len(self.thresholds)), dtype=np.float32)
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            z = self.scaler_(x[rows])[:, None]
            f = np.concatenate([np.ones_like(z[..., :1]), z, np.cos(by_lead(z, turn) + self.shift_)], axis=2)
            out[rows] = self._rising(by_lead(f, weight)[:, 0])
        return out

    def quantiles(self, x: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return quantiles (n, S, Q) for levels between 0 and 1, the mass at both bounds included."""
        return quantiles_of(self.cdf(x), np.asarray(self.thresholds), levels)

    def _expanded(self, x: np.ndarray) -> np.ndarray:
        z = self.scaler_(x)
        return np.concatenate([np.ones_like(z[:, :1]), z, np.cos(z @ self.turn_ + self.shift_)], axis=1)

    def _sums(self, f: np.ndarray, y: np.ndarray, use: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Return f'f, f'1{y <= c} and the number of rows used."""
        at, below = np.flatnonzero(use), y.shape[1] * len(self.thresholds)
        gram, moment = np.zeros((f.shape[1],) * 2), np.zeros((f.shape[1], below))
        for start in range(0, len(at), ROWS_A_SUM):
            some = at[start : start + ROWS_A_SUM]
            g = f[some]
            under = (y[some][..., None] <= np.asarray(self.thresholds)).astype(np.float32)
            gram += g.T @ g
            moment += g.T @ under.reshape(len(some), below)
        return gram, moment, len(at)

    def _solved(self, gram: np.ndarray, moment: np.ndarray, count: int) -> np.ndarray:
        penalty = np.full(len(gram), self.penalty * count)
        penalty[0] = 1e-9 * count  # the constant is free
        weight = np.linalg.solve(gram + np.diag(penalty), moment)
        return weight.astype(np.float32)

    def _rising(self, raw: np.ndarray) -> np.ndarray:
        return rising(raw.reshape(len(raw), -1, len(self.thresholds)))

    def to_parts(self) -> Parts:
        """Return settings and arrays."""
        arrays = {
            "mean": self.scaler_.mean, "spread": self.scaler_.spread, "turn": self.turn_, "shift": self.shift_,
            "coefficients": self.weight_,
        }  # fmt: skip
        return {"params": {**self.get_params(), "thresholds": list(self.thresholds)}}, arrays, {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Self:
        """Return the distribution that `to_parts` described."""
        out = cls(**{**values["params"], "thresholds": tuple(values["params"]["thresholds"])})
        out.scaler_ = Scaler(arrays["mean"], arrays["spread"])
        out.turn_, out.shift_, out.weight_ = arrays["turn"], arrays["shift"], arrays["coefficients"]
        return out


def rising(raw: np.ndarray) -> np.ndarray:
    """Return distributions (..., J) made monotone by a running maximum and cut to between 0 and 1.

    >>> rising(np.array([-0.1, 0.3, 0.2, 1.2]))
    array([0. , 0.3, 0.3, 1. ])
    """
    top: np.ndarray = np.clip(np.maximum.accumulate(raw, axis=-1), 0, 1)
    return top


def quantiles_of(cdf: np.ndarray, thresholds: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the quantiles (..., Q) of rising distributions (..., J), linear between thresholds.

    What lies at or below the first threshold is a mass there; what lies above the last one is a mass at 1. The quantile
    of a level is the lowest y with P(y' <= y) >= level.

    >>> quantiles_of(np.array([0.2, 0.6, 0.9]), np.array([0.0, 0.5, 0.999]), np.array([0.1, 0.4, 0.95]))
    array([0.  , 0.25, 1.  ])
    """
    flat = cdf.reshape(-1, cdf.shape[-1])
    level = np.asarray(levels, dtype=cdf.dtype)
    # thresholds below the level: a count, since the distribution rises
    above = np.stack([(flat < one).sum(axis=1) for one in level], axis=1)
    right = np.clip(above, 1, len(thresholds) - 1)
    low, high = (np.take_along_axis(flat, right - step, axis=1) for step in (1, 0))
    part = np.clip((level - low) / np.where(high > low, high - low, 1), 0, 1)
    grid = np.asarray(thresholds, dtype=cdf.dtype)
    # a rounding above the next threshold would cross the quantile that starts there
    out = np.minimum(grid[right - 1] + part * (grid[right] - grid[right - 1]), grid[right])
    out = np.where(above == 0, grid[0], np.where(above == len(grid), cdf.dtype.type(1), out))
    quantiles: np.ndarray = out.reshape(*cdf.shape[:-1], len(level))
    return quantiles


def _checked(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the rows to learn from, or raise."""
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise ShapeError(f"x is {x.shape} and y {y.shape}; expected (n, p) and (n, S)")
    rows: np.ndarray = np.isfinite(y).all(axis=1)
    if rows.sum() < 2:
        raise NotEnoughDataError(f"{int(rows.sum())} of {len(y)} rows have power; a distribution needs at least 2")
    return rows
