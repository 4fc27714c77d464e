"""Which issue times a forecaster learns from."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from forecast.data import SiteData
from forecast.errors import NotEnoughDataError
from forecast.features.spec import Spec
from forecast.timegrid import evenly, floor_to, to_index

MOST_ROWS = 80_000  # a model; minutes for years hold nothing new beyond it
LEAST_ROWS = 50


def training_times(data: SiteData, spec: Spec, sites: int, issued_at: tuple[int, ...] = ()) -> np.ndarray:
    """Return issue times [ns] on the power's grid whose first lead is inside the record, thinned evenly if too many.

    With blocks of finer values every place within a step gets its turn: the thinning is no multiple of the step.

    Args:
        issued_at: times of day [ns after local midnight] at which forecasts are made; any time if empty.
    """
    times = data.times("power")
    first = times[0] + (spec.phase_ns - times[0]) % spec.power_step_ns
    last = times[-1] - spec.leads[0] * spec.step_ns
    number = (last - first) // spec.power_step_ns + 1
    if number < LEAST_ROWS:
        raise NotEnoughDataError(
            f"site {data.site.name!r}: {max(number, 0)} issue times in the record; at least {LEAST_ROWS} are needed"
        )
    if issued_at:
        return _at_times_of_day(data, evenly(first, last, spec.power_step_ns), issued_at)
    return evenly(first, last, _apart(number, spec, sites) * spec.power_step_ns)


def _apart(number: int, spec: Spec, sites: int) -> int:
    apart = -(-number * sites // MOST_ROWS)
    if spec.ratio > 1:
        # one value more than a step: no two blocks overlap (five times the rows were no better), and each place within
        # a step has its turn
        apart = max(apart, spec.ratio + 1)
        while np.gcd(apart, spec.ratio) > 1:
            apart += 1
    return apart


def new_times(
    data: SiteData, spec: Spec, learned_ns: int, newest_ns: int, sites: int, issued_at: tuple[int, ...] = ()
) -> np.ndarray:
    """Return issue times [ns] with outcomes labelled in (learned_ns, newest_ns], thinned as `training_times`."""
    begin, last = learned_ns - spec.leads[-1] * spec.step_ns, newest_ns - spec.leads[0] * spec.step_ns
    number = max((last - begin) // spec.power_step_ns, 1)
    apart = _apart(number, spec, sites) * spec.power_step_ns
    times = evenly(floor_to(begin, apart, spec.phase_ns) + apart, last, apart)
    return times[_is_time_of_day(data, times, issued_at)] if issued_at else times


def newest_outcome(data: SiteData) -> int:
    """Return the newest label [ns] of which it is known what the plant gave and whether it was limited."""
    return int(data.times("power")[-1]) - (data.outcome_delay_ns - data.delays["power"])


def _is_time_of_day(data: SiteData, times: np.ndarray, issued_at: tuple[int, ...]) -> np.ndarray:
    clock = to_index(times, data.timezone)
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    since_midnight = seconds.to_numpy().astype(np.int64) * 10**9
    return np.isin(since_midnight, issued_at)


def _at_times_of_day(data: SiteData, times: np.ndarray, issued_at: tuple[int, ...]) -> np.ndarray:
    found: np.ndarray = times[_is_time_of_day(data, times, issued_at)]
    if len(found) < LEAST_ROWS:
        raise NotEnoughDataError(
            f"site {data.site.name!r}: {len(found)} moments in the record at the times of day of issued_at; at least "
            f"{LEAST_ROWS} are needed, and they must be labels of the power"
        )
    return found


def training_times_cold(data: SiteData, spec: Spec, sites: int, issued_at: tuple[int, ...] = ()) -> np.ndarray:
    """Return issue times as `training_times`; where the record is too short, the first or only one there is.

    A model that needs no power still wants a row, to see which columns there are: the issue time before the first
    weather.
    """
    if spec.has_power:
        with suppress(NotEnoughDataError):
            return training_times(data, spec, sites, issued_at)
    tables = [*(["power"] if data.power is not None else []), *spec.weather]
    first = min((int(times[0]) for times in map(data.times, tables) if len(times)), default=0)
    inits = [int(data.published(name)[0]) for name in data.run_sources if len(data.inits(name))]
    first = min(inits, default=first) if not tables else first
    return np.array([floor_to(first, spec.power_step_ns, spec.phase_ns)], dtype=np.int64)
