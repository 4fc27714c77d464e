"""Values that pile up at their own maximum: an inverter's limit, a sensor's end of scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import Evidence
from forecast.audit.finding import Finding
from forecast.audit.weather import IRRADIANCE
from forecast.data.cleaning import PLAUSIBLE, quantity_of

LEAST = 20
ROUND, FINE = 100.0, 500
CROWD = 4.0  # times as many values per width at the top as below it


def clipping(evidence: Evidence) -> Iterator[Finding]:
    """PV power within 1 % of its maximum, or irradiance and wind speed at exactly it, far too often."""
    if evidence.has_power and evidence.is_pv:
        yield from _power(evidence)
    for (name, column), (times, values, _) in evidence.weather().items():
        quantity = quantity_of(column)
        if quantity not in (*IRRADIANCE, "wind_speed"):
            continue
        low, high = PLAUSIBLE[quantity]
        good = np.isfinite(values) & (values >= low) & (values <= high)
        if good.sum() < 100:
            continue
        top = float(values[good].max())
        at = good & (values == top)
        below = int((good & (values < top) & (values >= 0.98 * top)).sum())
        often = at.sum() >= LEAST and at.sum() > 0.5 * below
        # a fine scale that ends at a round number, reached more than once
        ends = at.sum() >= 3 and top % ROUND == 0 and len(np.unique(values[good])) > FINE
        if (often or quantity != "wind_speed" and ends) and top > 3 * np.median(values[good]):
            where = np.flatnonzero(at)
            yield Finding("clipping", f"{name}:{column}", int(times[where[0]]), int(times[where[-1]]), len(where),
                          "low", "kept", 0.85 if often else 0.5,
                          f"{len(where)} values at exactly {top:g}, the end of its scale")  # fmt: skip


def _power(evidence: Evidence) -> Iterator[Finding]:
    share = evidence.share
    good = np.isfinite(share) & (share > 0.05 * evidence.top)
    if good.sum() < 500:
        return
    top = float(np.quantile(share[good], 0.9995))
    at = good & (share >= 0.99 * top) & (share <= 1.01 * top)
    below = good & (share < 0.985 * top) & (share >= 0.945 * top)
    crowd = at.sum() / max(below.sum() / 4, 1)
    if at.sum() >= LEAST and at.sum() >= 0.004 * good.sum() and crowd >= CROWD:
        where = np.flatnonzero(at)
        yield Finding(
            "clipping", "power", int(evidence.times[where[0]]), int(evidence.times[where[-1]]), len(where), "low",
            "kept: the limit is the plant's own", float(min(0.5 + crowd / 40, 0.95)),
            f"{len(where)} values within 1 % of {top * evidence.capacity:.4g} kW, {crowd:.0f} times as dense as below",
        )  # fmt: skip
