"""Point forecasts made for a purpose: the mean, the median, or what a grid rule punishes least."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.design import Design

#: levels at which a rule's point asks for the distribution; the caller's own are added
FINE_LEVELS = (0.01, 0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975, 0.99)


def levels_needed(objective: str, levels: tuple[float, ...]) -> np.ndarray:
    """Return the levels, rising, at which quantiles are needed for an objective."""
    if objective == "mean":
        return np.array(levels)
    return np.array(sorted({*levels, *((0.5,) if objective == "median" else FINE_LEVELS)}))


def point_for(
    objective: str, data: SiteData, design: Design, quantiles: np.ndarray, levels: np.ndarray, step_ns: int
) -> np.ndarray:
    """Return the point (n, L) for an objective other than the mean, out of quantiles (n, L, Q), in their unit.

    A rule sees shares of the capacity in service; each lead is made for the part of the rule that assesses it.
    """
    ordered = np.sort(quantiles, axis=-1)
    if objective == "median":
        return np.asarray(ordered[..., int(np.searchsorted(levels, 0.5))])
    # late: rules take their time to import, and most forecasts are not made for one
    from forecast.rules import get
    from forecast.rules.point import best_shares, hours_of_day, usual_part

    rule, kind = get(objective), data.site.kind
    scale = design.scale[:, None].astype(np.float64)
    shares = np.clip(ordered * scale[..., None], 0.0, 1.0)
    ahead = design.leads * step_ns
    hour = hours_of_day(design.issue_ns[:, None] + ahead[None, :], step_ns, _zone(data))
    out = np.empty(shares.shape[:2])
    parts = [usual_part(rule, kind, int(one)) for one in ahead]
    for name in dict.fromkeys(part.name for part in parts):
        some = np.array([part.name == name for part in parts])
        part = next(part for part in parts if part.name == name)
        out[:, some] = best_shares(shares[:, some], levels, rule, part, hour[:, some], data.site.capacity_kw)
    return np.divide(out, scale, out=np.zeros_like(out), where=scale > 0)


def _zone(data: SiteData) -> Any:
    return data.site.timezone or data.timezone
