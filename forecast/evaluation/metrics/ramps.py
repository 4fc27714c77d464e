"""Ramp events: large changes of power within a window, and whether they were forecast about in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics.contingency import Contingency
from forecast.evaluation.metrics.pairs import FloatArray


def ramp_events(power: ArrayLike, *, steps: int, threshold: float) -> FloatArray:
    """Mark where power changes by more than `threshold` in `steps` steps: 1 up, −1 down, 0 none, NaN unknown.

    ``|P(t + w) − P(t)| > threshold``, marked at t; evenly spaced power, threshold in its unit (usually a
    share of capacity). The last `steps` values, and those with a missing end, are NaN. Source: Kamath 2010,
    IEEE PES T&D; Gallego-Castillo et al. 2015, Renew. Sustain. Energy Rev. 52, 1148–1157.

    >>> ramp_events([0, 0, 30, 60, 60, 20], steps=2, threshold=35).tolist()
    [0.0, 1.0, 0.0, -1.0, nan, nan]
    """
    values = np.asarray(power, dtype=np.float64)
    if values.ndim != 1:
        raise ShapeError(f"power has shape {values.shape}; expected one series")
    if steps < 1 or not threshold > 0:
        raise SettingsError(f"steps is {steps}, threshold {threshold}; expected steps ≥ 1 and threshold > 0")
    out = np.full(len(values), np.nan)
    change = values[steps:] - values[: len(values) - steps]
    marked = np.where(np.abs(change) > threshold, np.sign(change), 0.0)
    out[: len(change)] = np.where(np.isfinite(change), marked, np.nan)
    return out


def ramp_contingency(
    obs: ArrayLike, fcst: ArrayLike, *, steps: int, threshold: float, tolerance: int = 0
) -> Contingency:
    """Count ramps that were forecast, with a timing tolerance of ± `tolerance` steps and the right direction.

    Hit: an observed ramp with a forecast one of the same direction at most `tolerance` steps away; miss: an
    observed one without; false alarm: a forecast one with no observed one so near; correct negative: neither
    has a ramp there. Steps where either side is unknown are left out. With tolerance 0 a ramp in the wrong
    direction is a miss and a false alarm.

    >>> obs, fcst = [0, 0, 50, 50, 50, 50], [0, 0, 0, 50, 50, 50]
    >>> ramp_contingency(obs, fcst, steps=1, threshold=20, tolerance=1)
    Contingency(hits=1, false_alarms=0, misses=0, correct_negatives=3)
    """
    if tolerance < 0:
        raise SettingsError(f"tolerance is {tolerance} steps; expected 0 or more")
    seen = ramp_events(obs, steps=steps, threshold=threshold)
    said = ramp_events(fcst, steps=steps, threshold=threshold)
    if seen.shape != said.shape:
        raise ShapeError(f"observations have shape {seen.shape}, forecasts {said.shape}; they must be equal")
    known = np.isfinite(seen) & np.isfinite(said)
    seen, said = np.where(known, seen, 0.0), np.where(known, said, 0.0)
    hits = misses = false_alarms = 0
    for direction in (1.0, -1.0):
        observed, forecast = seen == direction, said == direction
        matched = observed & _near(forecast, tolerance)
        hits += int(matched.sum())
        misses += int((observed & ~matched).sum())
        false_alarms += int((forecast & ~_near(observed, tolerance)).sum())
    neither = known & (seen == 0) & (said == 0)
    return Contingency(hits, false_alarms, misses, int(neither.sum()))


def _near(events: np.ndarray, tolerance: int) -> np.ndarray:
    """Whether an event lies within ± tolerance steps."""
    total = np.concatenate([[0], np.cumsum(events)])
    position = np.arange(len(events))
    upper = np.minimum(position + tolerance + 1, len(events))
    return np.asarray(total[upper] > total[np.maximum(position - tolerance, 0)])
