"""Counts of what came in and what went out, as plain dicts that stay small."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.cleaning import FLAGS
from forecast.monitor.losses import IntArray
from forecast.timegrid import NS_PER_DAY

POWER = ("received", "missing", "out_of_range", "late", "corrected", "repeated", "ahead")
MOST_REASONS = 50  # different texts; what comes after is counted as "other"


def new_counters() -> dict[str, Any]:
    """Return counters at zero: forecasts, their levels and reasons, and measured values by what they were."""
    return {"forecasts": 0, "replaced": 0, "levels": {}, "reasons": {}, "power": dict.fromkeys(POWER, 0)}


def count_forecast(counters: dict[str, Any], frame: pd.DataFrame, again: bool) -> None:
    """Count a forecast: by its highest level, and by each reason in it, numbers left out of the text."""
    counters["forecasts"] += 1
    counters["replaced"] += int(again)
    if "level" in frame:
        _add(counters["levels"], str(int(frame["level"].max())))
    for reason in pd.unique(frame["reason"]).tolist() if "reason" in frame else []:
        if text := re.sub(r"\d+([.:]\d+)*", "#", str(reason)).strip():
            reasons = counters["reasons"]
            _add(reasons, text if text in reasons or len(reasons) < MOST_REASONS else "other")


def count_power(counters: dict[str, Any], found: Mapping[str, int]) -> None:
    """Add what `Recorded.add_power` found."""
    for name, number in found.items():
        counters["power"][name] += number


def last_day(
    labels_ns: IntArray, flags: NDArray[np.uint8], limited: NDArray[np.bool_], until_ns: int, step_ns: int
) -> dict[str, int]:
    """Return the values of the 24 hours up to `until_ns`: expected, used, and why the others are not.

    A value with several flags counts once for each; `limited` ones are real, but nothing to score a forecast with.
    """
    here = (labels_ns > until_ns - NS_PER_DAY) & (labels_ns <= until_ns)
    flags, limited = flags[here], limited[here]
    expected = NS_PER_DAY // step_ns
    out = {"expected": int(expected), "used": int(np.count_nonzero((flags == 0) & ~limited))}
    out |= {name: int(np.count_nonzero(flags & bit)) for name, bit in FLAGS.items()}
    out["missing"] += max(int(expected) - len(flags), 0)
    return out | {"limited": int(np.count_nonzero(limited))}


def _add(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
