"""Numbers as people read them; a missing one is a dash."""

from __future__ import annotations

import math

MISSING = "–"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent with its sign, which stays on its line.

    >>> percent(0.1234).split(), percent(-0.02).split(), percent(float("nan"))
    (['12.3', '%'], ['−2.0', '%'], '–')
    """
    text = hundredths(share, digits)
    return text if text == MISSING else f"{text}{NARROW_SPACE}%"


def hundredths(share: float, digits: int = 1) -> str:
    """Return a share in percent without the sign, for columns that name it.

    >>> hundredths(0.1234), hundredths(-0.0001)
    ('12.3', '0.0')
    """
    return plain(100 * share, digits)


def plain(value: float, digits: int = 1) -> str:
    """Return a number with a real minus.

    >>> plain(-3.14159, 2)
    '−3.14'
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def count(n: float) -> str:
    """Return a whole number in groups of three, narrow spaces that do not break between them.

    >>> count(1234567).split()
    ['1', '234', '567']
    """
    return f"{int(n):,}".replace(",", NARROW_SPACE)
