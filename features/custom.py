"""Features of the user's own: plain functions of a view that can only show what was known at the issue time."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from forecast.errors import ColumnError, InputTypeError, SettingsError
from forecast.features.ahead import Ahead
from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.windows import Rolling
from forecast.timegrid import NS_PER_DAY

Feature = Callable[["View"], np.ndarray]


class View:
    """What a feature of the user's own may read; arrays over issue times (n,), power as a share of capacity.

    >>> def morning_rise(view):
    ...     return view.power() - view.power(lag=8)
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    def power(self, lag: int = 0) -> np.ndarray:
        """Return the newest known power, or that of `lag` steps before it, (n,)."""
        values: np.ndarray = self._known.delayed[self._known.issue - self._checked_lag(lag)]
        return values

    def power_mean(self, steps: int) -> np.ndarray:
        """Return the mean power of the newest 2, 4, 8 … known steps, (n,)."""
        values: np.ndarray = Rolling(self._known.delayed, (self._checked_width(steps),), self._known.issue).mean()[:, 0]
        return values

    def observed(self, column: str, lag: int = 0) -> np.ndarray:
        """Return the newest known value of a measured column, or that of `lag` steps before it, (n,)."""
        values = self._known.observed
        if column not in values:
            raise ColumnError(f"no observed column {column!r}; there are {', '.join(values)}")
        nearest = NS_PER_DAY // self._known.spec.step_ns
        if not isinstance(lag, int) or not 0 <= lag <= nearest:
            raise SettingsError(f"lag is {lag!r}; expected 0, 1, 2 … {nearest} steps back for observations")
        seen: np.ndarray = values[column][self._known.issue - lag]
        return seen

    def weather(self, column: str) -> np.ndarray:
        """Return a forecast quantity `source:column` at the valid times, (n, L)."""
        values = self._known.weather
        if column not in values:
            raise ColumnError(f"no weather forecast {column!r}; there are {', '.join(values)}")
        return Ahead(self._known, 0, 0).at()[..., values.names.index(column)]

    @property
    def _farthest(self) -> int:
        """Steps back that are there whatever history is attached; a day to spare for inputs of coarser steps."""
        return (self._known.spec.lookback_ns - NS_PER_DAY) // self._known.spec.step_ns

    def _checked_lag(self, lag: int) -> int:
        if not isinstance(lag, int) or not 0 <= lag <= self._farthest:
            raise SettingsError(f"lag is {lag!r}; expected 0, 1, 2 … {self._farthest} steps back")
        return lag

    def _checked_width(self, steps: int) -> int:
        if not isinstance(steps, int) or not 2 <= steps <= self._farthest or steps & (steps - 1):
            raise SettingsError(f"steps is {steps!r}; expected 2, 4, 8, 16 … up to {self._farthest}")
        return steps

    @property
    def issue_time(self) -> np.ndarray:
        """The issue times, datetime64[ns] UTC, (n,)."""
        return self._known.issue_ns.astype("datetime64[ns]")

    @property
    def leads(self) -> np.ndarray:
        """The leads in steps, (L,)."""
        return self._known.leads


def checked_features(features: Any) -> tuple[Feature, ...]:
    """Return the user's features; each must be a named function."""
    if features is None:
        return ()
    if callable(features) or not isinstance(features, Sequence):
        raise InputTypeError("features is not a list; pass a list of functions of a view")
    for feature in features:
        if not callable(feature) or getattr(feature, "__name__", "<lambda>") == "<lambda>":
            raise InputTypeError(f"features: {feature!r} is not a named function; write def name(view): ...")
    names = [f.__name__ for f in features]
    if len(set(names)) < len(names):
        raise SettingsError(f"features: two functions have the same name in {', '.join(names)}")
    return tuple(features)


def content_hash(feature: Feature) -> str:
    """Return the SHA-256 of a feature's source and of the values it closes over, by which a bundle knows it again."""
    code = getattr(feature, "__code__", None)
    try:
        text = inspect.getsource(feature)
    except (OSError, TypeError):
        text = f"{code.co_code.hex()} {code.co_consts} {code.co_names}" if code else repr(feature)
    # one source can make many features: def lagged(n): def rise(view): ...
    cells = [cell.cell_contents for cell in getattr(feature, "__closure__", None) or ()]
    given = (getattr(feature, "__defaults__", None), getattr(feature, "__kwdefaults__", None), cells)
    values = re.sub(" at 0x[0-9a-f]+", "", repr(given)) if any(given) else ""  # a place in memory is no content
    return hashlib.sha256((text + values).encode()).hexdigest()


def add_custom(columns: Columns, known: Known, features: tuple[Feature, ...]) -> None:
    """Add the user's features; each gives (n,) or (n, L) numbers."""
    view = View(known)
    n, leads = len(known.issue), len(known.leads)
    for feature in features:
        values = np.asarray(feature(view), dtype=np.float32)
        if values.shape not in ((n,), (n, leads)):
            raise InputTypeError(
                f"feature {feature.__name__!r} gave shape {values.shape}; expected ({n},) issue times or ({n}, {leads})"
            )
        values = np.where(np.isfinite(values), values, np.float32(np.nan))
        columns.add(f"own:{feature.__name__}", values, getattr(feature, "unit", "as given"), "own", 0)
