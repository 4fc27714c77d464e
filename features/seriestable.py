"""Series side by side on one grid, by name; directions as two components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np


class SeriesTable(Mapping[str, np.ndarray]):
    """Series side by side: names, and values (count, k)."""

    def __init__(self, names: tuple[str, ...], values: np.ndarray) -> None:
        self.names, self.array = names, values

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.names:
            raise KeyError(name)
        return self.array[:, self.names.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


NOTHING = SeriesTable((), np.zeros((0, 0), dtype=np.float32))


def side_by_side(tables: list[SeriesTable]) -> SeriesTable:
    """Return the series of all tables."""
    if len(tables) < 2:
        return tables[0] if tables else NOTHING
    names = tuple(name for table in tables for name in table.names)
    return SeriesTable(names, np.concatenate([table.array for table in tables], axis=1))


def components(columns: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """Replace directions [degrees] by their two components, so that 359 and 1 are neighbours."""
    names = component_names(columns)
    if names == columns:
        return values
    out, place = np.empty((len(values), len(names)), order="F"), 0
    for name, column in zip(columns, values.T, strict=True):
        if "direction" in name:
            angle = np.deg2rad(np.ascontiguousarray(column))
            out[:, place], out[:, place + 1] = np.sin(angle), np.cos(angle)
            place += 2
        else:
            out[:, place] = column
            place += 1
    return out


@lru_cache(maxsize=1024)
def component_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns that `components` makes.

    >>> component_names(("temp_air", "wind_direction"))
    ('temp_air', 'wind_direction_sin', 'wind_direction_cos')
    """
    parts = [(f"{name}_sin", f"{name}_cos") if "direction" in name else (name,) for name in columns]
    return tuple(name for part in parts for name in part)
