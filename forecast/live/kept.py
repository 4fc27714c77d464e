"""Values of one input by label, as many as forecasts may need; what has been read once never changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.cleaning import LOOKBACK_NS
from forecast.timegrid import to_index

LEAST_ROOM = 64
NEVER = np.iinfo(np.int64).min


@dataclass
class Room:
    """Arrays with space at the end; rows up to `filled` are somebody's and are not written to again."""

    times: np.ndarray
    values: np.ndarray
    filled: int
    # what was made of each of the first rows: how many, and with space at the end; replaced as one, for threads
    made: dict[tuple[Any, ...], tuple[int, np.ndarray]] = field(default_factory=dict, repr=False)

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
            out.take_made(self, slice(0, self.high))
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
        out.take_made(self, slice(0, int(place[0])))  # what is made of a row never looks ahead
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
            out.take_made(self, slice(low, self.high))
            return out
        last = np.flatnonzero(says(self.values[:low], carried))[-1:]
        rows = np.r_[last, np.arange(low, self.high)]
        oldest = int(self.times[last[0]]) if len(last) else self.oldest
        return Kept.of(self.names, self.times[rows], self.values[rows], oldest)

    def take_made(self, other: Kept, rows: slice) -> None:
        """Take over what was made of another's rows, which are the first ones here."""
        for what, (done, array) in list(other.room.made.items()):
            part = array[rows.start : min(rows.stop, done)]
            space = np.empty((len(self.room.times), *array.shape[1:]), dtype=array.dtype)
            space[: len(part)] = part
            self.room.made[what] = len(part), space

    def by_row(self, what: tuple[Any, ...], make: Callable[[int, int], np.ndarray]) -> np.ndarray:
        """Return what `make` makes of all rows; only rows that are new since somebody asked are looked at.

        Args:
            what: says what is made. make: of the rows a … b; a row's looks `LOOKBACK_NS` back, and never ahead.
        """
        done, array = self.room.made.get(what, (0, None))
        if array is None or done < self.high:
            # from the place on that the first new row may look back to
            begin = int(self.times.searchsorted(self.times[done] - LOOKBACK_NS)) if done else 0
            new = make(begin, self.high)
            if array is None:
                array = np.empty((len(self.room.times), *new.shape[1:]), dtype=new.dtype)
            # others write the same into these rows: whoever is first, or last, is right
            array[done : self.high] = new[done - begin :]
            self.room.made[what] = self.high, array
        found: np.ndarray = array[: self.high]
        return found

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
