"""A wind farm's curve fitted to its own past: first the described curve is stretched, then bent, always rising."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecast.physics.stops import undisturbed
from forecast.physics.turbine import SPEEDS
from forecast.physics.windplant import WindPlant

LEAST_ROWS = 100
STRETCH = (0.5, 1.8)  # of the wind speed
HEIGHT = (0.4, 1.1)  # of the power
ROUNDS, PER_ROUND = 4, 15
SHARP = 0.5  # share of capacity from which an error counts linearly
ERROR = 0.15  # share of capacity: error of a day's forecast
SPREAD_STRETCH, SPREAD_HEIGHT = 0.2, 0.15  # how far sites are from what is described
TRUSTED = 16.0  # independent values a m/s that the stretched curve is worth
INDEPENDENT_HOURS = 3.0
BIN = 4  # places of SPEEDS: 1 m/s


def fit_wind(described: WindPlant, speed: np.ndarray, power: np.ndarray, step_hours: float) -> WindPlant | None:
    """Return the farm with a curve fitted to its past; None with less than 100 usable values.

    1. f and a of a · curve(f v) by least Huber loss, f on a grid that closes in, a in closed form; that f and a are 1
    counts as a day's forecast error each. 2. Means in bins of 1 m/s pull the curve, each as much as it has independent
    values (one in 3 h), and it is made rising again, up to its top.
    Stops and limited hours (runs far below the curve) are left out, twice.

    Args:
        speed: density-corrected hub wind; power: share of capacity; both on one grid of intervals, NaN where unknown.
    """
    good = np.isfinite(speed) & np.isfinite(power)
    if good.sum() < LEAST_ROWS:
        return None
    curve = described.curve
    for _ in range(2):
        expected = np.where(good, np.interp(speed, SPEEDS, curve), np.nan)
        keep = good & undisturbed(power, expected, step_hours)
        if keep.sum() < LEAST_ROWS:
            keep = good
        days = keep.sum() * step_hours / 24.0
        curve = _stretched(described.curve, speed[keep], power[keep], days)
    bent = _bent(curve, speed[keep], power[keep], step_hours)
    return replace(described, curve=bent)


def _stretched(curve: np.ndarray, v: np.ndarray, p: np.ndarray, days: float) -> np.ndarray:
    thin = slice(None, None, len(v) // 20_000 + 1)
    v, p = v[thin], p[thin]
    low, high = np.log(STRETCH[0]), np.log(STRETCH[1])
    best = (np.inf, 1.0, 0.0)
    for _ in range(ROUNDS):
        grid = np.linspace(low, high, PER_ROUND)
        for f in grid:
            loss, a = _height(np.interp(np.exp(f) * v, SPEEDS, curve), p, days)
            best = min(best, (loss + (ERROR * f / SPREAD_STRETCH) ** 2, a, float(f)))
        width = (high - low) / (PER_ROUND - 1)
        low, high = best[2] - width, best[2] + width
    made: np.ndarray = best[1] * np.interp(np.exp(best[2]) * SPEEDS, SPEEDS, curve)
    return made


def _height(x: np.ndarray, p: np.ndarray, days: float) -> tuple[float, float]:
    """Return the least loss and the factor a of a · x, within `HEIGHT`; a day's mean square error counts once."""
    a, weight, usual = 1.0, np.ones_like(p), (ERROR / SPREAD_HEIGHT) ** 2
    for _ in range(4):
        share = weight * days / len(p)
        a = float(np.clip(((share * x * p).sum() + usual) / ((share * x * x).sum() + usual), *HEIGHT))
        weight = SHARP / np.maximum(np.abs(p - a * x), SHARP)
    wrong = np.abs(p - a * x)
    loss = np.where(wrong <= SHARP, wrong**2, SHARP * (2 * wrong - SHARP))
    return days * float(np.mean(loss)) + usual * (a - 1) ** 2, a


def _bent(curve: np.ndarray, v: np.ndarray, p: np.ndarray, step_hours: float) -> np.ndarray:
    from sklearn.isotonic import isotonic_regression

    wrong = p - np.interp(v, SPEEDS, curve)
    bins = len(SPEEDS) // BIN + 1
    place = np.minimum((v / (BIN * (SPEEDS[1] - SPEEDS[0]))).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    independent = count * min(step_hours / INDEPENDENT_HOURS, 1.0)
    pull = np.bincount(place, weights=wrong, minlength=bins) / np.maximum(count, 1)
    pull = pull * independent / (independent + TRUSTED)
    middle = (np.arange(bins) + 0.5) * BIN * (SPEEDS[1] - SPEEDS[0])
    bent = np.clip(curve + np.interp(SPEEDS, middle, pull), 0.0, 1.0)
    top = int(np.argmax(curve)) + 1  # rising up to there; beyond, storms switch turbines off
    rising, falling = isotonic_regression(bent[:top]), isotonic_regression(bent[top:], increasing=False)
    return np.concatenate([rising, np.minimum(falling, rising[-1])])
