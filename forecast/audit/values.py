"""Values that cannot be: sentinels, impossible weather, power outside what the plant can give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.finding import Finding
from forecast.data import cleaning
from forecast.data.cleaning import FLAGS
from forecast.timegrid import duration_ns

NINES = (-99.0, -999.0, -9999.0, *cleaning.SENTINELS)
MUCH = 0.01
ABOVE = 1.02
OWN_USE = -0.001
LEAP_NS = duration_ns("30min")


def impossible(evidence: Evidence) -> Iterator[Finding]:
    """Weather outside what an instrument can show; sentinels by their value."""
    for (name, column), (times, values, step) in evidence.weather().items():
        flags = cleaning.weather_flags(column, times, values, step, False)
        wrong = (flags & (FLAGS["out_of_range"] | FLAGS["sentinel"])) != 0
        yield from _split(f"{name}:{column}", times, values, wrong)


def impossible_power(evidence: Evidence) -> Iterator[Finding]:
    """Power outside [−0.05, 1.3] × capacity, and sentinels; what is a wrong unit is told by another check."""
    if evidence.has_power:
        flags = evidence.data.flags.to_numpy()
        wrong = (flags & (FLAGS["out_of_range"] | FLAGS["sentinel"])) != 0
        if wrong.mean() < 0.2:
            yield from _split("power", evidence.times, evidence.raw, wrong)


def _split(name: str, times: np.ndarray, values: np.ndarray, wrong: np.ndarray) -> Iterator[Finding]:
    if not wrong.any():
        return
    nines = wrong & _written(values, values[wrong])
    for what, mask in (("sentinel", nines), ("impossible", wrong & ~nines)):
        if mask.any():
            where = np.flatnonzero(mask)
            seen, counts = np.unique(values[mask], return_counts=True)
            most = np.argsort(-counts, kind="stable")[:3]
            common = ", ".join(f"{seen[i]:g} ({counts[i]})" for i in most)
            yield Finding(
                what, name, int(times[where[0]]), int(times[where[-1]]), len(where),
                "medium" if mask.mean() > MUCH else "low", "treated as missing", 0.98 if what == "sentinel" else 0.95,
                f"{len(where)} value(s) between {seen[0]:g} and {seen[-1]:g}; most often {common}",
            )  # fmt: skip


def _written(values: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Return where a value is one that loggers write for "no value", in the unit it came in or a converted one."""
    marks = np.array([n * factor for n in NINES for factor in (1.0, 0.001, 100.0, 1000.0)])
    near = np.isclose(wrong[:, None], marks[None, :], rtol=2e-5, atol=0).any(axis=1)
    return np.isin(values, np.unique(wrong[near]))


def above_capacity(evidence: Evidence) -> Iterator[Finding]:
    """Power above the stated capacity, or a capacity that is never reached."""
    if not evidence.has_power:
        return
    good = np.isfinite(evidence.share)
    above = good & (evidence.share > ABOVE)
    if above.any():
        where = np.flatnonzero(above)
        often = above.sum() / good.sum()
        highest = float(np.nanmax(evidence.share))
        yield Finding(
            "above_capacity", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where),
            "high" if often > MUCH and evidence.top > 1.08 else "medium" if often > MUCH / 10 else "low",
            "kept up to 1.3 times capacity; forecasts never exceed capacity_kw: state what the plant can give",
            min(0.6 + 40 * often, 0.98),
            f"{often:.2%} of values above {evidence.capacity:g} kW, up to {highest:.2f} times as much",
        )  # fmt: skip
    span = evidence.times[-1] - evidence.times[0]
    reached = evidence.top
    if good.sum() > 100 and span > 60 * 86_400_000_000_000 and 0.02 < reached < 0.6:
        yield Finding(
            "capacity_unused", "power", int(evidence.times[0]), int(evidence.times[-1]), int(good.sum()), "low",
            "kept", 0.6, f"99.5 % of values stay below {reached:.0%} of the stated capacity",
        )  # fmt: skip


def own_use(evidence: Evidence) -> Iterator[Finding]:
    """Small negative power: what the plant itself uses."""
    if not evidence.has_power:
        return
    with np.errstate(invalid="ignore"):
        negative = evidence.share < 0
    own = negative & (evidence.share < OWN_USE / 10)
    if own.any():
        where = np.flatnonzero(own)
        lowest = float(evidence.raw[own].min())
        yield Finding("own_use", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where),
                      "low", "kept; forecasts stay at 0 or above", 0.9,
                      f"{own.mean():.1%} of values are negative, down to {lowest:.4g} kW")  # fmt: skip


def dropouts(evidence: Evidence) -> Iterator[Finding]:
    """A single value at rest between two well above it: telemetry that failed for one step."""
    if not evidence.has_power or len(evidence.raw) < 3:
        return
    x = evidence.raw / (evidence.capacity * max(evidence.top, 1e-3))
    with np.errstate(invalid="ignore"):
        beside = np.minimum(x[:-2], x[2:])
        alone = (np.abs(x[1:-1]) <= 0.005) & (beside > 0.15) & (np.abs(x[2:] - x[:-2]) < 0.5)
    alone &= evidence.times[2:] - evidence.times[:-2] <= 2.5 * evidence.step
    where = np.flatnonzero(alone) + 1
    if len(where):
        yield Finding("dropout", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where),
                      "medium" if len(where) > 1e-3 * len(x) else "low",
                      "kept: at its own time a fall to 0 cannot be told from a stop", 0.8,
                      f"{len(where)} single value(s) of 0 between two above 15 % of the usual top")  # fmt: skip


def leaps(evidence: Evidence) -> Iterator[Finding]:
    """A wind farm's power that changes by half of its range from one value to the next, half an hour or less apart."""
    if evidence.is_pv or not evidence.has_power or evidence.step > LEAP_NS or evidence.top <= 0.01:
        return
    x = evidence.share / evidence.top
    with np.errstate(invalid="ignore"):
        far = (np.abs(np.diff(x)) > 0.5) & (np.diff(evidence.times) <= 1.5 * evidence.step)
    where = np.flatnonzero(far) + 1
    if len(where):
        yield Finding("leap", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where), "low",
                      "kept", 0.6,
                      f"{len(where)} change(s) of more than half the range from one value to the next")  # fmt: skip


def above_clear_sky(evidence: Evidence) -> Iterator[Finding]:
    """Measured irradiance half as much again as a clear sky, or more: enhancement by clouds is short and smaller."""
    if not evidence.has_power or evidence.sun is None or not evidence.site.has_position:
        return
    for (name, column), (times, values, _) in evidence.weather().items():
        if name != "observed" or cleaning.quantity_of(column) != "ghi":
            continue
        clear = np.interp(times.astype(np.float64), evidence.first + np.arange(len(evidence.sun.ghi)) *
                          float(evidence.grid_step), evidence.sun.ghi)  # fmt: skip
        with np.errstate(invalid="ignore"):
            high = (values > 1.5 * clear + 100) & (values < cleaning.PLAUSIBLE["ghi"][1])
        if high.any():
            where = np.flatnonzero(high)
            yield Finding("above_clear_sky", f"{name}:{column}", int(times[where[0]]), int(times[where[-1]]),
                          len(where), "medium" if high.mean() > MUCH else "low", "kept", 0.7,
                          f"{len(where)} values up to {values[high].max():.0f} W/m2, "
                          "half as much again as a clear sky")  # fmt: skip
