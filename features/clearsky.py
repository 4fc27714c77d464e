"""Clear-sky power of a PV plant: pvlib's shape of the day, scaled by what the plant itself reached lately.

clear(v) = shape(v) · Q95 over the 30 days before of [ power / shape ] at the same time of day

With coordinates the shape is pvlib's clear-sky irradiance in the modules' plane; without, it is 1 and this is the
trailing envelope. The scale sees only intervals that were known at the issue time.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from forecast.features.known import Known

DAYS = 30
LEVEL = 0.95
LEAST_DAYS = 3
LARGEST = 3  # how many of the largest of DAYS values decide their LEVEL
LOW_SUN = 25.0  # W/m² below which the ratio of power to irradiance is noise
DARK = 2e-3  # share of capacity: an envelope below it is night
DIM = 0.02  # share of capacity below which an index says nothing
MEMORY_DAYS = 7
HIGHEST_INDEX = 2.0


class ClearSky:
    """Clear-sky power (share of capacity) and whether the sun is up, over the grid of `Known`."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._per_day = known.spec.per_day
        self._shape = _shape(known)
        late = known.late
        self._first_day = {int(lead): -(-(int(lead) + late) // self._per_day) for lead in known.leads}
        self._ratio = known.block / self._shape
        self._cache: dict[int, np.ndarray] = {}

    def over_grid(self, first_day: int = 1) -> np.ndarray:
        """Return clear-sky power at each label from the 30 days that begin `first_day` days before it."""
        if first_day not in self._cache:
            begin = int(self._known.issue.min()) - (MEMORY_DAYS * self._per_day + self._known.late + 2)
            ratio = self._ratio.reshape(self._known.sections, -1)
            scale = trailing_level(ratio, self._per_day, first_day, max(begin, 0)).ravel()
            clear = np.maximum(self._shape * scale, np.float32(0))
            start_up = self._start_up()
            if start_up is not None:
                clear = np.where(np.isnan(clear), start_up, clear)
            self._cache[first_day] = np.where(clear < DARK, np.float32(0), clear)
        return self._cache[first_day]

    def _start_up(self) -> np.ndarray | None:
        """Before there is any history: one kW per W/m² of a thousand."""
        sun = self._known.sun
        return None if sun is None else np.asarray(sun.plane / np.float32(1000))

    def at_valid(self) -> np.ndarray:
        """Return clear-sky power (n, L) at the valid times, 0 where unknown."""
        known = self._known
        days = {first_day for first_day in self._first_day.values()}
        if len(days) == 1:
            values = self.over_grid(days.pop())[known.valid]
        else:
            parts = [self.over_grid(self._first_day[int(k)])[known.issue + k] for k in known.leads]
            values = np.stack(parts, axis=1)
        return np.asarray(np.nan_to_num(values, nan=0.0))

    def up(self) -> np.ndarray:
        """Return whether the sun is up in the valid intervals (n, L); without coordinates: clear-sky power is not 0."""
        known = self._known
        if known.sun is not None:
            return np.asarray(known.sun.up[known.valid])
        return np.asarray(self.at_valid() > 0)

    @cached_property
    def delayed(self) -> np.ndarray:
        """Return clear-sky power at the times of `Known.delayed` (delay taken off, between two labels linear)."""
        clear = self.over_grid()
        step = self._known.spec.step_ns
        whole, part = divmod(self._known.age_ns, step)
        out = _back(clear, whole)
        if part:
            out = out + np.float32(part / step) * (_back(clear, whole + 1) - out)
        return out

    @cached_property
    def index(self) -> np.ndarray:
        """Return the clear-sky index of `Known.delayed`, missing where it is dark."""
        clear = self.delayed
        out = np.full_like(clear, np.nan)
        with np.errstate(invalid="ignore"):
            np.divide(self._known.delayed, clear, out=out, where=clear > DIM)
        return np.asarray(np.clip(out, np.float32(0), np.float32(HIGHEST_INDEX)))


def _shape(known: Known) -> np.ndarray:
    if known.sun is None:
        return np.ones(known.count, dtype=np.float32)
    return np.asarray(np.maximum(known.sun.plane, np.float32(LOW_SUN)) / np.float32(1000))


def _back(x: np.ndarray, steps: int) -> np.ndarray:
    if steps == 0:
        return x
    out = np.full_like(x, np.nan)
    out[steps:] = x[:-steps]
    return out


def trailing_level(ratio: np.ndarray, per_day: int, first_day: int, begin: int) -> np.ndarray:
    """Return Q95 of the values 1 … 30 days earlier at the same time of day, for places from `begin` on.

    Args:
        ratio: (…, time). first_day: how many days back the newest used day lies (1 = yesterday).
    """
    out = np.full(ratio.shape, np.nan, dtype=np.float32)
    length = ratio.shape[-1]
    if begin >= length:
        return out
    shape = (*ratio.shape[:-1], length - begin)
    count = np.zeros(shape, dtype=np.int8)
    # of 30 values or fewer, Q95 lies between two of the three largest: no need to sort
    top = [np.full(shape, -np.inf, dtype=np.float32) for _ in range(LARGEST)]
    filled, there = np.where(np.isfinite(ratio), ratio, np.float32(-np.inf)), np.isfinite(ratio)
    for day in range(first_day, first_day + DAYS):
        low = begin - day * per_day
        skip = max(-low, 0)  # places whose day lies before the record
        if skip >= shape[-1]:
            break
        source, target = slice(low + skip, length - day * per_day), (..., slice(skip, None))
        count[target] += there[..., source]
        value = filled[..., source]
        for best in top:
            smaller = np.minimum(best[target], value)
            best[target] = np.maximum(best[target], value)
            value = smaller
    at = np.float32(LEVEL) * np.maximum(count - 1, 0).astype(np.float32)
    low_rank = at.astype(np.int8)
    from_top = np.maximum(count - 1, 0) - low_rank
    lower = np.choose(from_top, top)
    upper = np.choose(np.maximum(from_top - 1, 0), top)
    enough = count >= LEAST_DAYS
    lower, upper = np.where(enough, lower, np.float32(0)), np.where(enough, upper, np.float32(0))
    level = lower + (at - low_rank.astype(np.float32)) * (upper - lower)
    out[..., begin:] = np.where(enough, level, np.float32(np.nan))
    return out
