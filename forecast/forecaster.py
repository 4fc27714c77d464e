"""Forecaster: the one place where features meet models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.design import Design
from forecast.errors import NotFittedError
from forecast.localday import in_local_days
from forecast.missing import reason_column
from forecast.serving import Serving
from forecast.settings import checked_levels, frame_columns
from forecast.timegrid import to_index, to_moment
from forecast.version import VERSION

if TYPE_CHECKING:
    from forecast.learned import Learned
    from forecast.live import Live


class Forecaster(Serving):
    """Forecasts one site's power for every step of a horizon, with quantiles.

    Args:
        model: name of a model, an object of the interface of `forecast.models`, or a scikit-learn regressor.
        horizon, step, first_lead: leads first_lead … horizon / step; durations such as `"4h"`, `"15min"`.
        quantiles: rising levels in (0, 1).
        objective: `"mean"` (least RMSE), `"median"` (least MAE), or a key of `forecast.rules.list()` (least expected
            penalty under that rule).
        adapt: window of newest outcomes, such as `"28D"`, from which each forecast and its quantiles are corrected, see
            `forecast.models.online`; None: no correction. A single `predict` then pays for a batch over two windows.
        features: functions of a view, see `forecast.features.custom`.
        issued_at: times of day (zone of the power) at which forecasts are made, such as `"12:00"`; `fit` learns from
            these only, and `predict` takes the newest of them. None: any time.
        local_days: `predict` returns so many whole local days after the issue time's own (see preset `"day_ahead"`).
        random_state, n_jobs: as in scikit-learn; the forecasts do not depend on n_jobs.
    """

    def __init__(
        self,
        model: Any = "lightgbm",
        horizon: Any = "4h",
        step: Any = "15min",
        first_lead: int = 1,
        quantiles: Sequence[float] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
        objective: str = "mean",
        adapt: Any = None,
        features: Any = None,
        random_state: int = 0,
        n_jobs: int = 1,
        issued_at: Any = None,
        local_days: int | None = None,
    ) -> None:
        self.model, self.horizon, self.step, self.first_lead = model, horizon, step, first_lead
        self.quantiles, self.objective, self.adapt = quantiles, objective, adapt
        self.features, self.random_state, self.n_jobs = features, random_state, n_jobs
        self.issued_at, self.local_days = issued_at, local_days

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """Return the forecaster of a usual task: `"ultra_short"`, `"day_ahead"` or `"minutes"`, with changes."""
        from forecast.presets import preset_settings

        return cls(**preset_settings(name, changes))

    # ---------------------------------------------------------------- fit

    def fit(self, data: SiteData | Sequence[SiteData]) -> Self:
        """Fit on one site, or one model on a list of sites that also serves sites that are not in the list.

        Raises:
            StepError, SettingsError, NotEnoughDataError: what does not fit, and what to do.
        """
        from forecast.learned import learned  # late: a service that only forecasts need not wait for it

        found = learned(self, self._settings(), data)
        dependence, scores = found.dependence(), found.scores()
        self._keep(found, shared=not isinstance(data, SiteData))
        self.dependence_ = dependence
        self.trained_on_ |= scores
        return self

    def _fit_forecasts(self, data: SiteData | Sequence[SiteData]) -> Self:
        """Fit as `fit` does, but for what forecasts do not need: how leads hang together, and scores of training."""
        from forecast.learned import learned

        self._keep(learned(self, self._settings(), data), shared=not isinstance(data, SiteData))
        return self

    def _keep(self, found: Learned, shared: bool) -> None:
        self.model_, self.uncertainty_, self.kind_ = found.model, found.uncertainty, found.kind
        self.online_, self.dependence_, self.ladder_ = found.online, None, found.ladder
        self.shared_, self.sites_ = shared, found.sites
        self._remember(found.design)
        if found.newest_label is not None:
            self.trained_on_["learned_until"] = str(to_index(np.array([found.newest_label]), "UTC")[0])

    def renewed(self, data: SiteData | Sequence[SiteData]) -> Self:
        """Return a forecaster that has also learned what `data` know since, for a hundredth of the cost of `fit`.

        The same features, settings and splits; the leaves of the boosters learn on from the outcomes that were not
        known when this one last learned, see `forecast.renewing`. This one stays as it is. Only the new outcomes
        count, however much older history is attached (beyond `history_needed`). Where there is none, or nothing in
        the model that learns on (ridge, physics, what does not learn), the copy forecasts as this one does.
        `trained_on_` then says `learned_until`, the label of the newest outcome, and `renewed_outcomes`, how many.

        Args:
            data: all sites that it was fitted on.

        Raises:
            NotFittedError, SiteError: not fitted; not the sites it was fitted on.
        """
        from forecast.renewing import renewed

        return renewed(self, data)

    def _remember(self, design: Design) -> None:
        self._remember_columns(design.common_columns, design.lead_columns)
        self.trained_on_: dict[str, Any] = {
            "rows": len(design),
            "first_issue_time": str(to_index(design.issue_ns.min(keepdims=True), "UTC")[0]),
            "last_issue_time": str(to_index(design.issue_ns.max(keepdims=True), "UTC")[0]),
        }

    # ---------------------------------------------------------------- forecast

    def predict(self, data: SiteData, at: Any = None) -> pd.DataFrame:
        """Return the forecast made at `at` (None: the newest moment in data), one row a lead.

        Index `valid_time` (zone of the power); columns `lead power potential q… level reason`; kW. Nothing that became
        known after the issue time changes a bit of it. `level` is 0 where every input seen in training is there, else
        the rung that serves, 1 and up in the order of their errors in training, the last one climatology with the sun
        (models that do not learn: how many inputs are missing or late); `reason` names what is missing or late.
        Missing, late, frozen or impossible values never raise.

        Raises:
            NotFittedError, SiteError, ColumnError, TimeError: a programming error, named.
        """
        features = self._features_for(data)
        asked, issue = self._issue(features, data, at)
        design = self._design(features, data, np.array([issue]))
        missing, level = self._missing(design)
        made = self._forecasts(features, data, design, level)
        zone = data.timezone
        index = to_index(issue + design.leads * features.spec.step_ns, zone, name="valid_time")
        columns = [design.leads, made.power[0], made.potential[0], *made.quantiles[0].T, made.level[0].astype(np.int64)]
        columns.append(reason_column(missing, design, self._inputs, features.spec.step_ns))
        frame = pd.DataFrame(dict(enumerate(columns)), index=index, copy=False)
        frame.columns = frame_columns(checked_levels(self.quantiles))
        told = to_moment(issue, zone).isoformat()
        frame.attrs = {
            "site": data.site.name,
            "issue_time": told,
            "asked_at": to_moment(asked, zone).isoformat() if asked != issue else told,
            "model": self.model_.name if not isinstance(self.model, str) else self.model,
            "version": VERSION,
        }
        if self.local_days is None:
            return frame
        valid_ns = issue + design.leads * features.spec.step_ns
        return frame[in_local_days(valid_ns, issue, features.spec.step_ns, self.local_days, zone)]

    def live(self, data: SiteData, at: Any = None) -> Live:
        """Return a forecaster that is told new values of one site as they come, see `forecast.live.Live`.

        Its forecasts are `predict`'s, bit for bit, without handing the history over each time.

        Args:
            data: what is known so far. at: the moment from which on forecasts will be asked for, if it is not the
                newest one in data.

        Raises:
            NotFittedError, SiteError: as `predict`.
        """
        from forecast.live import Live

        return Live.of(self, data, at)

    def scenarios(self, data: SiteData, at: Any = None, n: int = 100, random_state: int = 0) -> pd.DataFrame:
        """Return `n` trajectories of power [kW] as likely as each other: index `valid_time`, a column each.

        Each lead's values follow its quantiles (all levels, not only those asked for), and leads hang together as the
        honest errors of training did (a Gaussian copula). Deliverable, as `power`. `attrs`: `site issue_time step_ns`.

        Raises:
            SettingsError: no whole number of scenarios. NotFittedError, SiteError, ColumnError: as `predict`.
        """
        from forecast.scenarios import scenarios

        return scenarios(self, data, at, n, random_state)

    # ---------------------------------------------------------------- what it is

    @property
    def history_needed(self) -> pd.Timedelta:
        """How much history before the issue time decides the forecast (delays come on top)."""
        if not hasattr(self, "sites_"):
            raise NotFittedError("history_needed is known once the forecaster is fitted")
        spec = next(iter(self.sites_.values())).spec
        windows = 2 * self._settings().adapt_ns + spec.step_ns if self.online_ is not None else 0
        return pd.Timedelta(max(s.history_needed_ns for s in self.sites_.values()) + windows, unit="ns")

    def importance(self) -> pd.DataFrame:
        """Return the weight of each feature in the model, largest first: columns `group unit importance`, sum 1."""
        from forecast.explain import importance

        return importance(self)

    def explain(self, data: SiteData, at: Any = None) -> pd.DataFrame:
        """Return what a forecast used: each group of inputs, its newest age and what it adds to the forecast [kW]."""
        from forecast.explain import explain

        return explain(self, data, at)

    def save(self, path: Any) -> None:
        """Save as a bundle: one zip without code or pickle, written whole or not at all."""
        from forecast.saving import save

        save(self, path)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether `fit` was called."""
        return hasattr(self, "model_")
