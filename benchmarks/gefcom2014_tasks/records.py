"""The folder's parquet files as arrays by hour and zone, and what of them may be known at the start of a month."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

WINDS = ["nwp_u10_ms", "nwp_v10_ms", "nwp_u100_ms", "nwp_v100_ms"]
FIRST_MONTH = pd.Timestamp("2012-10-01")
BLOWING = 7.0  # m/s at 100 m: every farm runs


@dataclass(frozen=True)
class Records:
    """Hourly labels (T), zones (Z), power (T, Z) as a share of capacity, winds (T, Z, 4) in m/s."""

    hours: pd.DatetimeIndex
    zones: list[int]
    power: np.ndarray
    winds: np.ndarray

    def as_of(self, start: pd.Timestamp, end: pd.Timestamp) -> Records:
        """Return what is known at `start`: power labelled up to it, winds published for the month up to `end`."""
        keep = self.hours <= end
        hours = self.hours[keep]
        power = np.where((hours <= start)[:, None], self.power[keep], np.nan)
        return Records(hours, self.zones, power, self.winds[keep])


def read(folder: Path) -> Records:
    """Return all parquet files of the folder as one; where two tell of the same hour, the one with power counts.

    Raises:
        FileNotFoundError: if the folder has none.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"no parquet file in {folder}")
    table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    table["timestamp"] = pd.to_datetime(table["timestamp"], utc=True).dt.tz_localize(None).astype("datetime64[ns]")
    one = table.groupby(["timestamp", "zone"])[["power_norm", *WINDS]].first()  # the first that is not missing
    zones = sorted(int(zone) for zone in table["zone"].unique())
    hours = pd.date_range(table["timestamp"].min(), table["timestamp"].max(), freq="1h")
    grid = one.reindex(pd.MultiIndex.from_product([hours, zones]))
    values = grid.to_numpy(dtype=np.float64).reshape(len(hours), len(zones), 5)
    return Records(hours, zones, values[..., 0], values[..., 1:].astype(np.float32))


def months(records: Records) -> list[tuple[int, pd.Timestamp, pd.Timestamp]]:
    """Return (task, start, end) of each month from 2012-10 on that has winds to forecast from and power before it."""
    found = []
    known = records.hours[np.isfinite(records.power).any(axis=1)]
    published = records.hours[np.isfinite(records.winds).any(axis=(1, 2))]
    start, task = FIRST_MONTH, 1
    while len(known) and start < published[-1]:
        end = start + pd.DateOffset(months=1)
        if known[0] <= start and ((published > start) & (published <= end)).any():
            found.append((task, start, end))
        start, task = end, task + 1
    return found


def without_false_zeros(records: Records) -> Records:
    """Return the records with power that is missing but written as 0 taken out, judged by what is in them alone.

    Suspect are zeros at three zones and at least half of all while their winds blow, and a lone zero between two hours
    of more than 15 %.
    """
    power = records.power
    speed = np.hypot(records.winds[..., 2], records.winds[..., 3])
    calm = (power == 0) & (speed >= BLOWING)
    many = calm.sum(axis=1, keepdims=True) >= max(3, (len(records.zones) + 1) // 2)
    lone = np.zeros_like(calm)
    lone[1:-1] = (power[1:-1] == 0) & (power[:-2] > 0.15) & (power[2:] > 0.15)
    return Records(records.hours, records.zones, np.where((calm & many) | lone, np.nan, power), records.winds)
