"""Values of one input by label, as many as forecasts may need; what has been read once never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.cleaning import LOOKBACK_NS, power_flags
from forecast.timegrid import to_index

LEAST_ROOM = 64
NEVER = np.iinfo(np.int64).min


@dataclass
class Room:
    """Arrays with space at the end; rows up to `filled` are somebody's and are not written to again."""

    times: np.ndarray
    values: np.ndarray
    filled: int
    # for which step of power flags were made, and those of the first rows; replaced as one, for threads
    flags: tuple[int, np.ndarray] = field(default_factory=lambda: (0, np.zeros(0, dtype=np.uint8)), repr=False)

    @classmethod
    def of(cls, times: np.ndarray, values: np.ndarray) -> Room:
        """Return room for half as many rows again, the given ones at its start."""
        size = len(times) + max(len(times) // 2, LEAST_ROOM)
        out = cls(np.empty(size, dtype=np.int64), np.empty((size, values.shape[1])), len(times))
        out.times[: len(times)], out.values[: len(times)] = times, values
        return out


@dataclass(frozen=True)
class Counts:
    """What came in: values by what was done with them."""

    new: int = 0
    late: int = 0
    corrected: int = 0
    duplicate: int = 0
    too_old: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(_numbers(self), _numbers(other), strict=True)))

    def to_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return dict(vars(self))


def _numbers(counts: Counts) -> tuple[int, ...]:
    return counts.new, counts.late, counts.corrected, counts.duplicate, counts.too_old


@dataclass(frozen=True)
class Kept:
    """Rows `low … high` of a room: labels [ns], rising, and values (rows, columns) float64.

    Attributes:
        names: of the columns. oldest: labels before it have been let go and are not taken in again [ns].
    """

    names: tuple[str, ...]
    room: Room = field(repr=False)
    high: int
    oldest: int = NEVER

    @classmethod
    def of(cls, names: tuple[str, ...], times: np.ndarray, values: np.ndarray, oldest: int = NEVER) -> Kept:
        """Return rows of their own, copied."""
        room = Room.of(times, values)
        return cls(names, room, room.filled, oldest)

    @cached_property
    def times(self) -> np.ndarray:
        """Labels [ns], not to be written to."""
        return _read_only(self.room.times[: self.high])

    @cached_property
    def values(self) -> np.ndarray:
        """Values (rows, columns), not to be written to."""
        return _read_only(self.room.values[: self.high])

    def put(self, names: tuple[str, ...], times: np.ndarray, values: np.ndarray) -> tuple[Kept, Counts]:
        """Return the rows with new ones among them, a newer value in the place of an older one, and what was done.

        Args:
            names: of the columns that came; others keep what they had, and are missing at new labels.
            times: labels, rising, each once.
        """
        fresh = times >= self.oldest
        too_old = len(times) - int(np.count_nonzero(fresh))
        if too_old:
            times, values = times[fresh], values[fresh]
        if not len(times):
            return self, Counts(too_old=too_old)
        if names != self.names:
            wide = np.full((len(times), len(self.names)), np.nan)
            columns = [self.names.index(name) for name in names]
            wide[:, columns] = values
            values = wide
        else:
            columns = list(range(len(names)))
        if not self.high or times[0] > self.room.times[self.high - 1]:
            return self._appended(times, values), Counts(new=len(times), too_old=too_old)
        kept, counts = self._merged(times, values, columns)
        return kept, counts + Counts(too_old=too_old)

    def _appended(self, times: np.ndarray, values: np.ndarray) -> Kept:
        room, high = self.room, self.high + len(times)
        if room.filled != self.high or high > len(room.times):  # somebody else's rows stand there, or no space
            out = Kept.of(self.names, np.r_[self.times, times], np.r_[self.values, values], self.oldest)
            out.take_flags(self, slice(0, self.high))
            return out
        room.times[self.high : high], room.values[self.high : high] = times, values
        room.filled = high
        return Kept(self.names, room, high, self.oldest)

    def _merged(self, times: np.ndarray, values: np.ndarray, columns: list[int]) -> tuple[Kept, Counts]:
        have, newest = self.times, int(self.times[-1])
        place = np.searchsorted(have, times)
        there = have[np.minimum(place, len(have) - 1)] == times
        old, new = self.values[place[there]][:, columns], values[there][:, columns]
        same = ((old == new) | (np.isnan(old) & np.isnan(new))).all(axis=1)
        late = int(np.count_nonzero(times[~there] < newest))
        counts = Counts(
            new=int(np.count_nonzero(~there)) - late, late=late, corrected=int(np.count_nonzero(~same)),
            duplicate=int(np.count_nonzero(same)),
        )  # fmt: skip
        if there.all() and same.all():
            return self, counts
        changed = self.values.copy()
        rows = place[there]
        changed[rows[:, None], columns] = new
        all_times = np.insert(have, place[~there], times[~there])
        all_values = np.insert(changed, place[~there], values[~there], axis=0)
        out = Kept.of(self.names, all_times, all_values, self.oldest)
        out.take_flags(self, slice(0, int(place[0])))  # flags never look ahead
        return out, counts

    def since(self, before: int, carried: str = "") -> Kept:
        """Return the rows with labels from `before` on, older ones let go.

        Args:
            carried: of a table whose last statement goes on, the one that stands at `before` stays: `"finite"`, or
                `"not negative"` where a negative one says nothing.
        """
        low = int(np.searchsorted(self.times, before))
        if not carried:
            out = Kept.of(self.names, self.times[low:], self.values[low:], max(before, self.oldest))
            out.take_flags(self, slice(low, self.high))
            return out
        last = np.flatnonzero(says(self.values[:low], carried))[-1:]
        rows = np.r_[last, np.arange(low, self.high)]
        oldest = int(self.times[last[0]]) if len(last) else self.oldest
        return Kept.of(self.names, self.times[rows], self.values[rows], oldest)

    def take_flags(self, other: Kept, rows: slice) -> None:
        """Take over the flags of another's rows, which are the first ones here."""
        made_for, flags = other.room.flags
        self.room.flags = made_for, flags[rows]

    def power_flags(self, capacity_kw: float, step_ns: int) -> np.ndarray:
        """Return `cleaning.power_flags` of all rows; only rows that are new since somebody asked are looked at."""
        made_for, done = self.room.flags
        done = done[: self.high if made_for == step_ns else 0]
        if len(done) < self.high:
            # a flag looks back so far and no further
            begin = int(np.searchsorted(self.times, self.times[len(done)] - LOOKBACK_NS)) if len(done) else 0
            new = power_flags(self.times[begin:], self.values[begin:, 0], capacity_kw, step_ns)
            done = np.concatenate([done, new[len(done) - begin :]])
            # what it replaces has the same beginning: whoever is first, or last, is right
            self.room.flags = step_ns, done
        return done

    @cached_property
    def tables(self) -> dict[tuple[bool, str], Any]:
        """Tables of pandas made so far, by whether they are a Series and by zone."""
        return {}

    def table(self, zone: Any, series: bool) -> Any:
        """Return the rows as pandas has them: a Series of the only column, or a DataFrame."""
        key = series, str(zone)
        if key not in self.tables:
            index = to_index(self.times, zone)
            self.tables[key] = (
                pd.Series(self.values[:, 0], index=index, name=self.names[0])
                if series
                else pd.DataFrame(self.values, index=index, columns=list(self.names))
            )
        return self.tables[key]


def says(values: np.ndarray, carried: str) -> np.ndarray:
    """Return which statements (rows, 1) say something: that go on until the next one."""
    said: np.ndarray = np.isfinite(values[:, 0])
    return said if carried == "finite" else said & (values[:, 0] >= 0)


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.view()
    array.setflags(write=False)
    return array
