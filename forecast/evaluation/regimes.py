"""What the weather did at a valid time, from what was measured: sky, wind-speed band, ramp; for grouping scores.

A score grouped by what *happened* shows where errors come from. It is no basis for choosing a model: a forecast that
always cries wolf wins among the wolves (the forecaster's dilemma; Lerch et al. 2017, Stat. Sci. 32, 106–127).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.data import SiteData
from forecast.evaluation.truth import interval_means
from forecast.features.solar import sun
from forecast.site import PVSite, Site
from forecast.timegrid import NS_PER_DAY, NS_PER_HOUR, grids_of, usual_step_ns

if TYPE_CHECKING:
    import xarray as xr

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
CodeArray = NDArray[np.int8]

SKIES = ("night", "low sun", "overcast", "broken", "clear")
WINDS = ("0-4 m/s", "4-8 m/s", "8-12 m/s", "over 12 m/s")
BANDS = ("0-10 %", "10-50 %", "50-90 %", "over 90 %")
REGIMES = ("unknown", *SKIES, *WINDS, *BANDS)
RAMPS = ("unknown", "calm", "ramp down", "ramp up")

OVERCAST, CLEAR = 0.4, 0.85  # clear-sky index of the hour around: below, from
LOW_SUN = 0.05  # share of capacity of the clear-sky power below which an index says nothing
DAYS, LEVEL = 15, 0.95  # clear-sky power: the 95 % quantile of the days before and after
WIND_EDGES = (4.0, 8.0, 12.0)  # m/s: about cut-in, the steep part of power curves, rated
BAND_EDGES = (0.1, 0.5, 0.9)  # shares of capacity
RAMP = 0.2  # share of capacity within an hour


def labels_of(codes: xr.DataArray) -> list[str]:
    """Return the texts that a stored variable's numbers stand for (its attribute `labels`)."""
    return str(codes.attrs["labels"]).split("|")


def coded(rows: tuple[str, ...], codes: CodeArray, labels: tuple[str, ...]) -> tuple[Any, ...]:
    """Return codes as a variable of a Dataset, its labels with it."""
    return rows, codes, {"labels": "|".join(labels)}


def regime(data: SiteData, valid_ns: IntArray, step_ns: int, actual: FloatArray, up: NDArray[np.bool_]) -> CodeArray:
    """Return the place in `REGIMES` of each interval that ends at `valid_ns`; all arrays of one shape.

    PV with the sun `up`: overcast, broken or clear by the clear-sky index of the hour around the interval (below 0.4,
    up to 0.85, above). Clear-sky power is the 95 % quantile of the 15 days before and after at that time of day, for
    a site with a position in the shape of pvlib's clear sky. Wind: by measured wind speed (4, 8, 12 m/s) where there
    is one in `observed`, else by the measured power (10, 50, 90 % of capacity).
    """
    if isinstance(data.site, PVSite):
        code = np.where(up, _sky(data, valid_ns, step_ns), REGIMES.index("night"))
    else:
        speed = _wind_speed(data, valid_ns, step_ns)
        if speed is not None:
            code = _banded(speed, WIND_EDGES, REGIMES.index(WINDS[0]))
        else:
            code = _banded(actual / data.site.capacity_kw, BAND_EDGES, REGIMES.index(BANDS[0]))
    return np.asarray(code, dtype=np.int8)


def ramp(data: SiteData, valid_ns: IntArray, step_ns: int, actual: FloatArray) -> CodeArray:
    """Return the place in `RAMPS`: whether power moved by more than 20 % of capacity in the hour (or step) before."""
    before = _means(data, valid_ns - max(step_ns, NS_PER_HOUR), step_ns, share=0.5)
    change = (actual - before) / data.site.capacity_kw
    code = np.where(change > RAMP, 3, np.where(change < -RAMP, 2, 1))
    return np.where(np.isfinite(change), code, 0).astype(np.int8)


def _banded(values: FloatArray, edges: tuple[float, ...], first: int) -> IntArray:
    place = np.searchsorted(edges, values, side="right") + first
    return np.where(np.isfinite(values), place, 0)


def _means(data: SiteData, ends_ns: IntArray, step_ns: int, share: float) -> FloatArray:
    power = data.clean.to_numpy()
    return interval_means(
        data.times("power"), power, ends_ns, step_ns=step_ns, power_step_ns=data.power_step_ns, share=share
    )


def _wind_speed(data: SiteData, valid_ns: IntArray, step_ns: int) -> FloatArray | None:
    if data.observed is None:
        return None
    names = sorted(str(name) for name in data.observed.columns if str(name).startswith("wind_speed"))
    if not names or len(data.times("observed")) < 2:
        return None
    values = data.observed[names[0]].to_numpy(dtype=np.float64)
    labels = data.times("observed")
    return interval_means(
        labels, values, valid_ns, step_ns=step_ns, power_step_ns=usual_step_ns(labels, "observed"), share=0.5
    )


def _sky(data: SiteData, valid_ns: IntArray, step_ns: int) -> IntArray:
    window = max(step_ns, NS_PER_HOUR)
    ends, back = np.unique(valid_ns + (window - step_ns) // 2, return_inverse=True)
    days = range(-DAYS, DAYS + 1)
    around = np.stack([_means(data, ends + day * NS_PER_DAY, window, share=0.5) for day in days])
    seen = np.isfinite(around).any(axis=0)
    shapes = np.stack([_shape(data.site, ends + day * NS_PER_DAY, window) for day in days])
    ratio = np.full(len(ends), np.nan)
    ratio[seen] = np.nanquantile((around / shapes)[:, seen], LEVEL, axis=0)
    clear = ratio * shapes[DAYS]
    with np.errstate(invalid="ignore", divide="ignore"):
        index = around[DAYS] / clear
        sky = np.where(index < OVERCAST, 2, np.where(index < CLEAR, 3, 4)) + REGIMES.index(SKIES[0])
        sky = np.where(clear < LOW_SUN * data.site.capacity_kw, REGIMES.index("low sun"), sky)
    return np.asarray(np.where(np.isfinite(index), sky, 0)[back].reshape(valid_ns.shape))


def _shape(site: Site, ends_ns: IntArray, window_ns: int) -> FloatArray:
    """Return the clear-sky irradiance in the modules' plane in kW/m², at least 25 W/m²; 1 without a position."""
    out = np.ones(len(ends_ns))
    if not site.has_position:
        return out
    for here, first, count, place in grids_of(ends_ns, window_ns):
        out[here] = np.maximum(sun(site, first, count, window_ns).plane[place], 25.0) / 1000
    return out
