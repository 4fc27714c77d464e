"""When the sun is up, for scoring by daylight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.data import SiteData
from forecast.evaluation.truth import interval_means
from forecast.features.solar import sun
from forecast.site import PVSite, Site
from forecast.timegrid import NS_PER_DAY, grids_of

IntArray = NDArray[np.int64]
DAYS = 7
DARK = 2e-3  # share of capacity: what a plant's meter shows at night stays below


def sun_is_up(data: SiteData, valid_ns: IntArray, step_ns: int) -> NDArray[np.bool_]:
    """Return whether the sun is up in the intervals of length `step_ns` that end at `valid_ns` (any shape).

    Up where its elevation reaches −0.83° within the interval. For a PV site without a position: where the
    plant produced at that time of day on any of the 7 days before and after, or nothing is known about them
    (scoring may look both ways, forecasts may not). A wind site without a position counts as in daylight
    always.
    """
    if data.site.has_position:
        return _by_position(data.site, valid_ns, step_ns)
    if isinstance(data.site, PVSite) and data.power is not None:
        return _by_production(data, valid_ns, step_ns)
    return np.ones(valid_ns.shape, dtype=bool)


def _by_position(site: Site, valid_ns: IntArray, step_ns: int) -> NDArray[np.bool_]:
    up = np.zeros(valid_ns.shape, dtype=bool)
    for here, first, count, place in grids_of(valid_ns, step_ns):
        up[here] = sun(site, first, count, step_ns).up[place]
    return up


def _by_production(data: SiteData, valid_ns: IntArray, step_ns: int) -> NDArray[np.bool_]:
    highest = np.full(valid_ns.shape, -np.inf)
    labels, power = data.times("power"), data.clean.to_numpy()
    for day in range(-DAYS, DAYS + 1):
        means = interval_means(
            labels,
            power,
            valid_ns + day * NS_PER_DAY,
            step_ns=step_ns,
            power_step_ns=data.power_step_ns,
            share=0.0,
        )
        highest = np.fmax(highest, means)
    return np.asarray((highest > DARK * data.site.capacity_kw) | np.isneginf(highest))
