"""A forecaster that is told each new value once, and forecasts without being handed the history again."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.data import SiteData
from forecast.errors import TimeError
from forecast.live.kept import Counts
from forecast.live.state import State
from forecast.timegrid import NS_PER_DAY, moment_ns, to_moment

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster

SPARE_NS = 2 * NS_PER_DAY  # how far a forecast may be asked for before the newest one
OFTEN_NS = NS_PER_DAY // 24  # how often what is too old is let go
SETTLED = 10  # labels of power: a single one that a wrong clock wrote must not throw the past away


class Live:
    """A fitted forecaster with the newest part of one site's record; made by `Forecaster.live`.

    `predict` equals `Forecaster.predict` bit for bit, given `SiteData` of the whole record with all updates in it. What
    is kept of the record, and the time a forecast takes, do not grow with it. Threads may update and forecast at the
    same time: a forecast sees all of an update or nothing of it. After a fork each process has its own.

    Labels are taken as `SiteData` takes them. A value whose label is there already replaces it from then on (NaN
    too: then it is missing), an equal one changes nothing; of two with the same label in one call the first counts.
    Values count from label + delay on, also those with labels in the future. The *clock* is the newest moment that a
    forecast was asked for; labels further back than `kept` before it cannot matter and are ignored, forecasts may be
    asked for up to two days before it. Of `available_kw` and `curtailed` the last statement before that goes on: it can
    be corrected, but not taken back.

    Attributes:
        counts: by input, how many values were `new`, `late` (older than the newest one), `corrected`, `duplicate` and
            `too_old`, since the beginning or the restart.
    """

    def __init__(self, forecaster: Forecaster, state: State, clock: int | None) -> None:
        self._forecaster, self._state, self._clock = forecaster, state, clock
        self._reach = _reach_ns(forecaster, state)
        self._counts: dict[str, Counts] = {}
        self._lock = threading.Lock()
        _everyone.add(self)

    @classmethod
    def of(cls, forecaster: Forecaster, data: SiteData, at: Any = None) -> Live:
        """Return a live forecaster that knows `data`; see `Forecaster.live`."""
        forecaster._features_for(data)
        state = State.of(data)
        clock = _settled(state) if at is None else moment_ns(at, "at")
        out = cls(forecaster, state, clock)
        out._let_go()
        return out

    @property
    def kept(self) -> pd.Timedelta:
        """How far before the clock labels still count."""
        return pd.Timedelta(self._reach, unit="ns")

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """What came in, by input."""
        return {name: counts.to_dict() for name, counts in self._counts.items()}

    @property
    def data(self) -> SiteData:
        """What is kept now, as data that any forecaster or check reads; it does not change with later updates."""
        return self._state.snapshot

    def update(
        self,
        *,
        power: pd.Series | None = None,
        observed: pd.DataFrame | None = None,
        nwp: Any = None,
        available_kw: pd.Series | None = None,
        curtailed: pd.Series | None = None,
        plan: pd.DataFrame | None = None,
        neighbours: Mapping[str, Any] | None = None,
    ) -> None:
        """Take in new values; all of them, or none where one is not what was expected.

        Args:
            power, observed, available_kw, curtailed: one or more values, any order, each with its label. Columns of
                `observed` that are left out keep what they have.
            nwp: values by valid time, runs, or a dict by source; a run replaces that of the same init time.
            plan: the whole plan as it now stands.
            neighbours: {name: Series of power, or a dict of inputs}.

        Raises:
            TimeError, InputTypeError: as `SiteData`. ColumnError: columns or sources that were not there before.
        """
        inputs = {
            "power": power, "observed": observed, "nwp": nwp, "available_kw": available_kw, "curtailed": curtailed,
            "plan": plan, "neighbours": neighbours,
        }  # fmt: skip
        with self._lock:
            self._state, counts = self._state.put(inputs)
            self._counts = {
                **self._counts, **{name: self._counts.get(name, Counts()) + more for name, more in counts.items()}
            }  # fmt: skip

    def predict(self, at: Any = None) -> pd.DataFrame:
        """Return the forecast made at `at` (None: the newest moment known), as `Forecaster.predict` does.

        Raises:
            TimeError: more than two days before the newest forecast. SiteError, ColumnError: as `Forecaster.predict`.
        """
        state, clock = self._state, self._clock
        asked = _settled(state) if at is None else moment_ns(at, "at")
        if at is not None and asked is not None and clock is not None and asked < clock - SPARE_NS:
            raise TimeError(
                f"at={at!r} is more than {to_moment(SPARE_NS, 'UTC') - to_moment(0, 'UTC')} before the newest forecast "
                f"({to_moment(clock, state.zone)}); what it would need is no longer kept. Use forecaster.predict(data)"
            )
        frame = self._forecaster.predict(state.snapshot, at)
        if asked is not None and (clock is None or asked > clock):
            with self._lock:
                self._clock = asked if self._clock is None else max(asked, self._clock)
                if clock is None or asked // OFTEN_NS > clock // OFTEN_NS:
                    self._let_go()
        return frame

    def _let_go(self) -> None:
        if self._clock is not None:
            self._state = self._state.since(self._clock - self._reach)

    def save(self, path: Any) -> None:
        """Save what is kept as one file, whole or not at all; the forecaster is not in it, see `Forecaster.save`."""
        from forecast.live.storing import store

        store(path, self._state, self._clock)


def _reach_ns(forecaster: Forecaster, state: State) -> int:
    """Return how far before the clock values can decide a forecast: history, delays, and forecasts asked for late."""
    late = max([0, *state.delays.values(), *(d for near in state.neighbours.values() for d in near.delays.values())])
    return int(forecaster.history_needed.as_unit("ns").value) + 2 * late + SPARE_NS


def _settled(state: State) -> int | None:
    """Return the moment by which power is known for certain to have come; None without power."""
    kept = state.tables.get("power")
    if kept is None or not kept.high:
        return None
    return int(kept.times[-min(SETTLED, kept.high)]) + state.delays["power"]


_everyone: weakref.WeakSet[Live] = weakref.WeakSet()


def _unlocked_in_the_child() -> None:
    # a thread that held a lock does not live on after a fork, and nobody else would open it
    for live in list(_everyone):
        live._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlocked_in_the_child)
