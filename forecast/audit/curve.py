"""A power curve drawn from the data, and what lies far from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.expected import best_driver, by_curve
from forecast.audit.finding import Finding

FAR = 0.2  # share of the usual top
SPREADS = 6.0
LEAST_R = 0.8


def outliers(evidence: Evidence) -> Iterator[Finding]:
    """Power more than a fifth of the usual top, and six usual deviations, off the median at its measured wind speed."""
    if evidence.is_pv or not evidence.has_power:
        return
    driver = best_driver(evidence)
    if driver is None or not driver.name.startswith("observed:") or driver.r < LEAST_R:
        return
    level, spread = by_curve(evidence.grid, driver)
    with np.errstate(invalid="ignore"):
        off = evidence.grid - level
        far = np.abs(off) > np.maximum(FAR * evidence.top, SPREADS * spread)
    if not far.any():
        return
    where = np.flatnonzero(far.ravel())
    share = far.sum() / max(np.isfinite(off).sum(), 1)
    under = float((off[far] < 0).mean())
    yield Finding(
        "curve_outlier", "power", evidence.label(where[0]), evidence.label(where[-1]), len(where),
        "medium" if share > 0.02 else "low", "kept", 0.7,
        f"{share:.2%} of intervals lie far from the power curve over {driver.name}, {under:.0%} of them below it",
    )  # fmt: skip
