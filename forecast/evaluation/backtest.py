"""Rolling-origin backtest: each issue time sees what was known then, models are refitted at a cadence of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from forecast.data import SiteData
from forecast.data.outages import as_faced, checked_outages, without_lost
from forecast.deliver import Forecasts
from forecast.errors import InputTypeError, NotEnoughDataError, SettingsError, StepError
from forecast.evaluation.collect import Piece, to_dataset
from forecast.evaluation.progress import tracked
from forecast.evaluation.result import BacktestResult
from forecast.forecaster import Forecaster
from forecast.params import copy_unfitted
from forecast.timegrid import duration_ns, evenly, floor_to, moment_ns, step_text, to_index, usual_phase_ns

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

    Raises:
        StepError, SettingsError, NotEnoughDataError: what does not fit.
    """
    sites = [data] if isinstance(data, SiteData) else list(data)
    runs = _with_reference(models)
    issue_ns = _issue_times(sites, start, end, every)
    folds = [
        Fold(name, forecaster, fit_ns, served)
        for name, forecaster in runs.items()
        for fit_ns, served in _folds(issue_ns, None if name == "reference" and refit == "never" else refit)
    ]
    faced = sites
    if outages is not None:
        outages = checked_outages(outages, sites)
        faced = [without_lost(site, outages) for site in sites]
    known = faced[0] if isinstance(data, SiteData) else faced
    jobs = (delayed(_run)(fold, known, window, outages) for fold in folds)
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


def _issue_times(sites: Sequence[SiteData], start: Any, end: Any, every: Any) -> np.ndarray:
    if not sites:
        raise NotEnoughDataError("the list of sites is empty")
    coarsest = max(sites, key=lambda site: site.power_step_ns)
    step, phase = coarsest.power_step_ns, usual_phase_ns(coarsest.times("power"), coarsest.power_step_ns)
    apart = duration_ns(every, "every")
    if apart <= 0 or apart % step:
        raise StepError(f"every={every!r} is not a whole multiple of the power's step {step_text(step)}")
    first, last = (floor_to(moment_ns(v, n), step, phase) for v, n in ((start, "start"), (end, "end")))
    if last < first:
        raise SettingsError(f"end={end!r} lies before start={start!r}")
    return evenly(first, last, apart)


def _folds(issue_ns: np.ndarray, refit: Any) -> list[tuple[int | None, np.ndarray]]:
    if isinstance(refit, str) and refit == "never":
        return [(None, issue_ns)]
    if refit is None:
        return [(int(issue_ns[0]), issue_ns)]
    apart = _positive(refit, "refit")
    number = (issue_ns - issue_ns[0]) // apart
    return [(int(issue_ns[number == i][0]), issue_ns[number == i]) for i in np.unique(number)]


def _run(fold: Fold, data: Data, window: Any, outages: pd.DataFrame | None) -> list[Piece]:
    sites = [data] if isinstance(data, SiteData) else list(data)
    forecaster = fold.forecaster
    if fold.fit_ns is not None:
        known = [_past(site, fold.fit_ns, window) for site in sites]
        forecaster = copy_unfitted(forecaster).fit(known[0] if isinstance(data, SiteData) else known)
    until = to_index(fold.issue_ns[-1:], "UTC")[0]
    pieces = []
    for site in sites:
        made = _forecasts(forecaster, site.until(until), fold.issue_ns, outages)
        pieces.append(Piece(fold.model, site.site.name, fold.issue_ns, made))
    return pieces


def _forecasts(forecaster: Forecaster, data: SiteData, issue_ns: np.ndarray, outages: pd.DataFrame | None) -> Forecasts:
    if outages is None:
        return forecaster.forecasts(data, issue_ns)[0]
    found = [(rows, forecaster.forecasts(site, issue_ns[rows])[0]) for rows, site in as_faced(data, outages, issue_ns)]
    order = np.argsort(np.concatenate([rows for rows, _ in found]), kind="stable")
    names = ("power", "potential", "quantiles", "level")
    return Forecasts(*(np.concatenate([getattr(made, name) for _, made in found])[order] for name in names))


def _past(site: SiteData, fit_ns: int, window: Any) -> SiteData:
    moment: pd.Timestamp = to_index(np.array([fit_ns]), "UTC")[0]
    known = site.until(moment)
    if window is None:
        return known
    return known.between(moment - pd.Timedelta(_positive(window, "window"), unit="ns"), moment)


def _positive(value: Any, name: str) -> int:
    length = duration_ns(value, name)
    if length <= 0:
        raise SettingsError(f"{name}={value!r} is not longer than nothing; expected a duration such as '30D'")
    return length
