"""What a mistyped name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_LISTED = 30


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest known name, then all of them.

    >>> suggestion("powr", ["time", "power"])
    "; did you mean 'power'? Known are: time, power"
    """
    names = [str(name) for name in known]
    by_lower = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    meant = f"; did you mean '{by_lower[near[0]]}'?" if near else "."
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"{meant} Known are: {', '.join(names[:MOST_LISTED]) or 'none'}{more}"
