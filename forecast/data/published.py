"""When a weather run was published: a fixed delay, or delays drawn once and for all for each run."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.errors import SettingsError
from forecast.timegrid import duration_ns

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class DrawnDelay:
    """A delay that differs from run to run, so that a backtest replays runs that came late or not at all.

    The draw of a run depends on its source, its init time and `random_state` alone: however the data are cut, a run
    comes at the same moment.

    Args:
        durations: delays that occurred, such as `("5h", "5h30min", "9h")`, each as likely as the other.
        missing: share of runs that never come.

    >>> DrawnDelay(("5h", "6h"), missing=0.1)
    DrawnDelay(durations=('5h', '6h'), missing=0.1, random_state=0)
    """

    durations: Sequence[Any]
    missing: float = 0.0
    random_state: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.durations, str) or not len(self.durations):
            raise SettingsError(f"durations is {self.durations!r}; expected delays such as ('5h', '5h30min', '9h')")
        if not 0 <= self.missing < 1:
            raise SettingsError(f"missing is {self.missing!r}; expected a share from 0 to below 1")
        if any(value < 0 for value in self._values()):
            raise SettingsError(f"durations holds a negative delay: {self.durations!r}")

    def _values(self) -> list[int]:
        return [duration_ns(value, "a delay") for value in self.durations]

    def published_ns(self, source: str, init_ns: np.ndarray) -> np.ndarray:
        """Return when each run became known [ns]; `NEVER` for one that is missing."""
        values = np.array(self._values(), dtype=np.int64)
        which, gone = (_uniform(init_ns, f"{source}:{self.random_state}:{what}") for what in ("delay", "missing"))
        drawn = values[(which * len(values)).astype(np.int64)]
        return np.where(gone < self.missing, NEVER, init_ns + drawn)


def _uniform(keys: np.ndarray, salt: str) -> np.ndarray:
    """Return numbers in [0, 1) that are a function of each key alone (splitmix64)."""
    mixed = keys.astype(np.uint64) ^ np.uint64(zlib.crc32(salt.encode()) * 0x9E3779B97F4A7C15 % 2**64)
    with np.errstate(over="ignore"):
        mixed = mixed + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2**53)


def newest_published(published_ns: np.ndarray, known_ns: np.ndarray) -> np.ndarray:
    """Return the newest run known at each moment, an index into runs in order of their init times; −1: none.

    >>> newest_published(np.array([5, 20, 11]), np.array([4, 5, 10, 11, 30])).tolist()  # the second run came late
    [-1, 0, 0, 2, 2]
    """
    order = np.argsort(published_ns, kind="stable")
    newest = np.maximum.accumulate(order) if len(order) else order
    place = np.searchsorted(published_ns[order], known_ns, side="right") - 1
    return np.where(place >= 0, newest[place], -1) if len(order) else np.full(np.shape(known_ns), -1)


def one_older(published_ns: np.ndarray, run: np.ndarray, known_ns: np.ndarray) -> np.ndarray:
    """Return the run before `run` that was known at each moment too; −1: none."""
    older = np.maximum(run - 1, -1)
    while True:
        late = (older >= 0) & (published_ns[np.maximum(older, 0)] > known_ns) if len(published_ns) else older > 0
        if not late.any():
            break
        older = older - late
    return np.asarray(older)
