"""What scores can be grouped by: each row of a backtest gets the number of its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.evaluation.blocks import local_days
from forecast.evaluation.regimes import labels_of
from forecast.timegrid import NS_PER_DAY, duration_ns

if TYPE_CHECKING:
    import xarray as xr

BY = ("lead", "level", "site", "hour", "month", "season", "daylight", "regime", "ramp", "day", "issue_time")
STORED = ("level", "daylight", "regime", "ramp")  # variables of the dataset (site, issue_time, lead)
SEASONS = ("DJF", "MAM", "JJA", "SON")
IntArray = NDArray[np.int64]


def checked_by(by: str | Sequence[str] | None) -> list[str]:
    """Return the names to group by as a list; `"model"` is always one and may be left out.

    Raises `SettingsError` for a name that is not offered or given twice.
    """
    names = [by] if isinstance(by, str) else list(by or [])
    names = [name for name in names if name != "model"]
    for name in names:
        if name not in BY:
            raise SettingsError(f"by={name!r} is not offered; scores can be grouped by {', '.join(BY)} or []")
    if len(set(names)) < len(names):
        raise SettingsError(f"by={names} names something twice")
    return names


class Grouping:
    """Numbers the groups of a backtest's rows in the natural order of what they are grouped by.

    Hours, days, months and seasons are those of the valid time's label on the site's clock (`timezone`);
    regimes and ramps are those of `forecast.evaluation.regimes`, at the valid time.
    """

    def __init__(self, dataset: xr.Dataset, by: Sequence[str]) -> None:
        for name in by:
            if name in STORED and name not in dataset:
                raise SettingsError(f"by={name!r} needs the variable {name!r}, which this backtest does not have")
            if name == "level" and "model" in dataset["level"].dims:
                raise SettingsError(
                    "by='level' is for scores: each model has levels of its own, and rows are shared here"
                )
        self.by = list(by)
        self._dataset = dataset
        self._issue_ns = dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64)
        self._ahead_ns = dataset["lead"].values.astype(np.int64) * duration_ns(dataset.attrs["step"])
        self._zones = [str(zone) for zone in dataset["timezone"].values]
        self._labels: dict[str, Any] = {
            "lead": dataset["lead"].values.tolist(),
            "site": dataset["site"].values.tolist(),
            "hour": list(range(24)),
            "month": list(range(1, 13)),
            "season": list(SEASONS),
            "daylight": [False, True],
            "issue_time": dataset["issue_time"].values.astype("datetime64[ns]"),
        }
        if "level" in by:
            self._labels["level"] = list(range(int(dataset["level"].max()) + 1 if dataset["level"].size else 1))
        self._labels |= {name: labels_of(dataset[name]) for name in ("regime", "ramp") if name in by}
        if "day" in by:
            self._first_day, days = self._days()
            self._labels["day"] = days
        # sites of one zone share the same local hours: kept for the block of issue times at work
        self._clock: dict[tuple[str, int, int], dict[str, IntArray]] = {}

    def codes(self, site: int, rows: slice) -> IntArray:
        """Return the group number of each row (issue times, leads) of one site."""
        shape = (rows.stop - rows.start, len(self._ahead_ns))
        total = np.zeros(shape, dtype=np.int64)
        for name in self.by:
            total = total * len(self._labels[name]) + self._code(name, site, rows)
        return total

    def labels(self, name: str) -> Any:
        """Return the values that groups of this name can have, in their order."""
        return self._labels[name]

    def value(self, name: str, code: int) -> Any:
        """Return what a group, by its number, has for one of the names grouped by."""
        for other in reversed(self.by):
            code, place = divmod(code, len(self._labels[other]))
            if other == name:
                return self._labels[name][place]
        raise SettingsError(f"{name!r} is not among {self.by}")

    def index(self, models: Sequence[str], codes: IntArray) -> pd.Index:
        """Return the index [model, *by] of a table that holds these groups for each model, model by model."""
        if not self.by:
            return pd.Index([model for model in models for _ in codes], name="model")
        places: list[Any] = []
        rest = codes
        for name in reversed(self.by):
            places.append(np.tile(rest % len(self._labels[name]), len(models)))
            rest = rest // len(self._labels[name])
        # levels in their own order, not the alphabet's: then the rows are sorted, and pandas finds them without a scan
        index: pd.MultiIndex = pd.MultiIndex(
            levels=[list(models), *(self._labels[name] for name in self.by)],
            codes=[*reversed([*places, np.repeat(np.arange(len(models)), len(codes))])],
            names=["model", *self.by],
        ).remove_unused_levels()
        return index

    def _code(self, name: str, site: int, rows: slice) -> Any:
        if name == "lead":
            return np.arange(len(self._ahead_ns))
        if name == "site":
            return site
        if name == "issue_time":
            return np.arange(rows.start, rows.stop)[:, None]
        if name in STORED:
            stored = self._dataset[name].isel(site=site, issue_time=rows).transpose("issue_time", "lead")
            return stored.values.astype(np.int64)
        return self._local(self._zones[site], rows)[name]

    def _days(self) -> tuple[int, NDArray[np.datetime64]]:
        """Return the first day (since 1970) on any clock, and all days."""
        issue, ahead = (some if len(some) else np.zeros(1, dtype=np.int64) for some in (self._issue_ns, self._ahead_ns))
        first, last = (int(time) // NS_PER_DAY for time in (issue.min() + ahead.min(), issue.max() + ahead.max()))
        return first - 1, np.arange(first - 1, last + 2).astype("datetime64[D]").astype("datetime64[ns]")

    def _local(self, zone: str, rows: slice) -> dict[str, IntArray]:
        key = (zone, rows.start, rows.stop)
        if key not in self._clock:
            if any(old[1:] != key[1:] for old in self._clock):
                self._clock.clear()
            valid_ns = self._issue_ns[rows, None] + self._ahead_ns
            clock = pd.DatetimeIndex(valid_ns.ravel().astype("datetime64[ns]"), tz="UTC").tz_convert(zone)
            month = clock.month.to_numpy().astype(np.int64).reshape(valid_ns.shape)
            hour = clock.hour.to_numpy().astype(np.int64).reshape(valid_ns.shape)
            self._clock[key] = {"hour": hour, "month": month - 1, "season": month % 12 // 3}
            if "day" in self.by:
                day = local_days(clock).reshape(valid_ns.shape)
                self._clock[key]["day"] = day - self._first_day
        return self._clock[key]
