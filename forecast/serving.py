"""What a fitted forecaster does with data: the design, the rung that serves, and the forecast that can be delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from forecast.adapting import adapted
from forecast.data import SiteData
from forecast.deliver import Forecasts, deliver
from forecast.design import Column, Design, aligned, stack
from forecast.errors import InputTypeError, NotFittedError, SiteError
from forecast.features.featureset import FeatureSet
from forecast.features.physical import described_plant
from forecast.features.spec import read_spec, read_spec_cold
from forecast.ladder import Ladder
from forecast.localday import newest_issue, times_of_day
from forecast.missing import Inputs, conditions, how_many, inputs_of
from forecast.models.contract import Model
from forecast.models.dependence import Dependence
from forecast.models.online import Online
from forecast.models.stated import StatedUncertainty
from forecast.models.uncertainty import Uncertainty
from forecast.objective import levels_needed, point_for
from forecast.params import Params
from forecast.settings import Settings, checked, checked_levels
from forecast.timegrid import floor_to, moment_ns

ROWS_AT_ONCE = 8192


class Serving(Params):
    """The part of a forecaster that serves; settings and what was fitted are its subclass's."""

    model: Any
    horizon: Any
    step: Any
    first_lead: int
    quantiles: Any
    objective: str
    adapt: Any
    n_jobs: int
    issued_at: Any

    model_: Model
    uncertainty_: Uncertainty | StatedUncertainty
    kind_: str
    online_: Online | None
    dependence_: Dependence | None
    ladder_: Ladder | None
    shared_: bool
    sites_: dict[str, FeatureSet]
    common_columns_: tuple[Column, ...]
    lead_columns_: tuple[Column, ...]
    _inputs: Inputs

    def _settings(self) -> Settings:
        return checked(
            self.horizon, self.step, self.first_lead, self.quantiles, self.objective, self.adapt, self.n_jobs
        )

    def _remember_columns(self, common: tuple[Column, ...], lead: tuple[Column, ...]) -> None:
        self.common_columns_, self.lead_columns_ = common, lead
        self._inputs = inputs_of(common, lead, {name: fitted.spec for name, fitted in self.sites_.items()})

    def _issue(self, features: FeatureSet, data: SiteData, at: Any) -> tuple[int, int]:
        """Return the moment that was asked for and the issue time that serves it [ns]."""
        asked = moment_ns(data.newest if at is None else at, "at")
        issued = times_of_day(self.issued_at)
        moment = newest_issue(asked, issued, data.timezone) if issued else asked
        return asked, floor_to(moment, features.spec.power_step_ns, features.spec.phase_ns)

    def forecasts(self, data: SiteData, issue_ns: np.ndarray) -> tuple[Forecasts, Design]:
        """Return the forecasts of many sorted issue times [ns, on the power's grid]; each row equals `predict`'s."""
        features = self._features_for(data)
        parts, designs = [], []
        for start in range(0, len(issue_ns), ROWS_AT_ONCE):
            design = self._design(features, data, issue_ns[start : start + ROWS_AT_ONCE])
            parts.append(self._forecasts(features, data, design, self._missing(design)[1]))
            designs.append(design)
        names = ("power", "potential", "quantiles", "level")
        joined = Forecasts(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        return joined, stack(designs)

    def _design(self, features: FeatureSet, data: SiteData, issue_ns: np.ndarray) -> Design:
        return aligned(features.design(data, issue_ns), self.common_columns_, self.lead_columns_)

    def _missing(self, design: Design) -> tuple[np.ndarray, np.ndarray]:
        """Return the conditions of the inputs (n, L, inputs) and the levels (n, L) that serve them."""
        found = conditions(design, self._inputs)
        if self.ladder_ is None:
            return found, how_many(found)
        missing = self.ladder_.missing(found)
        return missing, self.ladder_.level(missing)

    def _forecasts(self, features: FeatureSet, data: SiteData, design: Design, level: np.ndarray) -> Forecasts:
        levels = self._levels
        point, quantiles = self._distribution(features, data, design, levels, level)
        if self.objective != "mean":
            point = point_for(self.objective, data, design, quantiles, levels, self._step_ns)
            quantiles = np.sort(quantiles, axis=-1)[..., np.isin(levels, checked_levels(self.quantiles))]
        return deliver(data, design, point, quantiles, level, self._step_ns)

    def _distribution(
        self, features: FeatureSet, data: SiteData, design: Design, levels: np.ndarray, level: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        if self.online_ is not None:
            point, quantiles = self._adapted(self.online_, features, data, design, levels)
        else:
            point, _ = self._point(design)
            quantiles = self.uncertainty_.quantiles(design, point, levels)
        if self.ladder_ is None:
            return point, quantiles
        return self.ladder_.serve(design, level, point, quantiles, levels)

    def _point(self, design: Design) -> tuple[np.ndarray, np.ndarray]:
        # more than all of what is told to be in service can turn out to be there, more than all that is stated cannot
        most = (1.0 / design.scale[:, None]).astype(np.float32)
        return np.clip(self.model_.point(design), np.float32(0), most), most

    def _adapted(
        self, online: Online, features: FeatureSet, data: SiteData, design: Design, levels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        uncertainty = self.uncertainty_
        assert isinstance(uncertainty, Uncertainty)

        def base(issue_ns: np.ndarray) -> tuple[Design, np.ndarray, np.ndarray, np.ndarray]:
            part = self._design(features, data, issue_ns)
            point, most = self._point(part)
            if self.ladder_ is not None:
                # rungs have errors of their own: the model is judged by what it served
                part = replace(part, actual=np.where(self._missing(part)[1] > 0, np.float32(np.nan), part.actual))
            return part, point, uncertainty.spread(part, point), most

        return adapted(
            design.issue_ns, design.leads, levels, step_ns=features.spec.step_ns,
            window_ns=self._settings().adapt_ns, delay_ns=data.outcome_delay_ns, online=online,
            curves_of=uncertainty.curves, base=base,
        )  # fmt: skip

    @property
    def _step_ns(self) -> int:
        return next(iter(self.sites_.values())).spec.step_ns

    @property
    def _levels(self) -> np.ndarray:
        return levels_needed(self.objective, checked_levels(self.quantiles))

    def _features_for(self, data: SiteData) -> FeatureSet:
        if not hasattr(self, "model_"):
            raise NotFittedError("this forecaster is not fitted; call fit(data) first, or load a saved one")
        if not isinstance(data, SiteData):
            raise InputTypeError(f"data is {type(data).__name__}, expected SiteData")
        fitted = self.sites_.get(data.site.name)
        if data.site.kind != self.kind_ or (fitted is None and not self.shared_):
            raise SiteError(
                f"data are of {data.site.kind} site {data.site.name!r}; this forecaster was fitted on {self.kind_} "
                f"{', '.join(map(repr, list(self.sites_)[:5]))}. Fit on a list of sites to serve others too"
            )
        if fitted is not None:
            return fitted
        any_fitted = next(iter(self.sites_.values()))
        # the length of what is attached, or of what comes later, must not decide which features there are
        season = any(known.spec.season for known in self.sites_.values())
        read = read_spec_cold if any_fitted.alone else read_spec
        spec = replace(read(data, self._step_ns, any_fitted.spec.leads), season=season)
        plant = described_plant(data) if any_fitted.plant is not None else None
        return replace(any_fitted, spec=spec, plant=plant)
