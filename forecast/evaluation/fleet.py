"""Backtests of many sites, each on its own, on any backend of joblib, site by site into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed

from forecast.bundle import load
from forecast.evaluation.backtest import backtest, checked_models
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.schedule import Schedule
from forecast.evaluation.siteresult import read_site, write_site
from forecast.fleet.fitting import checked_fleet
from forecast.fleet.folder import Source, claimed, file_of, read_source, reason_of, write_whole
from forecast.forecaster import Forecaster

ENDING = ".parquet"


class FleetBacktest(Mapping[str, BacktestResult]):
    """Backtests by site, as a mapping; each is read from its file when asked for.

    Attributes:
        failed: why a site has none, by name.
    """

    def __init__(self, files: Mapping[str, Path], failed: Mapping[str, str]) -> None:
        self.files, self.failed = dict(files), dict(failed)

    def __getitem__(self, name: str) -> BacktestResult:
        return read_site(self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def scores(self, **options: Any) -> pd.DataFrame:
        """Return the scores of all sites, index [site, model, …], one site in memory at a time.

        Options as in `BacktestResult.scores`; `by` is `[]` where it is not given: one row a site and model.
        """
        each = {name: result.scores(**({"by": []} | options)) for name, result in self.items()}
        return pd.concat(each, names=["site"])

    def __repr__(self) -> str:
        return f"FleetBacktest({len(self)} sites, {len(self.failed)} failed)"


def backtest_fleet(
    models: Mapping[str, Forecaster],
    data: Mapping[str, Source],
    start: Any,
    end: Any,
    *,
    folder: Any,
    n_jobs: int | None = None,
    **options: Any,
) -> FleetBacktest:
    """Backtest each site as `backtest` does, a Parquet file a site in the folder; finished sites are not done again.

    A site that fails is in `.failed` with its reason and is tried again by the next call. A worker holds one site and
    its result at a time. With `refit="never"` the fitted forecasters are put into the folder once, and workers read
    them from there.

    Args:
        models: name → Forecaster: a model a site, or with `refit="never"` fitted ones, shared by all sites.
        data, n_jobs: as in `fit_fleet`. folder: also keeps the settings; for other data take another folder.
        start, end: as in `backtest`. options: `every refit window renew` of `backtest`.

    Raises:
        SettingsError: the folder holds results of other settings. As `backtest`: models that do not go together.
    """
    checked_fleet(data)
    checked_models(models)
    schedule = Schedule(start, end, **options)
    told = {name: _told(one, schedule) for name, one in models.items()}
    settings = {"what": "backtest_fleet", "models": told} | {name: str(given) for name, given in vars(schedule).items()}
    where = claimed(folder, settings)
    sent: dict[str, Forecaster | Path] = dict(models)
    if schedule.never_fits:
        sent = {name: _bundled(where, name, forecaster) for name, forecaster in models.items()}
    files = {name: file_of(where, name, ENDING) for name in data}
    done = {name for name, path in files.items() if path.exists()}
    jobs = (delayed(_one)(name, data[name], sent, schedule, files[name]) for name in data if name not in done)
    failed = {name: why for name, why in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(jobs) if why}
    return FleetBacktest(
        {name: path for name, path in files.items() if name not in failed},
        {name: failed[name] for name in data if name in failed},
    )


def _told(forecaster: Forecaster, schedule: Schedule) -> str:
    return f"{forecaster!r} {forecaster.trained_on_ if schedule.never_fits else ''}"


def _bundled(where: Path, name: str, forecaster: Forecaster) -> Path:
    path = file_of(where, name, ".qh")
    forecaster.save(path)
    return path


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Forecaster:
    return load(path)


def _one(
    name: str, source: Source, models: dict[str, Forecaster | Path], schedule: Schedule, path: Path
) -> tuple[str, str]:
    if path.exists():  # by a worker that was lost before it could tell
        return name, ""
    try:
        here = {key: _loaded(one) if isinstance(one, Path) else one for key, one in models.items()}
        result = backtest(here, read_source(source), **vars(schedule), n_jobs=1, progress=False)
        write_whole(path, lambda part: write_site(result, part))
    except Exception as error:  # whatever it is, the other sites must have their backtest
        return name, reason_of(error)
    return name, ""
