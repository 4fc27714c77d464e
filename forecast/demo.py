"""The whole way on the data that ship inside: learn, forecast a month as if live, score, draw, report."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecast import datasets
from forecast.data import SiteData
from forecast.evaluation import BacktestResult, backtest
from forecast.forecaster import Forecaster
from forecast.plot.canvas import need_matplotlib
from forecast.report import write
from forecast.report.pictures import figures
from forecast.report.printed import printed
from forecast.report.tables import Scored

if TYPE_CHECKING:
    from rich.console import Console

LIGHTER = "blend"
LIGHTER_NOTE = (
    "The model here is 'blend', lighter than the default 'lightgbm', which errs 1 to 2 % less and takes more than "
    "twice as long: quarterhour demo --model lightgbm."
)
NOTES = (
    "Measured power only: the weather that ships with these records knows what happened and is no forecast, so "
    "it is left out here. Nothing was chosen by its result: the month tested is the one after the time learned from.",
    "Wind: ENGIE, La Haute Borne, turbine R80711, Licence Ouverte 2.0. PV: National Renewable Energy Laboratory, "
    "PVDAQ, system 50.",
)


@dataclass(frozen=True)
class Case:
    """One record of the demo: what is forecast, learned from how much of its beginning, and tested on what follows."""

    name: str
    dataset: str
    horizon: str
    step: str
    learn: str = "300D"
    test: str = "28D"
    every: str | None = None  # None: an issue time each step


CASES = (
    Case("PV", "pvdaq50", horizon="4h", step="15min"),
    Case("wind", "la_haute_borne", horizon="2h", step="10min"),
)


def run(
    out: str | os.PathLike[str] = "quarterhour-demo",
    *,
    model: str = LIGHTER,
    cases: Sequence[Case] = CASES,
    jobs: int = 2,
    console: Console | None = None,
) -> dict[str, BacktestResult]:
    """Run the demo: print scores by lead, write pictures, forecasts (netCDF) and one HTML page into the folder `out`.

    `model` is by default a lighter one than `Forecaster`'s, so that the demo is short; the output says so.

    Raises:
        MissingExtraError: no matplotlib; before anything is learned.
    """
    need_matplotlib()
    console = console or _console()
    folder, begun = Path(out), time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    notes = (*NOTES, LIGHTER_NOTE) if model == LIGHTER else NOTES
    if model == LIGHTER:
        console.print(LIGHTER_NOTE, highlight=False)
    results: dict[str, BacktestResult] = {}
    for case in cases:
        data = measured_only(case.dataset)
        heading = _heading(case, data, model)
        console.print(f"{heading} …", highlight=False)
        results[heading] = result = _backtest(case, data, model, jobs)
        _written(result, folder, case.name.lower())
        console.print(printed(result, ""), highlight=False)
    command = f"quarterhour demo --model {model}"
    page = write(results, folder / "report.html", title="quarterhour demo", notes=notes, reproduce=command)
    took = time.perf_counter() - begun
    console.print(f"{took:.0f} s. Open {page}; pictures and forecasts are beside it.", highlight=False)
    return results


def measured_only(name: str) -> SiteData:
    """Return a shipped record without its weather, which is a reanalysis and would flatter every forecast."""
    data = datasets.load(name)
    return SiteData(data.site, data.power, observed=data.observed)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=120)


def _period(case: Case, data: SiteData) -> tuple[pd.Timestamp, pd.Timestamp]:
    assert data.power is not None
    start: pd.Timestamp = data.power.index[0].ceil("D") + pd.Timedelta(case.learn)
    return start, start + pd.Timedelta(case.test)


def _heading(case: Case, data: SiteData, model: str) -> str:
    start, end = _period(case, data)
    return (
        f"{case.name}: {data.site.name}, {data.site.capacity_kw:g} kW. Model {model}, learned from "
        f"{pd.Timedelta(case.learn).days} days, tested {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    )


def _backtest(case: Case, data: SiteData, model: str, jobs: int) -> BacktestResult:
    start, end = _period(case, data)
    forecaster = Forecaster(model=model, horizon=case.horizon, step=case.step, n_jobs=jobs)
    return backtest({model: forecaster}, data, start, end, every=case.every or case.step, refit=None, progress=False)


def _written(result: BacktestResult, folder: Path, stem: str) -> None:
    result.save(folder / f"{stem}.nc")
    for name, figure in figures(Scored(result)).items():
        figure.savefig(folder / f"{stem}_{name}.png", dpi=120)
