"""Everything a fit finds out, before a forecaster keeps any of it: one that fails leaves the forecaster as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.design import Design
from forecast.features.custom import checked_features
from forecast.features.featureset import FeatureSet
from forecast.ladder import Ladder
from forecast.ladder.fitting import fit_ladder
from forecast.learning import checked_sites, learn_from
from forecast.localday import times_of_day
from forecast.missing import inputs_of
from forecast.models import Model, make
from forecast.models.dependence import Dependence, dependence_of
from forecast.models.honest import honest_points
from forecast.models.online import Online
from forecast.models.physical import Physical
from forecast.models.stated import StatedUncertainty, too_few
from forecast.models.training_scores import training_scores
from forecast.models.uncertainty import Uncertainty
from forecast.settings import Settings, checked_seed


@dataclass(frozen=True)
class Learned:
    """What forecasts need, and the honest forecasts (n, L) of the training rows that tell the rest; None: too few."""

    kind: str
    sites: dict[str, FeatureSet]
    model: Model
    uncertainty: Uncertainty | StatedUncertainty
    online: Online | None
    ladder: Ladder | None
    design: Design
    honest: np.ndarray | None
    newest_label: int | None

    def dependence(self) -> Dependence | None:
        """Return how the errors of leads hang together: what scenarios need and forecasts do not."""
        if self.honest is None or isinstance(self.uncertainty, StatedUncertainty):
            return None
        return dependence_of(self.design, self.honest, self.uncertainty)

    def scores(self) -> dict[str, Any]:
        """Return what the honest forecasts scored, for a bundle to tell."""
        return {} if self.honest is None else {"scores": training_scores(self.design, self.honest)}


def learned(forecaster: Any, settings: Settings, data: SiteData | Sequence[SiteData]) -> Learned:
    """Return what a forecaster with these settings learns from data; typed errors for what does not fit."""
    own, seed, n_jobs = checked_features(forecaster.features), checked_seed(forecaster.random_state), forecaster.n_jobs
    sites = checked_sites(data)
    kind = sites[0].site.kind
    model = make(forecaster.model, kind, len(settings.leads))
    sets, design, counts = learn_from(sites, model, settings, own, times_of_day(forecaster.issued_at))
    model = model.fit(design, random_state=seed, n_jobs=n_jobs)
    by_name = {site.site.name: fitted for site, fitted in zip(sites, sets, strict=True)}
    labels = [int(site.times("power")[-1]) for site in sites if site.has("power") and len(site.times("power"))]
    newest = max(labels, default=None)
    if isinstance(model, Physical) and too_few(design):  # without power there is nothing to learn from
        stated = StatedUncertainty.of(kind, len(design.leads))
        return Learned(kind, by_name, model, stated, None, None, design, None, newest)
    honest = honest_points(model, design, seed, n_jobs)
    uncertainty = Uncertainty.fit(design, honest, model.learns, seed, n_jobs)
    online = Online.fit(design, honest) if settings.adapt_ns else None
    ladder: Ladder | None = None  # models that read few inputs are what they are without them
    if model.learns:
        specs = {name: fitted.spec for name, fitted in by_name.items()}
        inputs = inputs_of(design.common_columns, design.lead_columns, specs)
        ladder = fit_ladder(sites, sets, design, counts, inputs, seed)
    return Learned(kind, by_name, model, uncertainty, online, ladder, design, honest, newest)
