"""Many rows through all trees of a forest, bit-equal to LightGBM and many times faster: compiled, where numba is there.

numba takes about as long to be imported as LightGBM to send eight million rows through a tree: it is first asked for
when a process has done so much work without it, or when somebody else has imported it. It is compiled once a machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from forecast.models.layout import ZERO, Layout

PAYS = 8_000_000  # rows × trees
_AT_ONCE = 64  # rows: a column of them is compared with a threshold in a few instructions
_EXPONENT, _BIAS = 52, 1023  # where a float64 holds its power of two, and what is added to it there
_ARGUMENTS = "(f4[:,::1], i8, i8, i8[::1], f4[::1], {mask}[::1], i8[::1], f8[::1], i8[::1])"

_walked = 0


def pays(walks: int) -> bool:
    """Return whether numba is worth its import by now, and there; `walks` (rows × trees) are about to be made."""
    global _walked
    _walked += walks
    return (_walked >= PAYS or "numba" in sys.modules) and _numba() is not None


def many_rows(layout: Layout, wide: np.ndarray) -> np.ndarray | None:
    """Return raw scores (n, outputs) of wide rows (n, width) float32, where it `pays`; None: numba does not work."""
    walk = _compiled(layout.mask.dtype.str[1:])
    if walk is None:
        return None
    nodes = (layout.place, layout.threshold, layout.mask, layout.first_node)
    rows = np.ascontiguousarray(wide, dtype=np.float32)
    scores: np.ndarray = walk(rows, layout.outputs, layout.width, *nodes, layout.value, layout.first_leaf)
    return scores


@lru_cache
def _numba() -> Any:
    try:
        import numba
    except Exception:  # not there, or not for this numpy: LightGBM gives the same bits
        return None
    return numba


@lru_cache
def _compiled(mask: str) -> Callable[..., Any] | None:
    """Return the walk for masks of one kind."""
    signature = _ARGUMENTS.format(mask=mask)
    for kept in ({"cache": True}, {}):  # without, where there is no folder to keep it in
        try:
            compiled: Callable[..., Any] = _numba().njit(signature, nogil=True, **kept)(_walk)
        except Exception:  # whatever it is: LightGBM gives the same bits
            continue
        return compiled
    return None


def _walk(
    wide: Any, outputs: int, width: int, place: Any, threshold: Any, mask: Any, first_node: Any, value: Any, first: Any
) -> Any:
    scores = np.empty((len(wide), outputs))
    seen = np.empty((3 * width, _AT_ONCE), np.float32)
    left = np.empty(_AT_ONCE, mask.dtype)
    lowest = np.empty(_AT_ONCE, np.float64)  # the lowest bit that is left, as a number: its exponent is the leaf
    written = lowest.view(np.int64)
    total = np.empty((outputs, _AT_ONCE))
    for start in range(0, len(wide), _AT_ONCE):
        size = min(_AT_ONCE, len(wide) - start)
        for c in range(width):
            for r in range(size):
                x = wide[start + r, c]
                x = np.float32(0) if abs(x) <= ZERO else x
                missing = np.isnan(x)
                seen[c, r] = x
                seen[width + c, r] = np.float32(0) if missing else x
                seen[2 * width + c, r] = np.float32(-np.inf) if missing else x
        total[:] = 0
        for tree in range(len(first)):
            left[:] = ~np.uint64(0)
            for node in range(first_node[tree], first_node[tree + 1]):
                column, most, others = seen[place[node]], threshold[node], mask[node]
                for r in range(size):
                    left[r] &= ~np.uint64(0) if column[r] <= most else others
            for r in range(size):
                still = np.uint64(left[r])
                lowest[r] = np.float64(still & (~still + np.uint64(1)))
            own, leaf = total[tree % outputs], first[tree] - _BIAS
            for r in range(size):
                own[r] += value[leaf + (written[r] >> _EXPONENT)]  # in the order of the rounds, as LightGBM adds them
        scores[start : start + size] = total[:, :size].T
    return scores
