"""A fitted forecaster that learns what came since: no features are fitted again, no tree grows, no old row is needed.

What moves, see `forecast.models.relearning`: the leaves of boosters, and those that tell the sizes of errors, from what
the old forecaster was wrong by, rows that it had not seen. What stays until the next `fit`: the splits, references,
networks and other models without trees, the site's curves, the shape of the distribution, the ladder below the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from forecast.data import SiteData
from forecast.design import stack
from forecast.errors import SiteError
from forecast.learning import checked_sites
from forecast.localday import times_of_day
from forecast.models.reference import usable
from forecast.models.relearning import Renewable
from forecast.models.uncertainty import Uncertainty
from forecast.timegrid import moment_ns, to_index
from forecast.training import new_times, newest_outcome

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster

F = TypeVar("F", bound="Forecaster")


def renewed(forecaster: F, data: SiteData | Sequence[SiteData]) -> F:
    """Return the forecaster that has also learned what came since; see `Forecaster.renewed`."""
    forecaster.history_needed  # noqa: B018  raises where nothing is fitted
    sites = checked_sites(data)
    if {site.site.name for site in sites} != set(forecaster.sites_):
        raise SiteError(
            f"data are of {', '.join(repr(site.site.name) for site in sites)}; this forecaster was fitted on "
            f"{', '.join(map(repr, forecaster.sites_))}, and learns on from these together"
        )
    out, model = copy(forecaster), forecaster.model_
    features = [forecaster._features_for(site) for site in sites]
    learned = learned_until(forecaster)
    newest = max((newest_outcome(site) for site in sites if len(site.times("power"))), default=learned)
    if not isinstance(model, Renewable) or newest <= learned:
        return out
    issued_at = times_of_day(forecaster.issued_at)
    spans = [new_times(s, f.spec, learned, newest, len(sites), issued_at) for s, f in zip(sites, features, strict=True)]
    design = stack([forecaster._design(f, s, t) for f, s, t in zip(features, sites, spans, strict=True)])
    valid = design.issue_ns[:, None] + design.leads * features[0].spec.step_ns
    new = usable(design) & (valid > learned) & (valid <= newest)
    if isinstance(forecaster.uncertainty_, Uncertainty):
        out.uncertainty_ = forecaster.uncertainty_.renewed(design, model.point(design), new)
    out.model_ = model.renewed(design, new)
    told = forecaster.trained_on_
    out.trained_on_ = told | {
        "renewed_until": str(to_index(np.array([newest]), "UTC")[0]),
        "renewed_outcomes": told.get("renewed_outcomes", 0) + int(new.sum()),
    }
    return out


def learned_until(forecaster: Forecaster) -> int:
    """Return the newest label [ns] of power that the forecaster has learned from."""
    told = forecaster.trained_on_
    if "renewed_until" in told:
        return moment_ns(told["renewed_until"])
    spec = next(iter(forecaster.sites_.values())).spec
    return moment_ns(told["last_issue_time"]) + spec.leads[0] * spec.step_ns
