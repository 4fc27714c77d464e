"""What the tests of live forecasters share: a slow record of all that was told, and forecasts as bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plants

from forecast import Forecaster, SiteData
from forecast.live import Live

SAME: Any = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}


def bits(frame: pd.DataFrame) -> tuple[Any, ...]:
    """Return all that a forecast says, its numbers as bytes."""
    numbers = frame.drop(columns="reason").to_numpy().tobytes()
    return numbers, list(frame["reason"]), frame.attrs, list(frame.index), list(frame.columns)


def same(live: Live, forecaster: Forecaster, data: SiteData, at: Any = None) -> bool:
    """Return whether a live forecast has the bits of the forecaster's own."""
    return bits(live.predict(at)) == bits(forecaster.predict(data, at))


class Record:
    """The oracle: each input as a dict from label to values, of which all is kept and nothing is clever."""

    def __init__(self, data: SiteData) -> None:
        self.data = data
        self.rows: dict[str, dict[pd.Timestamp, Any]] = {}
        self.runs = {name: data.nwp[name] for name in data.run_sources}
        for name in ("power", "observed", "available_kw", "curtailed"):
            table = getattr(data, name)
            if table is not None:
                values = table.to_numpy(dtype=float)
                self.rows[name] = dict(zip(table.index, values, strict=True))

    def tell(self, name: str, table: Any) -> None:
        for label, values in zip(table.index, table.to_numpy(dtype=float), strict=True):
            self.rows[name][label] = values

    def tell_run(self, name: str, runs: Any) -> None:
        import xarray as xr

        others = self.runs[name].sel(init_time=~np.isin(self.runs[name]["init_time"], runs["init_time"]))
        joined = xr.concat([others, runs], "init_time", join="outer", **SAME)
        self.runs[name] = joined.sortby("init_time")

    def site_data(self) -> SiteData:
        tables: dict[str, Any] = {}
        for name, rows in self.rows.items():
            index = pd.DatetimeIndex(list(rows), tz=self.data.timezone)
            values = np.array(list(rows.values()))
            if values.ndim == 2:
                assert self.data.observed is not None
                tables[name] = pd.DataFrame(values, index=index, columns=self.data.observed.columns)
            else:
                tables[name] = pd.Series(values, index=index)
        if self.runs:
            tables["nwp"] = {**self.data.nwp, **self.runs}
        return plants.rebuilt(self.data, **tables)
