"""All features of a site as one object with two faces, many issue times and a single one, equal bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.design import Design, stack
from forecast.features.calendar import add_calendar, time_of_day_and_year
from forecast.features.clearsky import ClearSky
from forecast.features.columns import Columns
from forecast.features.custom import Feature, add_custom
from forecast.features.inservice import InService, fit_in_service
from forecast.features.known import Known, group_by_phase
from forecast.features.newest import newest_power
from forecast.features.observed import add_neighbours, add_observed
from forecast.features.physical import add_physical, fitted_plant, plant_from_parts, plant_parts
from forecast.features.power import add_power, add_same_time_of_day, add_substep
from forecast.features.pv import add_day_memory, add_index, add_sun
from forecast.features.response import Curve, curve_from
from forecast.features.spec import LEAST_STEPS, Spec, check_columns
from forecast.features.weather import add_weather, curve_points, fit_curves
from forecast.physics import Plant
from forecast.storage.typed import read_as
from forecast.timegrid import NS_PER_DAY

# what features of power (windows of two days) and of weather (two days) read, and a day to spare
WIND_READ_NS, WIND_READ_STEPS = 3 * NS_PER_DAY, LEAST_STEPS


@dataclass(frozen=True)
class FeatureSet:
    """What a forecaster reads: the inputs' layout, the site's own curves and the user's features."""

    spec: Spec
    curves: dict[str, Curve] = field(default_factory=dict)
    own: tuple[Feature, ...] = ()
    in_service: InService | None = None
    plant: Plant | None = None  # whose power by physics is a feature; None: no such feature
    alone: bool = False  # whether that is all there is: what the physical model reads

    @property
    def history_needed_ns(self) -> int:
        """How much history before the issue time decides the forecast, delays not included."""
        return self.spec.history_needed_ns + (self.in_service.reach_ns if self.in_service else 0)

    def design(self, data: SiteData, issue_ns: np.ndarray) -> Design:
        """Return the design of sorted issue times [ns] on the power's grid; nothing later than each decides its row."""
        check_columns(data, self.spec)
        groups = group_by_phase(issue_ns, self.spec.step_ns)
        parts = [self._one_phase(data, issue_ns[rows]) for rows in groups]
        if len(parts) == 1:
            return parts[0]
        return stack(parts).take(np.argsort(np.concatenate(groups), kind="stable"))

    def _one_phase(self, data: SiteData, issue_ns: np.ndarray) -> Design:
        return self.design_of(Known(data, self.spec, issue_ns, self.in_service, self._reach_ns))

    @property
    def _reach_ns(self) -> int | None:
        """How far back our own features of a wind farm read; others, and the user's, may read all there is."""
        spec = self.spec
        if spec.kind != "wind" or self.own or self.plant is not None:
            return None
        return min(spec.lookback_ns, max(WIND_READ_NS, WIND_READ_STEPS * spec.step_ns) + spec.days_ahead * NS_PER_DAY)

    def design_of(self, known: Known) -> Design:
        """Return the design of the issue times on one grid."""
        sky = ClearSky(known) if self.spec.kind == "pv" else None
        columns = Columns()
        day, year, place = time_of_day_and_year(known)
        if self.plant is not None:
            add_physical(columns, known, sky, self.plant)
        if not self.alone:
            self._add_plain(columns, known, sky)
            add_calendar(columns, day, year, place, self.spec.season)
        add_custom(columns, known, self.own)
        common, lead = columns.matrices(len(known.issue), len(known.leads))
        layout = columns.layout()
        now = known.delayed[known.issue]
        last, late = newest_power(known, sky)
        ones = np.ones(known.valid.shape, dtype=np.float32)
        return Design(
            common=common,
            lead=lead,
            now=now,
            index=now if sky is None else sky.index[known.issue],
            last=last,
            late=late,
            clear=ones if sky is None else sky.at_valid(),
            up=ones.astype(bool) if sky is None else sky.up(),
            slot=day.take(place),
            season=year.take(place),
            scale=known.scale,
            actual=known.target.take(known.valid),
            issue_ns=known.issue_ns,
            leads=known.leads,
            common_columns=layout[0],
            lead_columns=layout[1],
        )

    def _add_plain(self, columns: Columns, known: Known, sky: ClearSky | None) -> None:
        add_power(columns, known)
        add_same_time_of_day(columns, known)
        add_substep(columns, known)
        if sky is not None:
            add_index(columns, known, sky)
            add_day_memory(columns, known, sky)
            add_sun(columns, known, sky)
        add_observed(columns, known, self.curves)
        add_neighbours(columns, known)
        add_weather(columns, known, sky, self.curves)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return plain values and arrays that `from_parts` reads back; the user's features go by name."""
        arrays = {}
        for i, curve in enumerate(self.curves.values()):
            arrays[f"curve{i}_x"], arrays[f"curve{i}_y"] = curve.x, curve.y
        told = None if self.in_service is None else self.in_service.to_dict()
        values: dict[str, Any] = {"spec": self.spec.to_dict(), "curves": list(self.curves), "in_service": told}
        if self.plant is not None:
            plant, more = plant_parts(self.plant)
            values, arrays = values | {"plant": plant, "alone": self.alone}, arrays | more
        return values, arrays

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray], own: tuple[Feature, ...]) -> FeatureSet:
        """Return the feature set that `to_parts` described."""
        names = read_as(tuple[str, ...], values.get("curves"), "curves")
        curves = {name: curve_from(arrays, f"curve{i}") for i, name in enumerate(names)}
        spec = Spec.from_dict(values["spec"])
        told = values.get("in_service")
        in_service = None if told is None else InService.from_dict(told, curves)
        plant = plant_from_parts(values["plant"], arrays, spec.kind) if "plant" in values else None
        return cls(spec, curves, own, in_service, plant, read_as(bool, values.get("alone", False), "alone"))


def fit_features(
    sites: Sequence[SiteData], specs: Sequence[Spec], spans: Sequence[np.ndarray], own: tuple[Feature, ...]
) -> list[FeatureSet]:
    """Return a feature set a site; the curves from weather to power are fitted on all of them together.

    Args:
        spans: issue times [ns] of each site, of which the first and the last say which part to learn from.
    """
    points = []
    for data, spec, issue_ns in zip(sites, specs, spans, strict=True):
        known = _over(data, spec, issue_ns)
        points.append(curve_points(known, ClearSky(known) if spec.kind == "pv" else None))
    curves = fit_curves(specs[0].kind, points)
    return [
        FeatureSet(spec, curves, own, fit_in_service(data, spec, curves, int(span[0]), int(span[-1])))
        for data, spec, span in zip(sites, specs, spans, strict=True)
    ]


def fit_physics(
    sites: Sequence[SiteData], specs: Sequence[Spec], spans: Sequence[np.ndarray], own: tuple[Feature, ...]
) -> list[FeatureSet]:
    """Return a feature set a site that holds power by physics and nothing else; arguments as in `fit_features`."""
    return [
        FeatureSet(spec, {}, own, plant=fitted_plant(data, _over(data, spec, issue_ns)), alone=True)
        for data, spec, issue_ns in zip(sites, specs, spans, strict=True)
    ]


def with_physics(
    sets: Sequence[FeatureSet], sites: Sequence[SiteData], spans: Sequence[np.ndarray]
) -> list[FeatureSet]:
    """Return the feature sets with power by physics as features too."""
    return [
        replace(features, plant=fitted_plant(data, _over(data, features.spec, issue_ns)))
        for features, data, issue_ns in zip(sets, sites, spans, strict=True)
    ]


def _over(data: SiteData, spec: Spec, issue_ns: np.ndarray) -> Known:
    """Return what was known over a span of issue times, to learn from."""
    # one phase is enough, and the grid must not reach past what was known
    same = issue_ns[(issue_ns - issue_ns[-1]) % spec.step_ns == 0]
    return Known(data, replace(spec, leads=(1,)), same[[0, -1]])
