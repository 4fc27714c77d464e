"""Power in another unit: a factor of a thousand, or energy per interval in the place of power."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import HOUR_NS, Evidence
from forecast.audit.finding import Finding, runs, together
from forecast.timegrid import NS_PER_DAY

HIGH_DAY = 20.0  # times the capacity: what a plant reaches on a good day after a factor of 1000
LEAST_DAYS = 1


def unit(evidence: Evidence) -> Iterator[Finding]:
    """Days on which power is about a thousand times what the plant can give, or a thousandth of it."""
    if not evidence.has_power:
        return
    day = evidence.times // NS_PER_DAY
    first = np.r_[0, np.flatnonzero(np.diff(day)) + 1]
    values = np.where(np.isfinite(evidence.raw), evidence.raw, -np.inf) / evidence.capacity
    highest = np.maximum.reduceat(values, first)
    # one high value is an outlier, a day in another unit has many
    many = np.add.reduceat(values > 0.3 * np.repeat(highest, np.diff(np.r_[first, len(values)])), first) >= 3
    large = (highest > HIGH_DAY) & (highest < 3000) & many
    last = np.r_[first[1:], len(values)] - 1
    begin, end = runs(large)
    begin, end = together(begin, end, 8)
    for b, e in zip(begin, end, strict=True):
        over = values[first[b] : last[e] + 1] > 1.3
        where = np.flatnonzero(over) + first[b]
        if len(where) >= 3:
            yield _finding(evidence, where, 1000, "W read as kW")
    usual = float(np.quantile(np.maximum(highest, 0), 0.98))
    if 2e-4 < usual < 3e-3 and len(first) >= LEAST_DAYS:
        yield _finding(evidence, np.flatnonzero(values > 0), 1e-3, "MW read as kW, or the capacity stated in W")
    yield from _energy(evidence, usual, len(first))


def _energy(evidence: Evidence, usual: float, days: int) -> Iterator[Finding]:
    hours = evidence.step / HOUR_NS
    if hours <= 0.5 and days >= 30 and 0.85 * hours < usual < 1.08 * hours:
        where = np.flatnonzero(np.isfinite(evidence.raw))
        yield Finding(
            "unit", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where), "medium",
            "nothing is converted; if these are kWh per interval, read them with unit='kWh'", 0.6,
            f"power never exceeds {usual:.3f} of capacity, {hours:.3f} would be kWh per interval",
        )  # fmt: skip


def _finding(evidence: Evidence, where: np.ndarray, factor: float, text: str) -> Finding:
    return Finding(
        "unit", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where), "high",
        "values outside [-0.05, 1.3] of capacity are missing; nothing is converted: state unit= on the way in", 0.95,
        f"power is about {factor:g} times what {evidence.capacity:g} kW can give: {text}",
    )  # fmt: skip
