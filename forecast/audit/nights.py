"""Output of a PV plant while the sun is down."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.finding import Finding
from forecast.data.cleaning import HIGH, LOW

DEEP = -3.0  # degrees: no light worth a kilowatt
LOUD = 0.01  # share of what the plant reaches
MUCH = 0.005  # share of the energy


def night_power(evidence: Evidence) -> Iterator[Finding]:
    """Power above 1 % of the usual top with the sun more than 3 degrees down (without a position: by the usual day)."""
    if not evidence.is_pv or not evidence.has_power or evidence.top <= 0.01:
        return
    night = _night(evidence)
    if night is None:
        return
    # frozen values too: a value that stood still over a night is the plainest case
    share = evidence.raw / evidence.capacity
    with np.errstate(invalid="ignore"):
        share = np.where((share >= LOW) & (share <= HIGH), share, np.nan)
    grid = np.nan_to_num(evidence.on_grid(evidence.times, share, evidence.step))
    loud = night & (grid > LOUD * evidence.top)
    if not loud.any():
        return
    energy = float(grid[loud].sum() / max(grid[grid > 0].sum(), 1e-12))
    where = np.flatnonzero(loud.ravel())
    nights = len(np.unique(np.nonzero(loud)[0]))
    sure = 0.9 if evidence.site.has_position else 0.6
    yield Finding(
        "night_power", "power", evidence.label(where[0]), evidence.label(where[-1]), len(where),
        "high" if energy > 0.05 else "medium" if energy > MUCH else "low",
        "kept in data.clean; forecasts are 0 when the sun is down", sure,
        f"{energy:.2%} of the energy with the sun more than 3 degrees down, on {nights} day(s)",
    )  # fmt: skip


def _night(evidence: Evidence) -> np.ndarray | None:
    if evidence.site.has_position and evidence.sun is not None:
        return np.asarray((evidence.sun.elevation < DEEP).reshape(evidence.days, evidence.per_day))
    if evidence.days < 20:
        return None
    # where, over the 30 days around, nine days of ten show nothing at this time of day
    grid = np.nan_to_num(evidence.grid)
    out = np.zeros(grid.shape, dtype=bool)
    for row in range(0, evidence.days, 5):
        around = grid[max(row - 15, 0) : row + 20]
        out[row : row + 5] = np.quantile(around, 0.9, axis=0) <= 0.002 * evidence.top
    # an hour beside the day may be the season's
    for _ in range(max(3_600_000_000_000 // evidence.grid_step, 1)):
        inner = out.copy()
        inner[:, 1:] &= out[:, :-1]
        inner[:, :-1] &= out[:, 1:]
        out = inner
    return out
