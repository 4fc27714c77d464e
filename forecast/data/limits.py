"""When output was limited from outside, or no capacity was in service, as far as somebody said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.timegrid import any_within

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData

IN_SERVICE = 0.01  # share of capacity in service below which a plant is out


def limited(data: SiteData, labels_ns: np.ndarray, step_ns: int) -> np.ndarray:
    """Return whether output was limited within (label − step, label], (n,) bool; the last statement goes on."""
    if data.curtailed is None:
        return np.zeros(len(labels_ns), dtype=bool)
    stated = np.isfinite(data.values("curtailed"))
    times, yes = data.times("curtailed")[stated], data.values("curtailed")[stated] > 0
    newest = np.searchsorted(times, labels_ns, side="right")
    return np.asarray(any_within(times, yes, labels_ns, step_ns) | np.r_[False, yes][newest])


def out_of_service(data: SiteData, labels_ns: np.ndarray) -> np.ndarray:
    """Return whether (almost) no capacity was in service at the labels, as `available_kw` says; the last goes on."""
    out = np.zeros(len(labels_ns), dtype=bool)
    if data.available_kw is None:
        return out
    stated = np.isfinite(data.values("available_kw"))
    times, share = data.times("available_kw")[stated], data.values("available_kw")[stated] / data.site.capacity_kw
    newest = np.searchsorted(times, labels_ns, side="right") - 1
    out[newest >= 0] = share[newest[newest >= 0]] < IN_SERVICE
    return out
