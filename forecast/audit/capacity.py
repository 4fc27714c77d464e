"""Capacity that changed for good: the day's output over what its weather was worth jumps and stays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.breaks import breaks
from forecast.audit.evidence import Evidence
from forecast.audit.expected import best_driver, by_curve
from forecast.audit.finding import Finding
from forecast.timegrid import NS_PER_DAY

LEAST_JUMP = 0.13  # of the logarithm: 12 %
SURE = 4.5
WINDOW = 15
LASTING_DAYS = 21
LEAST_HOURS = 3


def changed(evidence: Evidence) -> Iterator[Finding]:
    """Jumps of 12 % or more of output against measured irradiance or wind (else the clear sky) that last weeks."""
    if not evidence.has_power or evidence.top <= 0.01 or evidence.days < 2 * LASTING_DAYS:
        return
    worth, text = day_worth(evidence)
    found = breaks(worth, LEAST_JUMP, SURE, WINDOW)
    for i, (place, jump, t) in enumerate(found):
        stop = found[i + 1][0] if i + 1 < len(found) else evidence.days
        if stop - place < LASTING_DAYS and i + 1 < len(found):
            continue  # it came back: a limit or a stop, not a loss
        if i and place - found[i - 1][0] < LASTING_DAYS and abs(jump + found[i - 1][1]) < 0.5 * abs(jump):
            continue
        end = min(int(evidence.day_start[stop - 1]) + NS_PER_DAY, int(evidence.times[-1]))
        there = int(((evidence.times >= evidence.day_start[place]) & (evidence.times <= end)).sum())
        yield Finding(
            "capacity_changed", "power", int(evidence.day_start[place]), end, there,
            "high" if abs(jump) > 0.16 and t > 6 else "medium",
            "values are kept; pass available_kw= with the capacity in service", float(min(0.5 + t / 30, 0.97)),
            f"output over {text} goes to {np.exp(jump):.0%} of before and stays for {stop - place} days",
        )  # fmt: skip


def day_worth(evidence: Evidence) -> tuple[np.ndarray, str]:
    """Return the logarithm of each day's output over its weather's worth (NaN: too little of either), and of what."""
    driver = best_driver(evidence)
    power = evidence.grid
    if driver is None:
        return _beside_clear_sky(evidence)
    worth = driver.values / np.nanquantile(driver.values, 0.99) if evidence.is_pv else by_curve(evidence, driver)[0]
    worth = worth * (evidence.top if evidence.is_pv else 1.0)
    with np.errstate(invalid="ignore"):
        use = np.isfinite(power) & (worth > 0.1 * evidence.top) & (power > 0.01 * evidence.top)
    return _log_ratio(evidence, np.where(use, power, 0.0), np.where(use, worth, 0.0), use), driver.name


def _beside_clear_sky(evidence: Evidence) -> tuple[np.ndarray, str]:
    if not evidence.is_pv or evidence.sun is None:
        return np.full(evidence.days, np.nan), ""
    clear = evidence.sun.plane.astype(np.float64).reshape(evidence.grid.shape) / 1000
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(clear > 0.25, evidence.grid / clear, np.nan)
        enough = np.isfinite(ratio).sum(axis=1) >= LEAST_HOURS * evidence.per_day / 24
        high = np.full(evidence.days, np.nan)
        high[enough] = np.nanquantile(ratio[enough], 0.9, axis=1)
        # cloudy days tell nothing of capacity: keep those near the best of the weeks around
        best = np.array([np.nanmax(high[max(d - 10, 0) : d + 1]) if np.isfinite(high[max(d - 10, 0) : d + 1]).any()
                         else np.nan for d in range(len(high))])  # fmt: skip
        after = np.array([np.nanmax(high[d : d + 11]) if np.isfinite(high[d : d + 11]).any() else np.nan
                          for d in range(len(high))])  # fmt: skip
        high[~(high > 0.85 * np.fmin(best, after))] = np.nan
        return np.log(np.maximum(high, 1e-3)), "the clear sky"


def _log_ratio(evidence: Evidence, power: np.ndarray, worth: np.ndarray, use: np.ndarray) -> np.ndarray:
    enough = use.sum(axis=1) >= LEAST_HOURS * evidence.per_day / 24
    ratio = power.sum(axis=1) / np.maximum(worth.sum(axis=1), 1e-9)
    return np.where(enough & (ratio > 0.05), np.log(np.maximum(ratio, 1e-3)), np.nan)
