"""A fitted forecaster that learns what came since: no features are fitted again, no tree grows, no old row is needed.

What moves, see `forecast.models.relearning`: the leaves of boosters, and those that tell the sizes of errors, from what
the old forecaster was wrong by, rows that it had not seen. What stays until the next `fit`: the splits, references,
networks and other models without trees, the site's curves, the shape of the distribution, the ladder below the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from forecast.data import SiteData
from forecast.design import Design, stack
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
    out, told = copy(forecaster), forecaster.trained_on_
    features, learned = [forecaster._features_for(site) for site in sites], learned_until(forecaster)
    # of several sites the newest: one that has stopped must not keep the others from learning
    newest = max((newest_outcome(site) for site in sites if site.has("power") and len(site.times("power"))), default=0)
    if not isinstance(forecaster.model_, Renewable) or newest <= learned:
        return out
    issued_at = times_of_day(forecaster.issued_at)
    parts = [
        forecaster._design(fitted, site, times)
        for fitted, site in zip(features, sites, strict=True)
        if len(times := new_times(site, fitted.spec, learned, newest, len(sites), issued_at))
    ]
    count = _learn(out, forecaster.model_, stack(parts), learned, newest, features[0].spec.step_ns) if parts else 0
    out.trained_on_ = told | {
        "learned_until": str(to_index(np.array([newest]), "UTC")[0]),
        "renewed_outcomes": told.get("renewed_outcomes", 0) + count,
    }
    return out


def _learn(out: Forecaster, model: Any, design: Design, learned_ns: int, newest_ns: int, step_ns: int) -> int:
    """Let a copy learn the outcomes of a design labelled in (learned_ns, newest_ns]; return how many there are."""
    valid = design.issue_ns[:, None] + design.leads * step_ns
    new = usable(design) & (valid > learned_ns) & (valid <= newest_ns)
    if isinstance(out.uncertainty_, Uncertainty):
        out.uncertainty_ = out.uncertainty_.renewed(design, model.point(design), new)
    out.model_ = model.renewed(design, new)
    return int(new.sum())


def learned_until(forecaster: Forecaster) -> int:
    """Return the newest label [ns] of power that the forecaster has learned from."""
    told = forecaster.trained_on_
    if "learned_until" in told:
        return moment_ns(told["learned_until"])
    # bundles of before do not say it
    spec = next(iter(forecaster.sites_.values())).spec
    return moment_ns(told["last_issue_time"]) + spec.leads[0] * spec.step_ns
