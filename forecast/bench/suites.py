"""What is measured: `quick` on the records that ship inside, `full` on every record of a site file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data import SiteData
from forecast.errors import NotEnoughDataError, ReadingError
from forecast.timegrid import duration_ns, step_text

LEAD_TIMES = ("15min", "1h", "4h")


@dataclass(frozen=True)
class Workload:
    """One record: what is forecast, what is learned from, and the days it is tested on.

    Only the stated leads are trained: leads do not depend on one another, so these are a whole horizon's to the bit.
    """

    name: str
    load: Callable[[], SiteData] = field(repr=False, compare=False)
    model: Any
    step: str
    leads: tuple[int, ...]
    learn: str = "150D"
    test: str = "60D"
    skip: str = "50D"
    every: str = "30min"
    random_state: int = 0

    def data(self) -> tuple[SiteData, pd.Timestamp, pd.Timestamp]:
        """Return the data cut to what is used, and the first and the last issue time."""
        data = self.load()
        if data.power is None or data.power.empty:
            raise NotEnoughDataError(f"{self.name}: no power to forecast")
        start = data.power.index[0].ceil("D") + pd.Timedelta(self.skip) + pd.Timedelta(self.learn)
        end = start + pd.Timedelta(self.test)
        # two days more, so that the truth of the last forecasts is there
        return data.between(start - pd.Timedelta(self.learn), end + pd.Timedelta("2D")), start, end

    def settings(self) -> dict[str, Any]:
        """Return everything but the data, as plain values."""
        names = ("name", "step", "leads", "learn", "test", "skip", "every", "random_state")
        return {"model": repr(self.model)} | {name: getattr(self, name) for name in names}


def quick(model: Any = "lightgbm", random_state: int = 0) -> list[Workload]:
    """Return the workloads on the wind and PV records that ship inside; about half a minute."""
    return [
        Workload("pvdaq50", _shipped("pvdaq50"), model, "15min", (1, 4, 16), random_state=random_state),
        Workload("la_haute_borne", _shipped("la_haute_borne"), model, "10min", (1, 6, 24), random_state=random_state),
    ]


def full(
    sites: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None = None,
    model: Any = "lightgbm",
    random_state: int = 0,
) -> list[Workload]:
    """Return a workload for every record of a site file (docs/site_toml.md): 60 days after the first 70 %.

    Raises:
        ReadingError: a file without records.
    """
    path = Path(sites)
    tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    names: list[str | None] = [name for name, table in tables.items() if isinstance(table, dict) and "site" in table]
    if "site" in tables:
        names = [None]
    if not names:
        raise ReadingError(f"{path}: no record in it; expected tables [NAME.site], see docs/site_toml.md")
    return [_recorded(path, name, folder, model, random_state) for name in names]


def _shipped(name: str) -> Callable[[], SiteData]:
    def load() -> SiteData:
        from forecast import datasets

        # without its weather, a reanalysis that knows what happened
        record = datasets.load(name)
        return SiteData(record.site, record.power, observed=record.observed)

    return load


def _recorded(path: Path, name: str | None, folder: Any, model: Any, random_state: int) -> Workload:
    data = SiteData.from_toml(path, name, folder=folder)
    if data.power is None:
        raise NotEnoughDataError(f"{path}, {name}: no power to forecast")
    own, usual = data.power_step_ns, duration_ns("15min")
    step_ns = usual if usual % own == 0 else own
    leads = tuple(dict.fromkeys(max(duration_ns(ahead) // step_ns, 1) for ahead in LEAD_TIMES))
    days = (data.power.index[-1] - data.power.index[0]).days
    learn, test = min(int(0.7 * days), 300), min(int(0.25 * days), 60)
    return Workload(
        name or data.site.name,
        lambda: SiteData.from_toml(path, name, folder=folder),
        model,
        step_text(step_ns),
        leads,
        learn=f"{learn}D",
        test=f"{test}D",
        skip=f"{int(0.7 * days) - learn}D",
        every=step_text(max(step_ns, duration_ns("1h"))),
        random_state=random_state,
    )
