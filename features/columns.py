"""Collects features block by block, each column with its name, unit, group and age."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

import numpy as np

from forecast.design import Column, one_column

ROWS_AT_ONCE = 1024  # each block writes a few columns of all rows: those of some rows stay in the cache meanwhile
Known = int | tuple[int, ...] | None


class Columns:
    """Features on their way into a matrix: blocks (n, k) for all leads, (n, L, k) for each lead."""

    def __init__(self) -> None:
        self.common: list[tuple[tuple[Column, ...], np.ndarray]] = []
        self.lead: list[tuple[tuple[Column, ...], np.ndarray]] = []

    def add(self, name: str, values: np.ndarray, unit: str, group: str, known_ns: int | None = None) -> None:
        """Add one feature; `values` (n,) goes to all leads, (n, L) lead by lead."""
        self.add_block((name,), values[..., None], unit, group, known_ns)

    def add_block(
        self, names: tuple[str, ...], values: np.ndarray, unit: str, group: str, known_ns: Known = None
    ) -> None:
        """Add features of one kind, (n, k) for all leads or (n, L, k) lead by lead; `known_ns` one or each."""
        target = self.common if values.ndim == 2 else self.lead
        target.append((_block_columns(names, unit, group, known_ns), values))

    def matrices(self, n: int, leads: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the matrices (n, C) and (n, L, V), float32."""
        return _joined(self.common, (n,)), _joined(self.lead, (n, leads))

    def layout(self) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
        """Return the columns of both matrices."""
        return _listed([c for c, _ in self.common]), _listed([c for c, _ in self.lead])


def _joined(blocks: list[tuple[tuple[Column, ...], np.ndarray]], shape: tuple[int, ...]) -> np.ndarray:
    out = np.empty((*shape, sum([len(columns) for columns, _ in blocks])), dtype=np.float32)
    for start in range(0, shape[0] if blocks else 0, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        np.concatenate([values[rows] for _, values in blocks], axis=-1, out=out[rows], casting="same_kind")
    return out


@lru_cache(maxsize=100_000)
def _block_columns(names: tuple[str, ...], unit: str, group: str, known_ns: Known) -> tuple[Column, ...]:
    each = known_ns if isinstance(known_ns, tuple) else (known_ns,) * len(names)
    return tuple(one_column(name, unit, group, known) for name, known in zip(names, each, strict=True))


def _listed(blocks: list[tuple[Column, ...]]) -> tuple[Column, ...]:
    return tuple(chain.from_iterable(blocks))


@lru_cache(maxsize=100_000)
def with_ending(names: tuple[str, ...], ending: str) -> tuple[str, ...]:
    """Return the names with an ending each.

    >>> with_ending(("ghi", "temp_air"), "_mean4")
    ('ghi_mean4', 'temp_air_mean4')
    """
    return tuple(name + ending for name in names)


@lru_cache(maxsize=100_000)
def with_start(start: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names with a start each."""
    return tuple(start + name for name in names)
