"""One input on its way in: tz-aware, sorted, each label once, period-ending, plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from forecast.data.inputs import PLAIN
from forecast.data.published import DrawnDelay
from forecast.errors import InputTypeError, SettingsError
from forecast.timegrid import duration_ns, index_ns, usual_step_ns

LABELS = ("end", "start", "instant")
SHARES = int(pd.__version__.split(".")[0]) < 3  # from 3 on, pandas copies when somebody writes
Table = TypeVar("Table", pd.Series, pd.DataFrame)


def tidy(table: Table, what: str, label: str) -> tuple[Table, np.ndarray, dict[str, int]]:
    """Return the input sorted, each label once (the first kept) and period-ending, its labels [ns] and what was done.

    What was done: rows out of order (`unsorted`), rows left out (`duplicates`), and how many of these held another
    value than the row that was kept (`conflicts`); `left_out` has the labels of these rows. What comes back is safe
    from later writes into the caller's table. Raises `InputTypeError` or `TimeError` for an unusable index.
    """
    times = index_ns(table.index, what)
    done: dict[str, int] = {}
    if len(times) > 1 and not (np.diff(times) > 0).all():
        table, times, done = _sorted_once(table, times)
    if label == "start" and len(times):
        shift = usual_step_ns(times, what)
        times = times + shift
        table = table.set_axis(table.index + pd.Timedelta(shift, unit="ns"))
    return table.copy(deep=SHARES), times, done


def left_out(index: pd.Index, what: str) -> np.ndarray:
    """Return the labels [ns], sorted, of rows that `tidy` leaves out because an earlier row has the same label."""
    ordered = np.sort(index_ns(index, what), kind="stable")
    return np.asarray(ordered[1:][np.diff(ordered) == 0])


def _sorted_once(table: Table, times: np.ndarray) -> tuple[Table, np.ndarray, dict[str, int]]:
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    first = np.r_[True, np.diff(ordered) > 0]
    keep = order[first]
    done = {"unsorted": int((np.diff(times) < 0).sum()), "duplicates": int((~first).sum())}
    if done["duplicates"]:
        values = np.asarray(table.to_numpy(dtype=np.float64)).reshape(len(times), -1)
        beside = values[keep[np.cumsum(first) - 1][~first]]
        other = values[order[~first]]
        done["conflicts"] = int(((beside != other) & ~(np.isnan(beside) & np.isnan(other))).any(axis=1).sum())
    return table.iloc[keep], times[keep], done


def checked_labels(label: Any, inputs: tuple[str, ...]) -> dict[str, str]:
    """Return the label of each input; `label` is one value or a dict by input."""
    given = dict(label) if isinstance(label, Mapping) else dict.fromkeys(inputs, label)
    for name, value in given.items():
        if name not in inputs:
            raise SettingsError(f"label: unknown input {name!r}; inputs are {', '.join(inputs)}")
        if value not in LABELS:
            raise SettingsError(f"label of {name} is {value!r}, expected one of {', '.join(LABELS)}")
    return {name: given.get(name, given.get("nwp", "end") if name not in PLAIN else "end") for name in inputs}


def checked_delays(delay: Any, inputs: tuple[str, ...]) -> dict[str, int]:
    """Return the delay [ns] of each input; `delay` is one value or a dict by input. Drawn ones count from 0."""
    given = dict(delay) if isinstance(delay, Mapping) else dict.fromkeys(inputs, delay)
    given = {name: "0min" if isinstance(value, DrawnDelay) else value for name, value in given.items()}
    for name in given:
        if name not in inputs:
            raise SettingsError(f"delay: unknown input {name!r}; inputs are {', '.join(inputs)}")
    delays = {name: 0 if value == "0min" else duration_ns(value, f"delay of {name}") for name, value in given.items()}
    for name, value in delays.items():
        if value < 0:
            raise SettingsError(f"delay of {name} is negative ({given[name]!r}); nothing is known before its label")
    return {name: delays.get(name, delays.get("nwp", 0) if name not in PLAIN else 0) for name in inputs}


def drawn_delays(delay: Any, sources: tuple[str, ...], run_wise: tuple[str, ...]) -> dict[str, DrawnDelay]:
    """Return the drawn delays of run-wise sources; anything else has no runs to draw for."""
    given = dict(delay) if isinstance(delay, Mapping) else {"nwp": delay}
    drawn = {name: value for name, value in given.items() if isinstance(value, DrawnDelay)}
    if "nwp" in drawn and "nwp" not in sources:
        drawn |= dict.fromkeys(run_wise, drawn.pop("nwp")) | {k: v for k, v in drawn.items() if k != "nwp"}
    for name in drawn:
        if name not in run_wise:
            raise SettingsError(f"delay of {name} is drawn; only weather runs (init_time, lead_time) can have that")
    return drawn


def number_series(values: Any, what: str) -> pd.Series:
    """Return a Series of floats; a typed error for anything that is not numbers."""
    if not isinstance(values, pd.Series):
        raise InputTypeError(f"{what} is {type(values).__name__}, expected a pandas Series with a tz-aware index")
    if values.dtype.kind not in "fiub":
        raise InputTypeError(f"{what} holds {values.dtype}, expected numbers; use pd.to_numeric(..., errors='coerce')")
    return values if values.dtype == np.float64 else values.astype(np.float64)


def number_frame(values: Any, what: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a DataFrame of numbers and its columns, texts; a typed error names the columns that are not."""
    if not isinstance(values, pd.DataFrame):
        raise InputTypeError(f"{what} is {type(values).__name__}, expected a pandas DataFrame with a tz-aware index")
    names = values.columns.tolist()
    bad: list[str] = []
    if values.to_numpy().dtype != np.float64:  # pandas takes its time to list the types of columns
        bad = [str(name) for name, kind in zip(names, values.dtypes, strict=True) if kind.kind not in "fiub"]
    if bad:
        raise InputTypeError(f"{what}: columns {', '.join(bad)} do not hold numbers; convert or drop them")
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise InputTypeError(f"{what}: column names must be texts, each once; got {names[:10]}")
    return values, tuple(names)
