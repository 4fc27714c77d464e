"""One finding, and a table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.timegrid import to_index

COLUMNS = ("what", "input", "start", "end", "n", "severity", "treatment", "sure", "detail")
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class Finding:
    """What was found in one input, from `start_ns` to `end_ns` (labels, both included), in `n` values.

    severity: "high" = forecasts will be wrong until it is mended; "medium" = values are lost or doubtful;
    "low" = good to know. sure: 0 to 1, how sure the check is that this is a fault and not the weather.
    """

    what: str
    input: str
    start_ns: int
    end_ns: int
    n: int
    severity: str
    treatment: str
    sure: float
    detail: str


def table(findings: Iterable[Finding], tz: Any) -> pd.DataFrame:
    """Return findings as a DataFrame, the gravest first; times in the zone `tz`."""
    ordered = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.sure, f.what, f.input, f.start_ns))
    return pd.DataFrame(
        {
            "what": [f.what for f in ordered],
            "input": [f.input for f in ordered],
            "start": to_index(np.array([f.start_ns for f in ordered], dtype=np.int64), tz),
            "end": to_index(np.array([f.end_ns for f in ordered], dtype=np.int64), tz),
            "n": np.array([f.n for f in ordered], dtype=np.int64),
            "severity": [f.severity for f in ordered],
            "treatment": [f.treatment for f in ordered],
            "sure": np.array([round(f.sure, 2) for f in ordered], dtype=np.float64),
            "detail": [f.detail for f in ordered],
        },
        columns=list(COLUMNS),
    )


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last place of each unbroken run of True.

    >>> runs(np.array([True, True, False, True]))
    (array([0, 3]), array([1, 3]))
    """
    edge = np.diff(np.r_[0, mask.astype(np.int8), 0])
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1


def together(starts: np.ndarray, ends: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """Return runs joined where less than `apart` lies between the end of one and the start of the next.

    >>> together(np.array([0, 5, 40]), np.array([2, 9, 41]), apart=10)
    (array([ 0, 40]), array([ 9, 41]))
    """
    if not len(starts):
        return starts, ends
    new = np.r_[True, starts[1:] - ends[:-1] >= apart]
    return starts[new], ends[np.r_[new[1:], True]]
