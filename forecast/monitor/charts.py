"""Control charts over days: cumulative sums that grow while days are worse than promised."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.monitor.losses import FloatArray

#: chart → (which of a day's measures, its sign): what it is an alarm of
CHARTS = {
    "error": ("error", 1.0),
    "forecasts too high": ("bias", 1.0),
    "forecasts too low": ("bias", -1.0),
    "intervals too narrow": ("coverage", -1.0),
    "intervals too wide": ("coverage", 1.0),
}
MEASURES = ("error", "bias", "coverage")
ALLOWANCE = 0.75  # standard deviations of a day: half the change that a chart finds fastest
MOST = 2.5  # standard deviations that a single day counts at most: one odd day is no change
CAP = 1.5  # thresholds: higher a sum does not grow, so that an alarm can end
ENDS = 0.5  # thresholds: an alarm ends when its sum has fallen to this


class Path(NamedTuple):
    """Where charts (…, charts) stand after a day: their sums, and which are in alarm."""

    sums: FloatArray
    alarm: NDArray[np.bool_]


def start(shape: tuple[int, ...]) -> Path:
    """Return charts before the first day."""
    return Path(np.zeros(shape), np.zeros(shape, dtype=bool))


def step(path: Path, day: FloatArray, thresholds: FloatArray) -> tuple[Path, NDArray[np.bool_]]:
    """Return the charts a day later, and which were raised by it; a day that is missing (NaN) changes nothing.

    Args:
        day: (…, charts), standard deviations worse than promised, as `standardised` gives them.

    ``S ← min(max(0, S + min(z, 2.5) − 0.75), 1.5 h)``; raised when S passes h, over when S is back at h / 2.
    Source: Page 1954, Biometrika 41, 100–115.
    """
    grown = np.clip(
        path.sums + np.where(np.isfinite(day), np.minimum(day, MOST) - ALLOWANCE, 0.0), 0.0, CAP * thresholds
    )
    alarm = (grown > thresholds) | (path.alarm & (grown > ENDS * thresholds))
    return Path(grown, alarm), alarm & ~path.alarm


def standardised(measures: FloatArray, spread: FloatArray) -> FloatArray:
    """Return measures (…, 3) of days as (…, charts) in standard deviations, worse is higher."""
    places = [MEASURES.index(measure) for measure, _ in CHARTS.values()]
    signs = np.array([sign for _, sign in CHARTS.values()])
    return np.asarray((measures / spread)[..., places] * signs)


def path_to_dict(path: Path) -> dict[str, Any]:
    """Return plain values."""
    return {"sums": path.sums.tolist(), "alarm": path.alarm.tolist()}


def path_from_dict(values: dict[str, Any]) -> Path:
    """Return what `path_to_dict` gave."""
    return Path(np.array(values["sums"], dtype=np.float64), np.array(values["alarm"], dtype=bool))
