"""Sites made from measured wind records: blocks of days drawn anew, scaled and shifted, a Parquet file each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import records

from forecast import SiteData, WindSite

RECORDS = ("jilin_wind.first", "jilin_wind.second", "turkey_t1", "la_haute_borne.R80711")
BLOCK_DAYS = 4
START = pd.Timestamp("2024-01-01", tz="UTC")
Reader = Callable[[], SiteData]


def shares(data_dir: Path) -> list[np.ndarray]:
    """Return the records as whole days of 96 quarter hours, shares of capacity; gaps stay."""
    found = []
    for name in RECORDS:
        data = records.load_site(name, data_dir)
        assert data.power is not None
        power = (data.clean / data.site.capacity_kw).tz_convert("UTC").resample("15min", closed="right", label="right")
        values = power.mean().to_numpy()
        found.append(values[: len(values) // 96 * 96].reshape(-1, 96))
    return found


def made(days: list[np.ndarray], number: int, length: int, step: str, folder: Path, seed: int = 0) -> dict[str, Reader]:
    """Write so many sites of `length` days, return how each is read."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {}
    for i in range(number):
        name = f"site {i:04d}"
        path = folder / f"{i:04d}.{length}.{step}.parquet"
        if not path.exists():
            _drawn(np.random.default_rng((seed, i)), days[i % len(days)], length, step).to_frame().to_parquet(path)
        sources[name] = partial(read, path, name)
    return sources


def _drawn(rng: np.random.Generator, days: np.ndarray, length: int, step: str) -> pd.Series:
    blocks = -(-length // BLOCK_DAYS)
    first = rng.integers(0, len(days) - BLOCK_DAYS, size=blocks)
    power = days[(first[:, None] + np.arange(BLOCK_DAYS)).ravel()[:length]].ravel()
    power = np.roll(power, rng.integers(0, 96)) * rng.uniform(0.8, 1.0)
    index = pd.date_range(START + pd.Timedelta("15min"), periods=len(power), freq="15min")
    series = pd.Series(power * 2000.0, index=index, name="power")
    if step == "15min":
        return series
    finer = pd.date_range(START + pd.Timedelta(step), index[-1], freq=step)
    between = series.reindex(finer.union(index)).interpolate("time", limit=20).reindex(finer)
    return between + rng.normal(size=len(finer)) * 10.0


def read(path: Path, name: str) -> SiteData:
    """Return a site's data."""
    return SiteData(WindSite(name, 2000.0, timezone="UTC"), pd.read_parquet(path)["power"])


def rubbish(folder: Path) -> dict[str, Reader]:
    """Return a site whose file is no table."""
    path = folder / "rubbish.parquet"
    path.write_bytes(b"no table at all")
    return {"rubbish": partial(read, path, "rubbish")}
