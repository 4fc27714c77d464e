"""Features of the user's own: plain functions of a view that can only show what was known at the issue time."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from forecast.errors import ColumnError, InputTypeError, SettingsError
from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.windows import Rolling

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
        values: np.ndarray = self._known.delayed[self._known.issue - _checked_lag(lag)]
        return values

    def power_mean(self, steps: int) -> np.ndarray:
        """Return the mean power of the newest 2, 4, 8 … known steps, (n,)."""
        values: np.ndarray = Rolling(self._known.delayed, _checked_width(steps)).mean(steps)[self._known.issue]
        return values

    def observed(self, column: str, lag: int = 0) -> np.ndarray:
        """Return the newest known value of a measured column, or that of `lag` steps before it, (n,)."""
        values = self._known.observed
        if column not in values:
            raise ColumnError(f"no observed column {column!r}; there are {', '.join(values)}")
        seen: np.ndarray = values[column][self._known.issue - _checked_lag(lag)]
        return seen

    def weather(self, column: str) -> np.ndarray:
        """Return a forecast quantity `source:column` at the valid times, (n, L)."""
        values = self._known.weather
        if column not in values:
            raise ColumnError(f"no weather forecast {column!r}; there are {', '.join(values)}")
        expected: np.ndarray = values[column][self._known.valid]
        return expected

    @property
    def issue_time(self) -> np.ndarray:
        """The issue times, datetime64[ns] UTC, (n,)."""
        return self._known.issue_ns.astype("datetime64[ns]")

    @property
    def leads(self) -> np.ndarray:
        """The leads in steps, (L,)."""
        return self._known.leads


def _checked_lag(lag: int) -> int:
    if not isinstance(lag, int) or lag < 0:
        raise SettingsError(f"lag is {lag!r}; expected 0, 1, 2 … steps back (the future is not known)")
    return lag


def _checked_width(steps: int) -> int:
    if steps < 2 or steps & (steps - 1):
        raise SettingsError(f"steps is {steps!r}; expected 2, 4, 8, 16 …")
    return steps


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
    """Return the SHA-256 of a feature's source text, by which a bundle knows it again."""
    try:
        text = inspect.getsource(feature)
    except (OSError, TypeError):
        text = feature.__code__.co_code.hex()
    return hashlib.sha256(text.encode()).hexdigest()


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
        columns.add(f"own:{feature.__name__}", values, getattr(feature, "unit", "as given"), "own", 0)
