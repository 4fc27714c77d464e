"""Sets of missing and late inputs, and which features are left in each."""

from __future__ import annotations

import re
from itertools import product

import numpy as np

from forecast.design import Column
from forecast.missing import STALE, Inputs

#: conditions of the inputs, in their order; 0 = there
Pattern = tuple[int, ...]

_NEEDS = {
    "power": {"power"}, "minutes": {"power"}, "clear sky": {"power"}, "day memory": {"power"},
    "observed": {"observed"}, "power curve": {"power", "observed"}, "weather forecast": {"nwp"}, "run age": {"nwp"},
    "weather to power": {"nwp"}, "neighbours": {"neighbours"}, "neighbours' weather": {"neighbours"},
    # nobody knows what a feature of the user's own reads
    "own": {"power", "observed", "nwp", "neighbours"},
}  # fmt: skip
_ERRORS = ("expected_error", "expected_plus_error", "physical_error")
_LAG = re.compile(r"(power|index)_lag(\d+)$")
_DAYS = ("slot_index_7d", "slot_spread_7d")  # of seven days one may be missing


def patterns_of(inputs: Inputs) -> list[Pattern]:
    """Return the sets to train for: one or two inputs late or gone, and any that are gone; not the complete one."""
    found = []
    for pattern in product(*(range(one.conditions) for one in inputs)):
        lost = [(what, one) for what, one in zip(pattern, inputs, strict=True) if what]
        if lost and (len(lost) <= 2 or all(what == one.gone for what, one in lost)):
            found.append(pattern)
    return found


def nothing_left(inputs: Inputs) -> Pattern:
    """Return the set in which every input is gone."""
    return tuple(one.gone for one in inputs)


def poorer(pattern: Pattern, others: list[Pattern]) -> list[int]:
    """Return which of the others have nothing that the pattern lacks: these can serve it."""
    return [i for i, other in enumerate(others) if all(a <= b for a, b in zip(pattern, other, strict=True))]


def columns_left(pattern: Pattern, inputs: Inputs, columns: tuple[Column, ...]) -> np.ndarray:
    """Return which columns say the same in a pattern as when all inputs are there; (columns,) bool.

    A feature of power that is late says what it says without being late only where all it reads is older.
    """
    state = {one.name: (what, one.gone) for what, one in zip(pattern, inputs, strict=True)}
    return np.array([_is_left(column, state) for column in columns], dtype=bool)


def _is_left(column: Column, state: dict[str, tuple[int, int]]) -> bool:
    for name in _needs(column):
        what, gone = state.get(name, (0, -1))
        if what == 0:
            continue
        # old runs say what they say; late power has left only what is older
        if what == gone or (name == "power" and not _older(column, STALE[what - 1])):
            return False
    return True


def _needs(column: Column) -> set[str]:
    if column.group == "power curve" and column.name.startswith("curve:"):
        return {"observed"}
    if column.name.startswith(_ERRORS):
        return {"power", "nwp"}
    return _NEEDS.get(column.group, set())


def _older(column: Column, steps: int) -> bool:
    lag = _LAG.match(column.name)
    return column.name in _DAYS or (lag is not None and int(lag[2]) >= steps)
