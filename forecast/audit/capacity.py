"""Capacity that changed for good: the day's output over what its weather was worth jumps and stays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.breaks import breaks
from forecast.audit.evidence import Evidence
from forecast.audit.expected import Driver, best_driver, drivers
from forecast.audit.finding import Finding
from forecast.audit.levels import level_changes
from forecast.audit.sunclock import clock_jumps
from forecast.audit.worth import day_worth, share_of_best
from forecast.timegrid import NS_PER_DAY

LEAST_JUMP = 0.10  # of the logarithm
SURE = 8.0  # gained log-likelihood
ALONE_JUMP, ALONE_SURE = 0.13, 7.0  # without measured weather; standard errors
NEAR_CLOCK_DAYS = 5  # a clock that jumps changes the ratio to the clear sky too
PLAIN_JUMP = 0.3  # of the logarithm: what other weather can confirm or deny
WINDOW = 15
LASTING_DAYS = 21
BACK_DAYS = 60
HIGH_SURE = 9.0
DOUBTFUL = 0.7  # of the other's t: no match for it
REST = 0.01
LEAST_HOURS = 3


def changed(evidence: Evidence) -> Iterator[Finding]:
    """Jumps of 10 % or more of output against measured irradiance or wind (else the clear sky) that last two months."""
    if not evidence.has_power or evidence.top <= 0.01 or evidence.days < 2 * LASTING_DAYS:
        return
    found = _lasting(jumps(evidence), evidence.days)
    driver = best_driver(evidence)
    text = "the clear sky" if driver is None else driver.name
    for i, (place, jump, t) in enumerate(found):
        begin = _first_seen(evidence, place)
        stop = found[i + 1][0] if i + 1 < len(found) else evidence.days
        end = min(int(evidence.day_start[stop - 1]) + NS_PER_DAY, int(evidence.times[-1]))
        there = int(((evidence.times >= begin) & (evidence.times <= end)).sum())
        if driver is not None and _sensor(evidence, driver, place, jump):
            yield Finding(
                "sensor_changed", driver.name, begin, end, there, "medium", "kept", 0.7,
                f"power over {text} goes to {np.exp(jump):.0%} of before, but not over the other weather: the sensor",
            )  # fmt: skip
            continue
        yield Finding(
            "capacity_changed", "power", begin, end, there,
            "high" if abs(jump) > 0.16 and t > HIGH_SURE else "medium",
            "values are kept; pass available_kw= with the capacity in service", float(min(0.5 + t / 30, 0.97)),
            f"output over {text} goes to {np.exp(jump):.0%} of before and stays for {stop - place} days",
        )  # fmt: skip


def _lasting(found: list[tuple[int, float, float]], days: int) -> list[tuple[int, float, float]]:
    """Leave out pairs that take each other back within two months: a limit or a stop, not a loss.

    Of a pair of which one is far less sure, that one alone; what came too late to have lasted takes nothing back.
    """
    out: list[tuple[int, float, float]] = []
    for one in found:
        if days - one[0] < LASTING_DAYS:
            continue
        if not out or not _back(out[-1], one):
            out.append(one)
        elif out[-1][2] < DOUBTFUL * one[2]:
            out[-1] = one
        elif one[2] >= DOUBTFUL * out[-1][2]:
            out.pop()
    return out


def _back(one: tuple[int, float, float], other: tuple[int, float, float]) -> bool:
    most = max(abs(one[1]), abs(other[1]))
    return other[0] - one[0] < BACK_DAYS and abs(one[1] + other[1]) < 0.5 * most


def jumps(evidence: Evidence) -> list[tuple[int, float, float]]:
    """Return (day, jump of the logarithm, t) of output over its weather's worth; t = √(2 · gained log-likelihood)."""
    driver = best_driver(evidence)
    if driver is None:
        values = _beside_clear_sky(evidence)
        clock = [place for place, _, _ in clock_jumps(evidence)]
        alone = breaks(values, ALONE_JUMP, ALONE_SURE, WINDOW)
        return [one for one in alone if all(abs(one[0] - place) > NEAR_CLOCK_DAYS for place in clock)]
    values, size = day_worth(evidence, driver)
    found = level_changes(values, share_of_best(size), LEAST_JUMP, SURE)
    return [(_amid_unknown(evidence, values, one.place), one.jump, one.t) for one in found]


def _amid_unknown(evidence: Evidence, values: np.ndarray, place: int) -> int:
    """Return the middle of the days, calm or dull, that power was written on but tell nothing of its level."""
    written = np.isfinite(evidence.grid).any(axis=1)
    first = place
    while first > 0 and written[first - 1] and not np.isfinite(values[first - 1]):
        first -= 1
    return (first + place) // 2


def _first_seen(evidence: Evidence, place: int) -> int:
    """Return the label of a day's first output: nights tell nothing of a PV plant's level."""
    on = np.flatnonzero(evidence.grid[place] > REST * evidence.top)
    return evidence.label(place * evidence.per_day + int(on[0])) if len(on) else int(evidence.day_start[place])


def _sensor(evidence: Evidence, driver: Driver, place: int, jump: float) -> bool:
    """Whether another source of weather sees no such jump: then the sensor changed, not the plant."""
    source = driver.name.split(":")[0]
    other = next((d for d in drivers(evidence) if d.name.split(":")[0] != source and d.r > 0.5), None)
    if other is None or abs(jump) < PLAIN_JUMP:
        return False
    values, size = day_worth(evidence, other)
    values = np.where(share_of_best(size) > 0.3, values, np.nan)
    before, after = values[max(place - 40, 0) : place], values[place : place + 40]
    if min(np.isfinite(before).sum(), np.isfinite(after).sum()) < 10:
        return False
    return bool((np.nanmedian(after) - np.nanmedian(before)) / jump < 0.4)


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
