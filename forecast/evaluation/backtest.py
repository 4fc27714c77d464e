"""Rolling-origin backtest: each issue time sees what was known then, models are refitted at a cadence of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from forecast.data import SiteData
from forecast.data.outages import as_faced, checked_outages, without_lost
from forecast.deliver import Forecasts
from forecast.errors import InputTypeError, SettingsError
from forecast.evaluation.collect import Piece, to_dataset
from forecast.evaluation.progress import tracked
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.schedule import Schedule
from forecast.forecaster import Forecaster
from forecast.params import copy_unfitted
from forecast.timegrid import to_index

Data = SiteData | Sequence[SiteData]


@dataclass(frozen=True)
class Fold:
    """One fit and the issue times [ns] it serves; `fit_ns` None: the forecaster as it came."""

    model: str
    forecaster: Forecaster
    fit_ns: int | None
    issue_ns: np.ndarray


def backtest(
    models: Mapping[str, Forecaster],
    data: Data,
    start: Any,
    end: Any,
    every: Any = "15min",
    refit: Any = "30D",
    window: Any = None,
    n_jobs: int = 1,
    progress: bool = True,
    outages: pd.DataFrame | None = None,
    renew: Any = None,
) -> BacktestResult:
    """Return what the models would have forecast from `start` to `end`, both included, an issue time each `every`.

    Models are cloned and fitted on `data.until(start)` and again every `refit` on the last `window`; a model sees
    `data.until(issue time)`, no more, and what was passed in stays as it was. The convex reference is always run along.

    Args:
        refit: a duration; None = not again after start; `"never"` = take the fitted forecaster as it is.
        window: how much of the past a refit learns from; None = all.
        n_jobs: folds at a time, through joblib (and so any backend of `joblib.parallel_config`).
        outages: columns `source start end`, such as `fc.outages` draws: what would have become known in (start, end]
            never arrives, neither for forecasts nor for fits; a table of weather by valid time is not there for issue
            times in (start, end]. See `forecast.data.outages`. The truth that is scored against stays. Scores by
            `"level"` then tell what each rung was worth.
        renew: how often models learn on between the fits, see `Forecaster.renewed`; None = not. Counted from each
            fit; with `refit="never"` from start, at which forecasters first learn what came since they were fitted.

    Raises:
        StepError, SettingsError, NotEnoughDataError: what does not fit.
    """
    sites = [data] if isinstance(data, SiteData) else list(data)
    runs = _with_reference(models)
    schedule = Schedule(start, end, every, refit, window, renew)
    issue_ns = schedule.issue_times(sites)
    once = replace(schedule, refit=None) if schedule.never_fits else schedule
    folds = [
        Fold(name, forecaster, fit_ns, served)
        for name, forecaster in runs.items()
        for fit_ns, served in (once if name == "reference" else schedule).folds(issue_ns)
    ]
    faced = sites
    if outages is not None:
        outages = checked_outages(outages, sites)
        faced = [without_lost(site, outages) for site in sites]
    known = faced[0] if isinstance(data, SiteData) else faced
    jobs = (delayed(_run)(fold, known, schedule, outages) for fold in folds)
    found = Parallel(n_jobs=n_jobs, return_as="generator")(jobs) if n_jobs != 1 else (j[0](*j[1]) for j in jobs)
    pieces = [piece for some in tracked(found, len(folds), progress) for piece in some]
    first = next(iter(runs.values()))
    return BacktestResult(to_dataset(pieces, list(runs), sites, issue_ns, first))


def checked_models(models: Any) -> None:
    """Raise a typed error unless the models are forecasters by name that go together."""
    if not isinstance(models, Mapping) or not models:
        raise InputTypeError(f"models is {type(models).__name__}; expected a dict name → Forecaster, at least one")
    for name, forecaster in models.items():
        if not isinstance(forecaster, Forecaster):
            raise InputTypeError(f"model {name!r} is {type(forecaster).__name__}, expected a Forecaster")
    layouts = {(str(f.horizon), str(f.step), f.first_lead, tuple(f.quantiles)) for f in models.values()}
    if len(layouts) > 1:
        raise SettingsError(f"models must agree in horizon, step, first_lead and quantiles; got {sorted(layouts)}")


def _with_reference(models: Mapping[str, Forecaster]) -> dict[str, Forecaster]:
    checked_models(models)
    out = dict(models)
    if "reference" not in out:
        first = next(iter(models.values()))
        out["reference"] = copy_unfitted(first).set_params(model="reference", features=None, objective="mean")
    return out


def _run(fold: Fold, data: Data, schedule: Schedule, outages: pd.DataFrame | None) -> list[Piece]:
    sites = [data] if isinstance(data, SiteData) else list(data)
    forecaster = fold.forecaster

    def past(moment_ns: int) -> Data:
        known = [schedule.past(site, moment_ns) for site in sites]
        return known[0] if isinstance(data, SiteData) else known

    if fold.fit_ns is not None:
        forecaster = copy_unfitted(forecaster)._fit_forecasts(past(fold.fit_ns))
    pieces = []
    for renew_ns, issue_ns in schedule.renewals(fold.fit_ns, fold.issue_ns):
        if renew_ns is not None:
            forecaster = forecaster.renewed(past(renew_ns))
        until = to_index(issue_ns[-1:], "UTC")[0]
        for site in sites:
            made = _forecasts(forecaster, site.until(until), issue_ns, outages)
            pieces.append(Piece(fold.model, site.site.name, issue_ns, made))
    return pieces


def _forecasts(forecaster: Forecaster, data: SiteData, issue_ns: np.ndarray, outages: pd.DataFrame | None) -> Forecasts:
    if outages is None:
        return forecaster.forecasts(data, issue_ns)[0]
    found = [(rows, forecaster.forecasts(site, issue_ns[rows])[0]) for rows, site in as_faced(data, outages, issue_ns)]
    order = np.argsort(np.concatenate([rows for rows, _ in found]), kind="stable")
    names = ("power", "potential", "quantiles", "level")
    return Forecasts(*(np.concatenate([getattr(made, name) for _, made in found])[order] for name in names))
