"""Small fleets for the tests, made where they are needed: a worker in another process imports nothing of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from forecast import SiteData, WindSite

DAYS, STEP = 9, "1h"
START = pd.Timestamp("2024-03-01", tz="UTC")
SPLIT = START + pd.Timedelta("7D")
END = SPLIT + pd.Timedelta("1D")


def power_of(seed: int, common: float = 0.0, days: int = DAYS) -> pd.Series:
    """Return hourly power [kW] of a capacity of 1000; `common` of its swings are those of all sites."""
    index = pd.date_range(START, periods=days * 24, freq=STEP)
    own, shared = (swing(np.random.default_rng(s), len(index)) for s in (seed, 10_000))
    mixed = np.sqrt(common) * shared + np.sqrt(1 - common) * own
    return pd.Series(1000 / (1 + np.exp(-mixed)), index=index, name="power")


def swing(rng: np.random.Generator, count: int, memory: float = 0.9) -> np.ndarray:
    """Return an autoregressive series of unit variance."""
    noise, out = rng.standard_normal(count) * np.sqrt(1 - memory**2), np.empty(count)
    last = rng.standard_normal()
    for i, step in enumerate(noise):
        out[i] = last = memory * last + step
    return out


def reader(path: Path, name: str) -> Callable[[], SiteData]:
    """Return a function that reads a site's power; nested, so that it travels to a worker as it is."""

    def read() -> SiteData:
        import pandas

        import forecast

        power = pandas.read_parquet(path)["power"]
        return forecast.SiteData(forecast.WindSite(name, 1000.0), power)

    return read


def written(folder: Path, number: int) -> dict[str, Callable[[], SiteData]]:
    """Return readers of so many sites, and of one whose file is rubbish."""
    sources = {}
    for i in range(number):
        path = folder / f"site{i}.parquet"
        power_of(i).to_frame().to_parquet(path)
        sources[f"site{i}"] = reader(path, f"site{i}")
    rubbish = folder / "rubbish.parquet"
    rubbish.write_bytes(b"this is no table")
    return sources | {"rub/bish": reader(rubbish, "rub/bish")}


def site_data(name: str, power: pd.Series) -> SiteData:
    """Return a wind farm of that power."""
    return SiteData(WindSite(name, 1000.0), power)
