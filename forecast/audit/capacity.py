"""Capacity that changed for good: the day's output over what its weather was worth jumps and stays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.breaks import breaks
from forecast.audit.evidence import Evidence
from forecast.audit.expected import Driver, best_driver, by_curve, drivers
from forecast.audit.finding import Finding
from forecast.audit.sunclock import clock_jumps
from forecast.data.cleaning import quantity_of
from forecast.timegrid import NS_PER_DAY

LEAST_JUMP = 0.13  # of the logarithm: 12 %
SURE = 5.0
ALONE_SURE = 7.0  # without measured weather
NEAR_CLOCK_DAYS = 5  # a clock that jumps changes the ratio to the clear sky too
BRIGHT, DULL = 0.5, 0.2  # of the most a day around was worth: bright days are surer, all of them more
NEAR = 6  # days about a jump among which its own is sought
PLAIN_JUMP = 0.3  # of the logarithm: what other weather can confirm or deny
WINDOW = 15
LASTING_DAYS = 21
BACK_DAYS = 60
HIGH_SURE = 9.0
LEAST_HOURS = 3


def changed(evidence: Evidence) -> Iterator[Finding]:
    """Jumps of 12 % or more of output against measured irradiance or wind (else the clear sky) that last two months."""
    if not evidence.has_power or evidence.top <= 0.01 or evidence.days < 2 * LASTING_DAYS:
        return
    found = _lasting(jumps(evidence), evidence.days)
    driver = best_driver(evidence)
    text = "the clear sky" if driver is None else driver.name
    for i, (place, jump, t) in enumerate(found):
        stop = found[i + 1][0] if i + 1 < len(found) else evidence.days
        end = min(int(evidence.day_start[stop - 1]) + NS_PER_DAY, int(evidence.times[-1]))
        there = int(((evidence.times >= evidence.day_start[place]) & (evidence.times <= end)).sum())
        if driver is not None and _sensor(evidence, driver, place, jump):
            yield Finding(
                "sensor_changed", driver.name, int(evidence.day_start[place]), end, there, "medium", "kept", 0.7,
                f"power over {text} goes to {np.exp(jump):.0%} of before, but not over the other weather: the sensor",
            )  # fmt: skip
            continue
        yield Finding(
            "capacity_changed", "power", int(evidence.day_start[place]), end, there,
            "high" if abs(jump) > 0.16 and t > HIGH_SURE else "medium",
            "values are kept; pass available_kw= with the capacity in service", float(min(0.5 + t / 30, 0.97)),
            f"output over {text} goes to {np.exp(jump):.0%} of before and stays for {stop - place} days",
        )  # fmt: skip


def _lasting(found: list[tuple[int, float, float]], days: int) -> list[tuple[int, float, float]]:
    """Leave out pairs that take each other back within two months: a limit or a stop, not a loss."""
    out: list[tuple[int, float, float]] = []
    for place, jump, t in found:
        if out and place - out[-1][0] < BACK_DAYS and abs(jump + out[-1][1]) < 0.5 * max(abs(jump), abs(out[-1][1])):
            out.pop()
        else:
            out.append((place, jump, t))
    return [(place, jump, t) for place, jump, t in out if days - place >= LASTING_DAYS]


def jumps(evidence: Evidence) -> list[tuple[int, float, float]]:
    """Return (day, jump of the logarithm, t) of output over worth: found on bright (windy) days, placed on all days."""
    driver = best_driver(evidence)
    if driver is None:
        values = _beside_clear_sky(evidence)
        clock = [place for place, _, _ in clock_jumps(evidence)]
        alone = breaks(values, LEAST_JUMP, ALONE_SURE, WINDOW)
        return [one for one in alone if all(abs(one[0] - place) > NEAR_CLOCK_DAYS for place in clock)]
    values, size = day_worth(evidence, driver)
    found: list[tuple[int, float, float]] = []
    for share in (BRIGHT, DULL):
        used = np.where(size >= share * _highest_around(size), values, np.nan)
        found += breaks(used, LEAST_JUMP, SURE, WINDOW)
    best: list[tuple[int, float, float]] = []
    for one in sorted(found, key=lambda one: -one[2]):
        if all(abs(one[0] - other[0]) > WINDOW for other in best):
            best.append(one)
    return sorted((_placed(values, size, place, jump), jump, t) for place, jump, t in best)


def day_worth(evidence: Evidence, driver: Driver) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of each day's output over its weather's worth (NaN: too little of either), and the worth."""
    power = evidence.grid
    worth = _in_plane(evidence, driver) if evidence.is_pv else by_curve(evidence, driver)[0]
    with np.errstate(invalid="ignore"):
        use = np.isfinite(power) & (worth > 0.1 * evidence.top) & (power > 0.01 * evidence.top)
    power, worth = np.where(use, power, 0.0), np.where(use, worth, 0.0)
    enough = use.sum(axis=1) >= LEAST_HOURS * evidence.per_day / 24
    ratio = power.sum(axis=1) / np.maximum(worth.sum(axis=1), 1e-9)
    values = np.where(enough & (ratio > 0.05), np.log(np.maximum(ratio, 1e-3)), np.nan)
    return values, worth.sum(axis=1)


def _highest_around(size: np.ndarray) -> np.ndarray:
    from scipy.ndimage import maximum_filter1d

    return np.asarray(maximum_filter1d(np.nan_to_num(size), 2 * WINDOW + 1, mode="nearest"))


def _placed(values: np.ndarray, size: np.ndarray, place: int, jump: float) -> int:
    """Return the first day of the new level, each day near by counted by what its weather was worth."""
    low, high = max(place - WINDOW, 0), min(place + WINDOW, len(values))
    weight = np.where(np.isfinite(values), size, 0.0)
    before = _weighted_median(values[low:place], weight[low:place])
    after = _weighted_median(values[place:high], weight[place:high])
    near = slice(max(place - NEAR, low), min(place + NEAR, high))
    cost = weight[near] * (np.abs(np.nan_to_num(values[near]) - before) - np.abs(np.nan_to_num(values[near]) - after))
    running = np.r_[0.0, np.cumsum(cost)]
    return near.start + int(np.flatnonzero(running <= running.min() + 1e-12)[-1])


def _weighted_median(values: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(running, running[-1] / 2)])


def _sensor(evidence: Evidence, driver: Driver, place: int, jump: float) -> bool:
    """Whether another source of weather sees no such jump: then the sensor changed, not the plant."""
    source = driver.name.split(":")[0]
    other = next((d for d in drivers(evidence) if d.name.split(":")[0] != source and d.r > 0.5), None)
    if other is None or abs(jump) < PLAIN_JUMP:
        return False
    values, size = day_worth(evidence, other)
    values = np.where(size > 0.3 * _highest_around(size), values, np.nan)
    before, after = values[max(place - 40, 0) : place], values[place : place + 40]
    if min(np.isfinite(before).sum(), np.isfinite(after).sum()) < 10:
        return False
    return bool((np.nanmedian(after) - np.nanmedian(before)) / jump < 0.4)


def _in_plane(evidence: Evidence, driver: Driver) -> np.ndarray:
    """Return irradiance on the modules as a share of the usual top.

    Horizontal irradiance under a clear sky is worth what a clear sky gives in the plane, under an overcast one what it
    is itself, between the two the mean by clearness (0.3 overcast, 0.8 clear).
    """
    x = driver.values
    if evidence.sun is not None and quantity_of(driver.name.split(":", 1)[1]) == "ghi":
        flat = evidence.sun.ghi.astype(np.float64).reshape(x.shape)
        plane = evidence.sun.plane.astype(np.float64).reshape(x.shape)
        with np.errstate(invalid="ignore", divide="ignore"):
            clear = np.where(flat > 50, x / flat, np.nan)
            share = np.clip((clear - 0.3) / 0.5, 0.0, 1.0)
            x = share * np.minimum(clear, 1.2) * plane + (1 - share) * x
    return np.asarray(x / np.nanquantile(x, 0.99) * evidence.top)


def _beside_clear_sky(evidence: Evidence) -> np.ndarray:
    if not evidence.is_pv or evidence.sun is None:
        return np.full(evidence.days, np.nan)
    clear = evidence.sun.plane.astype(np.float64).reshape(evidence.grid.shape) / 1000
    ratio = np.where(clear > 0.25, evidence.grid / np.maximum(clear, 0.25), np.nan)
    enough = np.isfinite(ratio).sum(axis=1) >= LEAST_HOURS * evidence.per_day / 24
    high = np.full(evidence.days, np.nan)
    if enough.any():
        high[enough] = np.nanquantile(ratio[enough], 0.9, axis=1)
    # cloudy days tell nothing of capacity: keep those near the best of the days before or after
    before = np.array([np.nan_to_num(high[max(d - 10, 0) : d + 1]).max() for d in range(len(high))])
    after = np.array([np.nan_to_num(high[d : d + 11]).max() for d in range(len(high))])
    with np.errstate(invalid="ignore"):
        return np.where(high > 0.85 * np.minimum(before, after), np.log(np.maximum(high, 1e-3)), np.nan)
