"""Collects features column by column, each with its name, unit, group and age."""

from __future__ import annotations

import numpy as np

from forecast.design import Column, one_column


class Columns:
    """Features on their way into a matrix: arrays (n,) for all leads, (n, L) for each lead."""

    def __init__(self) -> None:
        self.common: list[tuple[Column, np.ndarray]] = []
        self.lead: list[tuple[Column, np.ndarray]] = []

    def add(self, name: str, values: np.ndarray, unit: str, group: str, known_ns: int | None = None) -> None:
        """Add one feature; `values` (n,) goes to all leads, (n, L) lead by lead."""
        target = self.common if values.ndim == 1 else self.lead
        target.append((one_column(name, unit, group, known_ns), values))

    def matrices(self, n: int, leads: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the matrices (n, C) and (n, L, V), float32."""
        common = np.empty((n, len(self.common)), dtype=np.float32)
        lead = np.empty((n, leads, len(self.lead)), dtype=np.float32)
        for i, (_, values) in enumerate(self.common):
            common[:, i] = values
        for i, (_, values) in enumerate(self.lead):
            lead[:, :, i] = values
        return common, lead
