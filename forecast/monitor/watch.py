"""Watch: live forecasts of the sites of a backtest, held against what that backtest promised."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.limits import out_of_service
from forecast.data.series import number_series, tidy
from forecast.errors import InputTypeError, ReadingError, SettingsError, SiteError
from forecast.evaluation.result import BacktestResult
from forecast.monitor.limits import Limits
from forecast.monitor.prometheus import exposition
from forecast.monitor.promising import promise_of
from forecast.monitor.recorded import Recorded
from forecast.monitor.served import check_forecast
from forecast.monitor.sitewatch import SiteWatch
from forecast.storage.atomic import write_text
from forecast.timegrid import NS_PER_DAY, duration_ns

FORMAT = 1
MARK = "quarterhour_watch"
LOG = logging.getLogger("forecast.monitor")


class Watch:
    """Rolling scores, alarms and counters of live forecasts, beside what a backtest promised.

    Args:
        promised: the backtest of the model that is in use; 90 days or more, better a year, issued as often as live.
        model: its name there; None where there is only one beside the reference.
        false_alarms_per_year: how often the alarms of a site may be raised, all together, while nothing has changed.
            Thresholds come from the backtest's own days, see `forecast.monitor.limits`.
        keep: how long a forecast waits for its outcome and for corrections of it.
        random_state: of the days drawn.

    Raises:
        NotEnoughDataError: fewer than 30 scored days. SettingsError: no such model, or a rate that cannot be.

    A watch is as good as its backtest: seasons that it never saw are held against those it saw, and raise alarms more
    often than stated (docs/monitor.md measures how much). It is not made for several threads at once.
    """

    def __init__(
        self,
        promised: BacktestResult,
        model: str | None = None,
        *,
        false_alarms_per_year: float = 1.0,
        keep: Any = "3D",
        random_state: int = 0,
    ) -> None:
        if not isinstance(promised, BacktestResult):
            raise InputTypeError(f"promised is {type(promised).__name__}, expected what fc.backtest returned")
        if not 0.01 <= false_alarms_per_year <= 50:
            raise SettingsError(f"false_alarms_per_year={false_alarms_per_year!r}; expected 0.01 to 50")
        self.model, keep_ns = _model(promised, model), duration_ns(keep, "keep")
        if not NS_PER_DAY <= keep_ns <= 31 * NS_PER_DAY:
            raise SettingsError(f"keep={keep!r}; expected one day to 31, such as '3D'")
        dataset = promised.dataset
        leads, step_ns = dataset["lead"].values.astype(np.int64), duration_ns(dataset.attrs["step"])
        self.sites: dict[str, SiteWatch] = {}
        for place, name in enumerate(promised.sites):
            promise, days, hours = promise_of(promised, self.model, place)
            limits = Limits.of(days, hours, false_alarms_per_year, random_state)
            recorded = Recorded(leads, promise.levels, step_ns, float(dataset["capacity_kw"].values[place]))
            self.sites[name] = SiteWatch(recorded, promise, limits, keep_ns)
        self._told: dict[str, list[str]] = {}

    def forecast(self, frame: pd.DataFrame) -> None:
        """Record what `Forecaster.predict` returned; an issue time that comes again takes the place of the one before.

        Raises:
            InputTypeError: another kind of frame. SiteError: a site without promise. ColumnError: other leads, levels.
        """
        check_forecast(frame)
        self._site(frame.attrs["site"]).forecast(frame)

    def outcome(self, power: pd.Series | SiteData, limited: pd.Series | None = None, site: str | None = None) -> None:
        """Record measured power [kW], some values or all there are: late, corrected and repeated ones too.

        Args:
            power: Series, tz-aware, labels period-ending; or the site's SiteData, which also knows what was limited.
            limited: boolean Series: output was limited from outside, or out of service; not held against forecasts.
            site: whose power it is, where several sites are watched.
        """
        if isinstance(power, SiteData):
            watch, tail = self._site(power.site.name), _tail(power)
            if tail is not None:
                new = watch.recorded.news(*tail)  # all of a history is passed again and again: only news count
                watch.outcome(*(part[new] for part in tail))
            return
        table, labels, _ = tidy(number_series(power, "power"), "power", "end")
        flags = np.zeros(len(labels), dtype=bool)
        if limited is not None:
            said, at, _ = tidy(number_series(limited, "limited"), "limited", "end")
            flags = np.isin(labels, at[said.to_numpy() > 0])
        self._site(site).outcome(labels, table.to_numpy(), flags)

    def status(self) -> dict[str, Any]:
        """Return everything as plain values: site → `scores`, `alarms`, `last_day`, `counters`, newest times.

        `scores`: window (`"1D" "7D" "30D"`, local days) → leads → `mae`, `promised_mae` … in kW, coverages as shares.
        Alarms that are raised or over since the last look are logged by `forecast.monitor`.
        """
        found = {name: site.status() for name, site in self.sites.items()}
        for name, status in found.items():
            self._tell(name, [alarm for alarm, facts in status["alarms"].items() if facts["active"]])
        return {"model": self.model, "sites": found}

    def prometheus(self) -> str:
        """Return the status in the text format that Prometheus reads."""
        return exposition(self.status())

    def _tell(self, site: str, active: list[str]) -> None:
        before = self._told.get(site, [])
        for alarm in active:
            if alarm not in before:
                LOG.warning("site %s: alarm raised: %s", site, alarm)
        for alarm in before:
            if alarm not in active:
                LOG.info("site %s: alarm over: %s", site, alarm)
        self._told[site] = active

    def _site(self, name: Any) -> SiteWatch:
        if name is None and len(self.sites) == 1:
            return next(iter(self.sites.values()))
        if name not in self.sites:
            asked = "state site=" if name is None else f"no promise for site {name!r}"
            raise SiteError(f"{asked}; the backtest has {', '.join(map(repr, list(self.sites)[:10]))}")
        return self.sites[name]

    # ---------------------------------------------------------------- restarts

    def to_dict(self) -> dict[str, Any]:
        """Return the whole state as plain values, ready for JSON; what comes later is the same as without a stop."""
        sites = {name: site.to_dict() for name, site in self.sites.items()}
        return {MARK: FORMAT, "model": self.model, "sites": sites, "told": dict(self._told)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the watch that `to_dict` gave; raises `ReadingError` for anything else."""
        number = values.get(MARK) if isinstance(values, dict) else None
        if not isinstance(number, int):
            raise ReadingError(f"not the state of a watch: {MARK} is missing")
        if number > FORMAT:
            raise ReadingError(f"the watch has format {number}, this version reads up to {FORMAT}; update quarterhour")
        out = cls.__new__(cls)
        try:
            out.model, out._told = str(values["model"]), dict(values["told"])
            out.sites = {str(name): SiteWatch.from_dict(site) for name, site in values["sites"].items()}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ReadingError(f"the state of the watch is damaged ({type(error).__name__}: {error})") from error
        return out

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state as JSON, whole or not at all; `load` reads it back."""
        write_text(Path(path), json.dumps(self.to_dict()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the watch that `save` wrote; raises `ReadingError` for a file that is something else or damaged."""
        try:
            return cls.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ReadingError(f"{path}: cannot be read as the state of a watch ({error})") from error


def _model(result: BacktestResult, name: str | None) -> str:
    own = [model for model in result.models if model != "reference"] or result.models
    if name is None and len(own) == 1:
        return own[0]
    if name not in result.models:
        raise SettingsError(f"model={name!r}; the backtest has {', '.join(result.models)}")
    return name


def _tail(data: SiteData) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the newest month of a site's power: labels, values, and which were limited or out of service."""
    if data.power is None or not len(data.power):
        return None
    labels = data.times("power")
    new = slice(int(np.searchsorted(labels, labels[-1] - 31 * NS_PER_DAY)), None)
    limited = data.limited(labels[new], data.power_step_ns) | out_of_service(data, labels[new])
    return labels[new], data.values("power")[new], limited
