"""Weather runs as they were known: the newest published one at a moment, and the ones before it."""

from __future__ import annotations

import numpy as np

from forecast.data import SiteData
from forecast.data.published import newest_published, one_older
from forecast.features.seriestable import component_names, components

RANKS = 4  # the newest run and three before it
DEEPEST = 12  # runs back that are looked at for a value the newer ones lack


def run_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a source's series: a direction with its speed becomes wind to the east and to the north.

    >>> run_names(("wind_speed_10m", "wind_direction_10m"))
    ('wind_speed_10m', 'wind_direction_10m_sin', 'wind_direction_10m_cos')
    """
    return component_names(columns)


def _as_vectors(columns: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """Turn directions into components as long as the speed of the same height, where there is one."""
    out, names = components(columns, values), component_names(columns)
    for i, name in enumerate(names):
        height = name.removeprefix("wind_direction").removesuffix("_sin").removesuffix("_cos")
        if name.startswith("wind_direction") and f"wind_speed{height}" in columns:
            out[:, i] *= values[:, columns.index(f"wind_speed{height}")]
    return out


class Runs:
    """One source of runs, on any grid, as known at any moment; quantities in the order of `columns`.

    Args:
        columns: quantities as `SiteData.run_columns` names them; what a source lacks now is missing.
    """

    def __init__(self, data: SiteData, source: str, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._grid = data.run_grid(source)
        self._published = data.published(source)
        self.names = run_names(columns)

    @property
    def many(self) -> bool:
        """Whether the source has members."""
        return self._grid.members is not None

    def newest(self, known_ns: np.ndarray) -> np.ndarray:
        """Return the newest run published by each moment, −1 where there is none."""
        return newest_published(self._published, known_ns)

    def age_h(self, run: np.ndarray, known_ns: np.ndarray) -> np.ndarray:
        """Return how old a run is at a moment [h], NaN without a run."""
        if not len(self._grid.inits):
            return np.full(run.shape, np.nan, dtype=np.float32)
        age = (known_ns - self._grid.inits[np.maximum(run, 0)]) / 3.6e12
        return np.where(run >= 0, age, np.nan).astype(np.float32)

    def ranked(self, known_ns: np.ndarray, ends: np.ndarray, step_ns: int, ranks: int) -> list[np.ndarray]:
        """Return the means (n, L, k) of the newest runs known at each moment, newest first."""
        run = [self.newest(known_ns)]
        for _ in range(ranks - 1):
            run.append(one_older(self._published, run[-1], known_ns))
        # one call: for a single forecast, calls cost more than runs
        means = self._means(np.concatenate(run), np.concatenate([ends] * ranks), step_ns)[0]
        return np.split(means, ranks)

    def best(self, known_ns: np.ndarray, ends: np.ndarray, step_ns: int) -> np.ndarray:
        """Return the means (n, L, k) as the newest run says; what it lacks, as the newest before it that has it."""
        run = self.newest(known_ns)
        out = self._means(run, ends, step_ns)[0]
        for _ in range(DEEPEST):
            lacking = np.isnan(out).any(axis=(1, 2)) & (run >= 0)
            if not lacking.any():
                break
            run = one_older(self._published, run, known_ns)
            rows = np.flatnonzero(lacking & (run >= 0))
            older = self._means(run[rows], ends[rows], step_ns)[0]
            out[rows] = np.where(np.isnan(out[rows]), older, out[rows])
        return out

    def spread(self, known_ns: np.ndarray, ends: np.ndarray, step_ns: int) -> np.ndarray:
        """Return the standard deviation among the newest run's members (n, L, k)."""
        return self._means(self.newest(known_ns), ends, step_ns)[1]

    def _means(self, run: np.ndarray, ends: np.ndarray, step_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean over members and their spread, (n, L, k) float32 each."""
        found = self._grid.means(run, ends, step_ns)
        nothing = np.full((*ends.shape, self._grid.members or 1), np.nan)
        parts = [found[name].reshape(nothing.shape) if name in found else nothing for name in self._columns]
        wide = np.stack(parts, axis=-1).reshape(-1, len(self._columns))
        values = _as_vectors(self._columns, wide).reshape(*nothing.shape, len(self.names))
        if values.shape[2] == 1:
            return values[:, :, 0].astype(np.float32), np.zeros((*ends.shape, len(self.names)), dtype=np.float32)
        # one chain of additions over the members, whatever stands beside
        mean = sum(values[:, :, m] for m in range(values.shape[2])) / values.shape[2]
        square = sum((values[:, :, m] - mean) ** 2 for m in range(values.shape[2])) / values.shape[2]
        return np.asarray(mean, dtype=np.float32), np.asarray(np.sqrt(square), dtype=np.float32)
