"""What scores can be grouped by: each row of a backtest gets the number of its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import SettingsError
from forecast.timegrid import duration_ns

if TYPE_CHECKING:
    import xarray as xr

BY = ("lead", "site", "hour", "month", "season", "daylight")
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

    Hours, months and seasons are those of the valid time's label on the site's clock (`timezone`).
    """

    def __init__(self, dataset: xr.Dataset, by: Sequence[str]) -> None:
        if "daylight" in by and "daylight" not in dataset:
            raise SettingsError("by='daylight' needs the variable 'daylight', which this backtest does not have")
        self.by = list(by)
        self._dataset = dataset
        self._issue_ns = dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64)
        self._ahead_ns = dataset["lead"].values.astype(np.int64) * duration_ns(dataset.attrs["step"])
        self._zones = [str(zone) for zone in dataset["timezone"].values]
        self._labels: dict[str, list[Any]] = {
            "lead": dataset["lead"].values.tolist(),
            "site": dataset["site"].values.tolist(),
            "hour": list(range(24)),
            "month": list(range(1, 13)),
            "season": list(SEASONS),
            "daylight": [False, True],
        }
        # sites of one zone share the same local hours: kept for the block of issue times at work
        self._clock: dict[tuple[str, int, int], dict[str, IntArray]] = {}

    def codes(self, site: int, rows: slice) -> IntArray:
        """Return the group number of each row (issue times, leads) of one site."""
        shape = (rows.stop - rows.start, len(self._ahead_ns))
        total = np.zeros(shape, dtype=np.int64)
        for name in self.by:
            total = total * len(self._labels[name]) + self._code(name, site, rows)
        return total

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
        if name == "daylight":
            light = self._dataset["daylight"].isel(site=site, issue_time=rows).transpose("issue_time", "lead")
            return light.values.astype(np.int64)
        return self._local(self._zones[site], rows)[name]

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
        return self._clock[key]
