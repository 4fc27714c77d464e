"""What the checks look at: power and weather on one regular grid of whole days, and the sun over it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.blocks import block_means
from forecast.features import solar
from forecast.site import PVSite
from forecast.timegrid import NS_PER_DAY, duration_ns

QUARTER_NS = duration_ns("15min")
HOUR_NS = duration_ns("1h")
MINUTE_NS = duration_ns("1min")
LEAST_DAYS = 10  # of a record, for what must be seen against the usual
GUESSED_LATITUDE = 35.0  # where no position is stated: day lengths come out wrong, noons right


class Evidence:
    """A site's record in the forms that the checks share.

    The grid has one row a day and one column an interval, of 15 min or the power's own step where that is longer;
    for PV a day begins at the site's own midnight by the sun, so that noon is in the middle.
    """

    def __init__(self, data: SiteData) -> None:
        self.data, self.site = data, data.site
        self.is_pv = isinstance(data.site, PVSite)
        self.capacity = data.site.capacity_kw
        self.has_power = data.power is not None and len(data.power) > 1
        if not self.has_power:
            return
        self.times = data.times("power")
        self.raw = data.values("power")
        self.step = data.power_step_ns
        self.grid_step = _grid_step(self.step)
        self.per_day = NS_PER_DAY // self.grid_step

    @cached_property
    def share(self) -> np.ndarray:
        """Power as a share of capacity, missing where it is flagged."""
        return np.asarray(np.where(self.data.flags.to_numpy() == 0, self.raw, np.nan) / self.capacity)

    @cached_property
    def top(self) -> float:
        """What the plant reaches: the 99.5 % quantile of the share of capacity; 0 where there is no power."""
        good = self.share[np.isfinite(self.share)]
        return float(np.quantile(good, 0.995)) if len(good) else 0.0

    @cached_property
    def first(self) -> int:
        """The label of the grid's first interval [ns]."""
        return (int(self.times[0]) + self._offset) // NS_PER_DAY * NS_PER_DAY - self._offset + self.grid_step

    @cached_property
    def days(self) -> int:
        """How many days the grid has."""
        return int((self.times[-1] - self.first) // NS_PER_DAY) + 1

    @cached_property
    def grid(self) -> np.ndarray:
        """Mean power (share of capacity), (days, intervals)."""
        return self.on_grid(self.times, self.share, self.step)

    @cached_property
    def day_start(self) -> np.ndarray:
        """The label of each day's first interval [ns]."""
        return self.first + np.arange(self.days, dtype=np.int64) * NS_PER_DAY

    def label(self, place: int) -> int:
        """Return the label of a place of the flattened grid [ns]."""
        return self.first + int(place) * self.grid_step

    def on_grid(self, times: np.ndarray, values: np.ndarray, step: int) -> np.ndarray:
        """Return means over the grid's intervals (days, intervals); coarser values are held linear in between."""
        count = self.days * self.per_day
        if step > self.grid_step:
            good = np.isfinite(values)
            middle = self.first + np.arange(count) * self.grid_step - self.grid_step // 2
            if good.sum() < 2:
                return np.full((self.days, self.per_day), np.nan)
            known = times[good] - step // 2
            out = np.interp(middle.astype(np.float64), known.astype(np.float64), values[good])
            after = np.searchsorted(known, middle)
            far = np.abs(known[np.clip(after, 0, len(known) - 1)] - middle) > step
            far &= np.abs(known[np.clip(after - 1, 0, len(known) - 1)] - middle) > step
            out[far] = np.nan
            return np.asarray(out.reshape(self.days, self.per_day))
        whole = max(self.grid_step // step, 1)
        means = block_means(times, values[:, None], self.first, self.grid_step, count, whole)
        return np.asarray(means[:, 0].astype(np.float64).reshape(self.days, self.per_day))

    @cached_property
    def longitude(self) -> float | None:
        """Degrees east: the site's, else that of the power's own noon; None for wind without a position."""
        if self.site.longitude is not None:
            return self.site.longitude
        return _longitude_of_noon(self.times, self.share) if self.is_pv else None

    @cached_property
    def _offset(self) -> int:
        if self.longitude is not None:
            hours = (self.longitude + 180) % 360 - 180
            return round(hours / 15 * HOUR_NS / self.grid_step) * self.grid_step
        moment = pd.Timestamp(int(self.times[0]), tz="UTC").tz_convert(self.data.timezone)
        shift = moment.utcoffset()
        return 0 if shift is None else int(pd.Timedelta(shift).as_unit("ns").value) // self.grid_step * self.grid_step

    @cached_property
    def sun(self) -> solar.Sun | None:
        """The sun over the flattened grid; at a guessed place where a PV site has no position."""
        if not self.is_pv or self.longitude is None:
            return None
        site = self.site
        assert isinstance(site, PVSite)
        latitude = GUESSED_LATITUDE if site.latitude is None else site.latitude
        tilt, azimuth = site.surface_tilt, site.surface_azimuth
        if tilt is None or azimuth is None:  # a usual plant: towards the equator, flat in the tropics
            tilt, azimuth = 0.75 * abs(latitude), 180.0 if latitude >= 0 else 0.0
        site = PVSite("audit", self.capacity, latitude=latitude, longitude=self.longitude, altitude_m=site.altitude_m,
                      surface_tilt=tilt, surface_azimuth=azimuth)  # fmt: skip
        return solar.sun(site, self.first, self.days * self.per_day, self.grid_step)

    def weather(self) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray, int]]:
        """Return labels, raw values and step of each measured or forecast column, by (input, column)."""
        from forecast.audit.weather import columns_of

        return columns_of(self.data)


def _grid_step(step: int) -> int:
    for coarse in (QUARTER_NS, 2 * QUARTER_NS, HOUR_NS):
        if coarse >= step and coarse % step == 0:
            return coarse
    # steps that fit no clock: nearest divisor of the day
    return step if NS_PER_DAY % step == 0 else HOUR_NS


def _longitude_of_noon(times: np.ndarray, share: np.ndarray) -> float | None:
    weight = np.where(np.isfinite(share) & (share > 0), share, 0.0)
    if weight.sum() <= 0:
        return None
    angle = 2 * np.pi * (times % NS_PER_DAY) / NS_PER_DAY
    noon = np.arctan2((weight * np.sin(angle)).sum(), (weight * np.cos(angle)).sum()) / (2 * np.pi) * 24
    return float((12 - noon) * 15)
