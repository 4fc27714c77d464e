"""Quantile levels: read from the names of columns, and paired to central intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forecast.errors import ColumnError

_NAME = re.compile(r"q(\d{2,})")  # the decimals after "0.", as `forecast.settings.quantile_name` writes them


def quantile_columns(names: Sequence[object]) -> dict[str, float]:
    """Return the quantile columns among `names` with their levels, by level.

    Raises `ColumnError` for a single digit (`q5`: 5 % or 50 %?) and for a level that is there twice.

    >>> quantile_columns(["power", "q90", "q025"])
    {'q025': 0.025, 'q90': 0.9}
    """
    texts = [name for name in names if isinstance(name, str)]
    if unclear := [name for name in texts if re.fullmatch(r"q\d", name)]:
        raise ColumnError(f"column {unclear[0]!r} is unclear; write the decimals: q05 for 5 %, q50 for 50 %")
    found = {name: float("0." + match[1]) for name in texts if (match := _NAME.fullmatch(name))}
    if bad := [name for name, level in found.items() if level == 0]:
        raise ColumnError(f"column {bad[0]!r} stands for level 0; levels lie between 0 and 1")
    if len(set(found.values())) < len(found):
        raise ColumnError(f"two columns stand for one level among {', '.join(sorted(found))}")
    return dict(sorted(found.items(), key=lambda item: item[1]))


def central_pairs(levels: Sequence[float]) -> dict[str, tuple[int, int]]:
    """Return the central intervals that the levels hold: coverage in percent → places of both ends.

    >>> central_pairs([0.05, 0.25, 0.5, 0.75, 0.95])
    {'50': (1, 3), '90': (0, 4)}
    """
    place = {round(float(level), 9): i for i, level in enumerate(levels)}
    pairs = {
        round(1 - 2 * low, 9): (i, place[round(1 - low, 9)])
        for low, i in place.items()
        if low < 0.5 and round(1 - low, 9) in place
    }
    return {f"{100 * share:g}": pairs[share] for share in sorted(pairs)}
