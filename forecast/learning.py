"""What a forecaster learns from: sites that go together, their feature sets and all training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.audit.curtailment import told_of_curtailment
from forecast.data import SiteData
from forecast.design import Design, stack_in_turn
from forecast.errors import InputTypeError, NotEnoughDataError, SiteError
from forecast.features.custom import Feature
from forecast.features.featureset import FeatureSet, fit_features, fit_physics, with_physics
from forecast.features.spec import read_spec, read_spec_cold
from forecast.models import Model
from forecast.models.physical import Physical, reads_physics
from forecast.settings import Settings
from forecast.training import training_times, training_times_cold


def checked_sites(data: Any) -> list[SiteData]:
    """Return the sites to learn from; typed errors for what is no list of sites of one kind with names of their own."""
    sites = [data] if isinstance(data, SiteData) else list(data) if isinstance(data, Sequence) else None
    if sites is None or not all(isinstance(site, SiteData) for site in sites):
        raise InputTypeError(f"data is {type(data).__name__}, expected SiteData or a list of SiteData")
    if not sites:
        raise NotEnoughDataError("the list of sites is empty")
    names = [site.site.name for site in sites]
    if len(set(names)) < len(names):
        raise SiteError(f"two sites have the same name in {', '.join(names)}")
    if len({site.site.kind for site in sites}) > 1:
        raise SiteError("the list mixes PV and wind sites; fit a forecaster for each kind")
    return [told_of_curtailment(site) if site.trust_flags and site.power is not None else site for site in sites]


def learn_from(
    sites: list[SiteData], model: Model, settings: Settings, own: tuple[Feature, ...], issued_at: tuple[int, ...]
) -> tuple[list[FeatureSet], Design, list[int]]:
    """Return the sites' feature sets, all training rows and how many are each site's; only physics needs no power."""
    alone = isinstance(model, Physical)
    read, choose = (read_spec_cold, training_times_cold) if alone else (read_spec, training_times)
    specs = [read(site, settings.step_ns, settings.leads) for site in sites]
    times = [choose(site, spec, len(sites), issued_at) for site, spec in zip(sites, specs, strict=True)]
    sets = (fit_physics if alone else fit_features)(sites, specs, times, own)
    if reads_physics(model) and not alone:
        sets = with_physics(sets, sites, times)
    counts = [len(one) for one in times]
    return sets, stack_in_turn((s.design(d, t) for s, d, t in zip(sets, sites, times, strict=True)), counts), counts
