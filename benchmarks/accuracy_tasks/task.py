"""What every library is handed and hands back, and the settings they share; read in the peers' environments too.

Files are NumPy archives, for not every peer's environment reads Parquet. Labels are period-ending UTC without zone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEADS = (1, 4, 16)
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
COLUMNS = ("power", "q05", "q10", "q25", "q50", "q75", "q90", "q95")

BOOSTER: dict[str, Any] = {
    "n_estimators": 200, "num_leaves": 31, "n_jobs": 1, "verbose": -1, "random_state": 0, "force_col_wise": True,
}  # fmt: skip
RECENT = 16  # newest steps of power that are lags
WINDOWS = (4, 16)  # steps of the rolling mean, deviation, minimum and maximum of power
AGO = (0, 4)  # steps before the issue time at which measurements are read


@dataclass(frozen=True)
class Task:
    """One record.

    Attributes:
        power: share of capacity, NaN where unknown. past: measurements, known once their label is reached.
        future: known ahead, by valid time. wanted: issue times by lead.
    """

    power: pd.Series
    past: pd.DataFrame
    future: pd.DataFrame
    wanted: dict[int, pd.DatetimeIndex]

    @property
    def step(self) -> pd.Timedelta:
        """Return the length of a step."""
        return self.power.index[1] - self.power.index[0]

    @property
    def start(self) -> pd.Timestamp:
        """Return the first issue time: nothing later is trained on."""
        return min(times.min() for times in self.wanted.values())

    @property
    def lags(self) -> list[int]:
        """Return the lags of power: the newest steps, and a day before each valid time (lag 1: at the issue time)."""
        day = pd.Timedelta("1D") // self.step
        return [*range(1, RECENT + 1), *sorted(day - lead + 1 for lead in LEADS)]

    def regressors(self, lead: int) -> pd.DataFrame:
        """Return by valid time what was known `lead` steps before: weather and calendar ahead, measurements lagged.

        The shape for libraries that know only columns by valid time.
        """
        ago = {f"{name}_ago{k}": self.past[name].shift(lead + k) for name in self.past for k in AGO}
        return self.future.assign(**ago)

    def save(self, path: Path) -> None:
        """Write the task to one archive."""
        parts: dict[str, Any] = {"time": _ns(self.power.index), "power": self.power.to_numpy()}
        for kind, table in (("past", self.past), ("future", self.future)):
            parts |= {f"{kind}:{name}": table[name].to_numpy() for name in table}
        parts |= {f"wanted:{lead}": _ns(times) for lead, times in self.wanted.items()}
        np.savez(path, **parts)

    @classmethod
    def load(cls, path: str | Path) -> Task:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as parts:
            index = pd.DatetimeIndex(parts["time"].view("datetime64[ns]"))
            index.freq = pd.tseries.frequencies.to_offset(index[1] - index[0])

            def table(kind: str) -> pd.DataFrame:
                columns = {name.partition(":")[2]: parts[name] for name in parts if name.startswith(f"{kind}:")}
                return pd.DataFrame(columns, index=index)

            wanted = {lead: pd.DatetimeIndex(parts[f"wanted:{lead}"].view("datetime64[ns]")) for lead in LEADS}
            return cls(pd.Series(parts["power"], index=index, name="power"), table("past"), table("future"), wanted)


def _ns(index: pd.DatetimeIndex) -> np.ndarray:
    return index.as_unit("ns").asi8


def answer(forecast: Callable[[Task, int], pd.DataFrame]) -> None:
    """Forecast the task of the first argument and write the answer to the second: the main of every library.

    `forecast(task, lead)` returns the columns `COLUMNS` by valid time; of its rows those asked for are kept.
    """
    task = Task.load(sys.argv[1])
    parts: dict[str, Any] = {}
    for lead, times in task.wanted.items():
        made = forecast(task, lead).reindex(times + lead * task.step)
        parts |= {f"{lead}:{name}": made[name].to_numpy(dtype=float) for name in COLUMNS}
        parts[f"{lead}:issue_time"] = _ns(times)
    np.savez(sys.argv[2], **parts)


def answered(path: str | Path) -> pd.DataFrame:
    """Read an answer: issue_time (UTC), lead and `COLUMNS`, cut to 0 … 1 and the quantiles sorted."""
    frames = []
    with np.load(path, allow_pickle=False) as parts:
        for lead in LEADS:
            values = np.column_stack([parts[f"{lead}:{name}"] for name in COLUMNS]).clip(0, 1)
            values[:, 1:] = np.sort(values[:, 1:], axis=1)
            times = pd.DatetimeIndex(parts[f"{lead}:issue_time"].view("datetime64[ns]"), tz="UTC")
            frames.append(pd.DataFrame(values, columns=list(COLUMNS)).assign(issue_time=times, lead=lead))
    return pd.concat(frames, ignore_index=True)
