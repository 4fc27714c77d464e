"""The plant that every library forecasts: a year of quarter hours to train on, a month to forecast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd

LEADS = 16
STEP = "15min"
TRAIN_ROWS = 96 * int(os.environ.get("QUARTERHOUR_SPEED_DAYS", "365"))  # fewer only to see whether everything runs
FEW_ROWS = min(60 * 96, TRAIN_ROWS)  # enough where only the size of the model counts
ISSUE_TIMES = 2_880  # thirty days
REFIT_DAYS = 3  # of those of the rolling backtest, where every day has a refit
HISTORY_ROWS = 31 * 96  # what a caller hands to one predict(): the last 31 days
LAGS = 24
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
WINDOWS = (4, 16, 96, 672)
STATISTICS = ("mean", "std", "min", "max")
CAPACITY_KW = 2050.0
ROWS = TRAIN_ROWS + ISSUE_TIMES + LEADS


@dataclass(frozen=True)
class Plant:
    """Power [kW] and six columns of weather; labels are UTC without zone, for darts knows no zones."""

    power: pd.Series
    weather: pd.DataFrame

    @cached_property
    def exog(self) -> pd.DataFrame:
        """Return the ten columns that are known ahead: four of the calendar, six of the weather."""
        return pd.concat([calendar(self.weather.index), self.weather], axis=1)


def issue_rows() -> Iterator[int]:
    """Yield how many rows are known at each issue time, round and round through the test month."""
    while True:
        yield from range(TRAIN_ROWS, TRAIN_ROWS + ISSUE_TIMES)


def calendar(index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return hour of day and day of year as waves."""
    day = 2 * np.pi * (index.hour + index.minute / 60) / 24
    year = 2 * np.pi * index.day_of_year / 365.25
    waves = {
        "day_sin": np.sin(day),
        "day_cos": np.cos(day),
        "year_sin": np.sin(year),
        "year_cos": np.cos(year),
    }
    return pd.DataFrame(waves, index=index)


def made_up(seed: int = 0) -> dict[str, np.ndarray]:
    """Return a wind plant's power and weather: swings of the wind, a day cycle, a power curve, noise."""
    rng = np.random.default_rng(seed)
    hours = np.arange(ROWS) / 4
    day = np.cos(2 * np.pi * (hours - 15) / 24)
    year = np.cos(2 * np.pi * (hours / 24 - 200) / 365)
    speed = np.exp(1.85 + 0.44 * _swing(rng, 36) + 0.1 * _swing(rng, 2) + 0.05 * day)
    share = np.clip((speed - 3) / 9, 0, 1) ** 2 * (3 - 2 * np.clip((speed - 3) / 9, 0, 1))
    gusts = speed * np.exp(0.03 * rng.standard_normal(ROWS))
    return {
        "power": CAPACITY_KW * np.clip(share + 0.01 * rng.standard_normal(ROWS) * np.sqrt(share), 0, 1),
        "wind_speed": gusts,
        "wind_direction": (220 + 80 * _swing(rng, 20) + 8 * rng.standard_normal(ROWS)) % 360,
        "temp_air": 10 + 8 * year + 4 * day + 3 * _swing(rng, 48),
        "pressure": 101_300 - 900 * _swing(rng, 60),
        "relative_humidity": np.clip(75 - 12 * day + 8 * _swing(rng, 24), 5, 100),
        "ghi": np.clip(500 * day + 250 * year, 0, None) * np.clip(0.7 + 0.25 * _swing(rng, 3), 0.1, 1.1),
    }


def _swing(rng: np.random.Generator, hours: float) -> np.ndarray:
    """Return an AR(1) series of unit variance that forgets within so many hours."""
    keep = np.exp(-0.25 / hours)
    noise = rng.standard_normal(ROWS) * np.sqrt(1 - keep**2)
    out, last = np.empty(ROWS), rng.standard_normal()
    for row, value in enumerate(noise):
        out[row] = last = keep * last + value
    return out


def measured(folder: Path) -> dict[str, np.ndarray]:
    """Return la_haute_borne's turbine R80711 from the shared data, brought from 10 to 15 minutes."""
    names = {
        "power_kw": "power",
        "ws_ms": "wind_speed",
        "wd_deg": "wind_direction",
        "vane_deg": "vane",
        "nacelle_deg": "nacelle_direction",
        "temp_c": "temp_air",
        "pitch_deg": "pitch",
    }
    table = pd.read_parquet(folder / "la_haute_borne" / "R80711.parquet").drop_duplicates("timestamp")
    known = table.set_index("timestamp")[list(names)].rename(columns=names).interpolate().bfill()
    index = pd.date_range(known.index[0], periods=ROWS, freq=STEP)
    filled = known.reindex(known.index.union(index)).interpolate("time").loc[index]
    return {name: filled[name].clip(lower=0 if name == "power" else None).to_numpy() for name in filled}


@cache
def plant() -> Plant:
    """Return the plant in the npz file that the environment names."""
    columns = dict(np.load(os.environ["QUARTERHOUR_SPEED_PLANT"]))
    index = pd.date_range("2023-01-01 00:15", periods=ROWS, freq=STEP, name="time")
    power = pd.Series(columns.pop("power"), index=index, name="power")
    return Plant(power, pd.DataFrame(columns, index=index))
