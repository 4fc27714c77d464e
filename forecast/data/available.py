"""The capacity in service as it was known at a moment."""

from __future__ import annotations

import numpy as np

from forecast.data.sitedata import SiteData


def available_kw(data: SiteData, known_ns: np.ndarray) -> np.ndarray:
    """Return the capacity in service [kW] as known at each moment, the last value carried on."""
    capacity = data.site.capacity_kw
    if data.available_kw is None or not len(data.available_kw):
        return np.full(len(known_ns), capacity)
    times = data.times("available_kw") + data.delays["available_kw"]
    values = data.available_kw.to_numpy()
    good = np.isfinite(values) & (values >= 0)
    times, values = times[good], values[good]
    place = np.searchsorted(times, known_ns, side="right") - 1
    return np.where(place >= 0, np.r_[values, capacity][place], capacity)
