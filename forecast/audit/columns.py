"""Columns that tell nothing, tell something else than their name, or tell it coarsely."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast.audit.evidence import Evidence
from forecast.audit.expected import drivers
from forecast.audit.finding import Finding
from forecast.data import cleaning
from forecast.data.cleaning import quantity_of
from forecast.timegrid import NS_PER_DAY

CONSTANT = 0.99
STILL_AIR = 3.0  # m/s that a living anemometer exceeds in one hour of a hundred
WEAK = {"wind_speed": 0.55, "ghi": 0.6, "poa_global": 0.6}
COARSE = 0.5  # m/s


def dead(evidence: Evidence) -> Iterator[Finding]:
    """Columns that are empty, nearly always one value, nearly always impossible, or an anemometer without wind."""
    columns = {("power", "power"): (evidence.times, evidence.raw, evidence.step)} if evidence.has_power else {}
    for (name, column), (times, values, step) in {**columns, **evidence.weather()}.items():
        if len(times) < 100:
            continue
        flags = cleaning.weather_flags(column, times, values, step, False) if name != "power" else np.zeros(len(times))
        good = values[np.isfinite(values) & (flags == 0)]
        text = _why_dead(column, good, np.isfinite(values).sum())
        if text:
            called = "power" if name == "power" else f"{name}:{column}"
            yield Finding("dead_column", called, int(times[0]), int(times[-1]), len(times),
                          "high" if name == "power" else "medium",
                          "kept as far as values are possible; leave the column out", 0.9, text)  # fmt: skip


def _why_dead(column: str, good: np.ndarray, present: int) -> str:
    if not present:
        return "the column is empty"
    if len(good) < 0.5 * present:
        return f"{1 - len(good) / present:.0%} of its values are impossible"
    seen, counts = np.unique(good, return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] >= CONSTANT * len(good):
        return f"{counts[most] / len(good):.1%} of its values are {seen[most]:g}"
    if quantity_of(column) == "wind_speed" and np.quantile(good, 0.99) < STILL_AIR:
        return f"99 % of its values are below {np.quantile(good, 0.99):.2g} m/s"
    return ""


def swapped(evidence: Evidence) -> Iterator[Finding]:
    """Columns of which another one behaves as the name says: irradiances by how well power follows, wind likewise."""
    if not evidence.has_power:
        return
    found = {d.name: d for d in drivers(evidence) if d.name.startswith("observed:")}
    if evidence.is_pv:
        whole = [d for name, d in found.items() if quantity_of(_column(name)) in ("ghi", "poa_global")]
        beam = [d for name, d in found.items() if quantity_of(_column(name)) == "dni"]
        for d in whole:
            other = max((b for b in (*beam, *whole) if b is not d), key=lambda b: b.r, default=None)
            if other is not None and other.r - d.r > 0.15 and d.r < 0.8:
                yield Finding(
                    "swapped_columns", d.name, int(evidence.times[0]), int(evidence.times[-1]), len(evidence.times),
                    "medium", "kept under its name; check the columns' names", min(0.5 + (other.r - d.r), 0.95),
                    f"power follows {other.name} (r {other.r:.2f}) far better than {d.name} (r {d.r:.2f})",
                )  # fmt: skip
        return
    for (name, column), (times, values, _) in evidence.weather().items():
        if quantity_of(column) == "wind_direction" and np.isfinite(values).sum() > 500:
            high = float(np.nanquantile(values, 0.999))
            if 5 < high < 45 and np.nanmin(values) >= 0:
                yield Finding("swapped_columns", f"{name}:{column}", int(times[0]), int(times[-1]), len(times),
                              "medium", "kept under its name; check the columns' names", 0.7,
                              f"a direction that stays between 0 and {high:.0f}: this looks like a speed")  # fmt: skip


def coarse(evidence: Evidence) -> Iterator[Finding]:
    """Wind speed in steps of half a metre per second or more."""
    for (name, column), (times, values, _) in evidence.weather().items():
        if quantity_of(column) != "wind_speed":
            continue
        seen = np.unique(values[np.isfinite(values)])
        if len(seen) > 3 and len(times) > 500 and np.median(np.diff(seen)) >= COARSE:
            yield Finding("coarse", f"{name}:{column}", int(times[0]), int(times[-1]), len(times), "low", "kept", 0.8,
                          f"only {len(seen)} different values, {np.median(np.diff(seen)):g} apart")  # fmt: skip


def unrelated(evidence: Evidence) -> Iterator[Finding]:
    """Measured irradiance or wind that power does not follow, and in which months."""
    if not evidence.has_power or evidence.days < 20:
        return
    for d in drivers(evidence):
        least = WEAK.get(quantity_of(_column(d.name)) or "")
        if least is None or not d.name.startswith("observed:"):
            continue
        months = _by_month(evidence, d.values)
        weak = {month: r for month, r in months.items() if r < least}
        if len(months) and len(weak) >= max(0.25 * len(months), 1) and d.r < least + 0.2:
            worst = ", ".join(f"{month} {r:.2f}" for month, r in sorted(weak.items(), key=lambda x: x[1])[:4])
            yield Finding(
                "unrelated", d.name, int(evidence.times[0]), int(evidence.times[-1]), len(evidence.times),
                "medium" if d.r < least else "low", "kept; a sensor of another place, or one that lies", 0.7,
                f"r with power {d.r:.2f}; in {len(weak)} of {len(months)} months below {least:g} (lowest: {worst})",
            )  # fmt: skip


def _by_month(evidence: Evidence, values: np.ndarray) -> dict[str, float]:
    days = pd.DatetimeIndex((evidence.day_start + NS_PER_DAY // 2).astype("datetime64[ns]")).strftime("%Y-%m")
    out = {}
    up = np.ones(values.shape, dtype=bool)
    if evidence.sun is not None:
        up = evidence.sun.ghi.reshape(values.shape) > 20
    for month in np.unique(days):
        rows = np.asarray(days == month)
        both = np.isfinite(values[rows]) & np.isfinite(evidence.grid[rows]) & up[rows]
        x, y = values[rows][both], evidence.grid[rows][both]
        if len(x) > 200 and y.std() > 0:
            out[str(month)] = float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 else 0.0
    return out


def _column(name: str) -> str:
    return name.split(":", 1)[1]
