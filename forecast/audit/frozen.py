"""Instruments that stopped: the same value for hours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.finding import Finding, runs
from forecast.data.cleaning import FROZEN_AFTER_NS, REST, STILL, quantity_of, weather_flags
from forecast.timegrid import duration_ns, step_text

LONG = 30  # equal values in a row: at steps of a minute half an hour is already long
LEAST = 4
MUCH = 0.02  # share of values in frozen runs from which it is more than an episode
LISTED = 5


def frozen(evidence: Evidence) -> Iterator[Finding]:
    """Runs of one value: three hours (power, radiation), six (wind), twelve (others); rest, night, rated apart."""
    if evidence.has_power:
        share = evidence.raw / evidence.capacity
        rest = (np.abs(share) <= REST) | (share >= 0.97 * max(evidence.top, 0.1))
        yield from _found("power", evidence.times, evidence.raw, evidence.step, FROZEN_AFTER_NS, rest)
    for (name, column), (times, values, step) in evidence.weather().items():
        quantity = quantity_of(column)
        if name == "observed" and quantity in STILL:
            after, low = STILL[quantity]
            wrong = (weather_flags(column, times, values, step, False) != 0) | (np.abs(values) <= low)
            yield from _found(f"{name}:{column}", times, values, step, duration_ns(after), wrong)


def _found(
    name: str, times: np.ndarray, values: np.ndarray, step: int, after: int, rest: np.ndarray
) -> Iterator[Finding]:
    with np.errstate(invalid="ignore"):
        begin, end = runs(np.r_[False, (values[1:] == values[:-1]) & (np.diff(times) <= 1.5 * step)] & ~rest)
    begin = np.maximum(begin - 1, 0)
    count = end - begin + 1
    long_enough = (times[end] - times[begin] >= after) & (count >= LEAST) | (count >= LONG) & (after <= FROZEN_AFTER_NS)
    begin, end, count = begin[long_enough], end[long_enough], count[long_enough]
    if not len(begin):
        return
    share = count.sum() / max(np.isfinite(values).sum(), 1)
    order = np.argsort(-count, kind="stable")
    severity = "medium" if share >= MUCH or name == "power" and count.max() * step >= 2 * after else "low"
    treatment = f"missing from {step_text(after)} on, until the value moves"
    for i in order[:LISTED]:
        yield Finding("frozen", name, int(times[begin[i]]), int(times[end[i]]), int(count[i]), severity, treatment,
                      0.9, f"{int(count[i])} times {values[begin[i]]:.6g}; {share:.2%} of values in "
                      f"{len(begin)} run(s)")  # fmt: skip
    rest_of = order[LISTED:]
    if len(rest_of):
        yield Finding("frozen", name, int(times[begin[rest_of].min()]), int(times[end[rest_of].max()]),
                      int(count[rest_of].sum()), severity, treatment, 0.85,
                      f"{len(rest_of)} more runs, the longest of {int(count[rest_of].max())}")  # fmt: skip
