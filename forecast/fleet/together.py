"""Forecasts of the sites that share a forecaster as matrices over sites, each row with the bits it has alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.data.available import available_kw
from forecast.data.plan import planned
from forecast.deliver import Forecasts, delivered
from forecast.design import Design, aligned, stack
from forecast.features.featureset import FeatureSet
from forecast.features.many import at_once, design_of_many, layout_of
from forecast.features.spec import check_columns
from forecast.fleet.alike import Alike
from forecast.forecaster import Forecaster
from forecast.localday import in_local_days
from forecast.objective import point_for
from forecast.settings import checked_levels


@dataclass(frozen=True)
class Rows:
    """Forecasts (n sites, L leads): kW, labels [ns]; `shown` where a lead is part of the forecast."""

    names: list[str]
    leads: np.ndarray
    valid_ns: np.ndarray
    shown: np.ndarray
    power: np.ndarray
    potential: np.ndarray
    quantiles: np.ndarray


@dataclass(frozen=True)
class _Ready:
    name: str
    data: SiteData
    features: FeatureSet
    issue_ns: int


def rows_together(forecaster: Forecaster, sites: Mapping[str, SiteData], at: Any) -> Rows | None:
    """Return the forecasts of the sites that go together, None where none do.

    Those left out are to be forecast alone: they lack an input, are made in another way, or fail.
    """
    if len(sites) < 2 or getattr(forecaster, "online_", None) is not None:
        return None
    groups: dict[Any, list[_Ready]] = {}
    with suppress(Exception):  # alone each will say why
        alike = Alike(forecaster, at)
        for name, data in sites.items():
            with suppress(Exception):
                one = _ready(alike, name, data)
                layout = layout_of(one.features, data)
                if layout is not None:
                    groups.setdefault(layout, []).append(one)
    parts = [part for some in groups.values() if len(some) > 1 for part in _parts(some)]
    made = [made for part in parts if (made := _complete(forecaster, part)) is not None]
    if not made:
        return None
    ready = [one for part, _ in made for one in part]
    with suppress(Exception):
        return _rows(forecaster, ready, stack([design for _, design in made]))
    return None


def _ready(alike: Alike, name: str, data: SiteData) -> _Ready:
    features = alike.features(data)
    check_columns(data, features.spec)
    return _Ready(name, data, features, alike.issue_ns(features, data))


def _parts(some: list[_Ready]) -> list[list[_Ready]]:
    count = at_once(some[0].features.spec)
    return [some[i : i + count] for i in range(0, len(some), count)]


def _complete(forecaster: Forecaster, part: list[_Ready]) -> tuple[list[_Ready], Design] | None:
    """Return the sites whose inputs are all there, and their features."""
    with suppress(Exception):
        issue_ns = np.array([one.issue_ns for one in part])
        design = design_of_many([one.features for one in part], [one.data for one in part], issue_ns)
        design = aligned(design, forecaster.common_columns_, forecaster.lead_columns_)
        rows = np.flatnonzero((forecaster._missing(design)[1] == 0).all(axis=1))
        if len(rows) == len(part):
            return part, design
        return ([part[i] for i in rows], design.take(rows)) if len(rows) else None
    return None


def _rows(forecaster: Forecaster, ready: list[_Ready], design: Design) -> Rows:
    first, levels, step_ns = ready[0], forecaster._levels, ready[0].features.spec.step_ns
    complete = np.zeros((len(design), len(design.leads)), dtype=np.int8)
    point, quantiles = forecaster._distribution(first.features, first.data, design, levels, complete)
    if forecaster.objective != "mean":
        each = zip(ready, (design.take(slice(i, i + 1)) for i in range(len(ready))), quantiles[:, None], strict=True)
        point = np.concatenate(
            [point_for(forecaster.objective, one.data, row, q, levels, step_ns) for one, row, q in each]
        )
        quantiles = np.sort(quantiles, axis=-1)[..., np.isin(levels, checked_levels(forecaster.quantiles))]
    made = _delivered(ready, design, point, quantiles, step_ns)
    valid_ns = design.issue_ns[:, None] + design.leads * step_ns
    shown = np.ones(valid_ns.shape, dtype=bool)
    if forecaster.local_days is not None:
        days = forecaster.local_days
        each_valid = zip(ready, valid_ns, strict=True)
        shown = np.stack([in_local_days(v, o.issue_ns, step_ns, days, o.data.timezone) for o, v in each_valid])
    names = [one.name for one in ready]
    return Rows(names, design.leads, valid_ns, shown, made.power, made.potential, made.quantiles)


def _delivered(
    ready: list[_Ready], design: Design, point: np.ndarray, quantiles: np.ndarray, step_ns: int
) -> Forecasts:
    in_service = np.array([one.data.site.capacity_kw for one in ready], dtype=np.float64)
    most, limit = np.full(point.shape, np.inf), np.full(point.shape, np.inf)
    valid_ns = design.issue_ns[:, None] + design.leads * step_ns
    for i, one in enumerate(ready):
        row = slice(i, i + 1)
        if one.data.has("available_kw"):
            in_service[row] = available_kw(one.data, design.issue_ns[row])
        if one.data.plan is not None:
            most[row], limit[row] = planned(one.data.plan, design.issue_ns[row], valid_ns[row], step_ns)
    planless = all(one.data.plan is None for one in ready)
    none = np.zeros(point.shape, dtype=np.int8)
    return delivered(design, point, quantiles, none, in_service, None if planless else (most, limit))
