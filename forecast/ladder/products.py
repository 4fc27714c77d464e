"""Sums of products of features, from which the least squares of any choice among them follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

PENALTY = 0.03  # weight of squared coefficients, per row; as in `forecast.models.linear`


@dataclass(frozen=True)
class Products:
    """Number of rows, sums of features (p,) and truth, of their products (p, p) and (p,)."""

    n: int
    x: np.ndarray
    y: float
    xx: np.ndarray
    xy: np.ndarray

    @classmethod
    def of(cls, z: np.ndarray, actual: np.ndarray) -> Self:
        """Sum over scaled features (n, p) and truth (n,)."""
        z = z.astype(np.float64)
        return cls(len(z), z.sum(axis=0), float(actual.sum()), z.T @ z, z.T @ actual)

    def of_another(self, z: np.ndarray, actual: np.ndarray) -> Products:
        """Return the same features' sums beside another truth."""
        return replace(self, y=float(actual.sum()), xy=actual @ z)


def added(parts: Sequence[Products]) -> Products:
    """Return the sums over the rows of all parts."""
    return Products(*(sum(getattr(p, f.name) for p in parts[1:]) + getattr(parts[0], f.name) for f in fields(Products)))


def solved(products: Products, left: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the weights of the features that are `left` and the bias: ridge on centred features."""
    n = max(products.n, 1)
    x, y = products.x[left] / n, products.y / n
    gram = products.xx[np.ix_(left, left)] - n * np.outer(x, x) + PENALTY * n * np.eye(int(left.sum()))
    weight = np.linalg.solve(gram, products.xy[left] - n * x * y)
    return weight, float(y - x @ weight)
