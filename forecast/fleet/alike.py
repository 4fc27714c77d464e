"""What sites of a shared forecaster have in common is worked out once: the clocks of their inputs, their features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.features.featureset import FeatureSet
from forecast.forecaster import Forecaster
from forecast.localday import newest_issue, times_of_day
from forecast.timegrid import floor_to, moment_ns


class Alike:
    """Feature sets and issue times of sites, the same as the forecaster's own for each.

    Raises:
        TimeError, SettingsError: what `predict` raises for `at`.
    """

    def __init__(self, forecaster: Forecaster, at: Any) -> None:
        self._forecaster = forecaster
        self._asked = None if at is None else moment_ns(at, "at")
        self._issued = times_of_day(forecaster.issued_at)
        fitted = forecaster.sites_
        self._known = None if any(one.plant is not None for one in fitted.values()) else frozenset(fitted)
        self._features: dict[Any, FeatureSet] = {}
        self._clocks: dict[tuple[int, int, int], list[np.ndarray]] = {}

    def features(self, data: SiteData) -> FeatureSet:
        """Return the site's feature set; those of new sites differ only in what `_inputs` tells."""
        inputs = self._inputs(data)
        if inputs is None:
            return self._forecaster._features_for(data)
        found = self._features.get(inputs)
        if found is None:
            found = self._features[inputs] = self._forecaster._features_for(data)
        return found

    def issue_ns(self, features: FeatureSet, data: SiteData) -> int:
        """Return the issue time that serves what was asked for."""
        asked = moment_ns(data.newest, "at") if self._asked is None else self._asked
        moment = newest_issue(asked, self._issued, data.timezone) if self._issued else asked
        issue: int = floor_to(moment, features.spec.power_step_ns, features.spec.phase_ns)
        return issue

    def _inputs(self, data: SiteData) -> tuple[Any, ...] | None:
        """Return all that decides a new site's features; None for a site that is known, or that has more inputs."""
        if self._known is None or not data.has("power") or data.neighbours or data.site.name in self._known:
            return None
        if not all(isinstance(source, pd.DataFrame) for source in data.nwp.values()):
            return None
        tables = ["observed"] if data.has("observed") else []
        layout = tuple((name, data.columns(name), self._clock(data.times(name))) for name in (*tables, *data.nwp))
        return data.site.kind, data.site.has_position, self._clock(data.times("power")), layout

    def _clock(self, times: np.ndarray) -> tuple[int, ...]:
        """Return what two series share only if their labels are the same."""
        if not len(times):
            return ()
        ends = len(times), int(times[0]), int(times[-1])
        known = self._clocks.setdefault(ends, [])
        for number, labels in enumerate(known):
            if labels is times or (labels == times).all():  # as many of them
                return (*ends, number)
        known.append(times)
        return (*ends, len(known) - 1)
