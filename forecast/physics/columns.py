"""Which weather columns physics reads: quantity and height from the names, source by source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

QUANTITIES = ("ghi", "dni", "dhi", "poa_global", "temp_air", "wind_speed", "pressure")
_NAME = re.compile(rf"(?:(?P<source>.*):)?(?P<quantity>{'|'.join(QUANTITIES)})(?:_(?P<height>\d+(?:\.\d+)?)m)?")

Found = dict[str, dict[float | None, np.ndarray]]


@lru_cache(maxsize=1024)
def places(names: tuple[str, ...]) -> dict[str, tuple[tuple[str, float | None, str], ...]]:
    """Return (quantity, height [m] or None, name) of the columns that physics knows, by source.

    >>> places(("icon:ghi", "icon:wind_speed_100m", "icon:wind_gusts_10m"))
    {'icon': (('ghi', None, 'icon:ghi'), ('wind_speed', 100.0, 'icon:wind_speed_100m'))}
    """
    found: dict[str, list[tuple[str, float | None, str]]] = {}
    for name in names:
        match = _NAME.fullmatch(name)
        if match:
            height = match["height"]
            found.setdefault(match["source"] or "", []).append(
                (match["quantity"], float(height) if height else None, name)
            )
    return {source: tuple(columns) for source, columns in found.items()}


def by_source(seen: Mapping[str, np.ndarray], names: tuple[str, ...]) -> list[Found]:
    """Return what each source says, quantity → height → values as contiguous float64 (any shape)."""
    out = []
    for columns in places(names).values():
        one: Found = {}
        for quantity, height, name in columns:
            one.setdefault(quantity, {})[height] = np.array(seen[name], dtype=np.float64, order="C")
        out.append(one)
    return out


def any_height(one: Found, quantity: str) -> np.ndarray | None:
    """Return a quantity of a source at the lowest height it is given for; None if there is none."""
    levels = one.get(quantity)
    return None if not levels else levels[min(levels, key=lambda height: height or 0.0)]


def mean_of(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Return the mean over sources of what is there, NaN where none is; None if no source has it."""
    have = [part for part in parts if part is not None]
    if len(have) < 2:
        return have[0] if have else None
    total, count = np.zeros_like(have[0]), np.zeros_like(have[0])
    for part in have:
        good = np.isfinite(part)
        total += np.where(good, part, 0.0)
        count += good
    mean: np.ndarray = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean
