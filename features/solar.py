"""Where the sun stands and what a clear sky would give, from pvlib, kept in blocks that never depend on the window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecast.site import PVSite, Site
from forecast.timegrid import NS_PER_DAY

SUN_DOWN = -0.83  # degrees: the upper edge of the sun at the horizon, refraction included
BLOCK_NS = 16 * NS_PER_DAY


@dataclass(frozen=True)
class Sun:
    """Sun and clear sky of intervals: angles [degrees] and irradiance [W/m²] at their middle, float32."""

    elevation: np.ndarray
    azimuth_sin: np.ndarray
    azimuth_cos: np.ndarray
    ghi: np.ndarray
    plane: np.ndarray  # in the modules' plane where tilt and azimuth are known, else ghi
    up: np.ndarray  # not below −0.83° over the whole interval


def sun(site: Site, first_ns: int, count: int, step_ns: int) -> Sun:
    """Return the sun for `count` intervals with labels first, first + step, …; the site must have a position.

    Computed in blocks of fixed length at fixed places, so that a value has the same bits in any window.
    """
    plane = (site.surface_tilt, site.surface_azimuth) if isinstance(site, PVSite) else (None, None)
    place = (site.latitude, site.longitude, site.altitude_m or 0.0, *plane)
    per_block = max(BLOCK_NS // step_ns, 1)
    phase = first_ns % step_ns
    start = (first_ns - phase) // step_ns
    blocks = range(start // per_block, (start + count - 1) // per_block + 1)
    parts = [_block(place, b * per_block * step_ns + phase, per_block, step_ns) for b in blocks]
    skip = start - blocks[0] * per_block
    return Sun(*(np.concatenate(column)[skip : skip + count] for column in zip(*parts, strict=True)))


@lru_cache(maxsize=16384)  # four blocks a site and forecast, 32 kB each: 4,000 plants of quarter hours
def _block(place: tuple[float | None, ...], first_ns: int, count: int, step_ns: int) -> tuple[np.ndarray, ...]:
    from pvlib import atmosphere, clearsky, irradiance, solarposition

    latitude, longitude, altitude, tilt, azimuth = place
    halves = first_ns - step_ns + np.arange(2 * count + 1) * (step_ns // 2)
    times = pd.DatetimeIndex(halves.astype("datetime64[ns]"), tz="UTC")
    position = solarposition.get_solarposition(times, latitude, longitude, altitude=altitude)
    elevation = position["elevation"].to_numpy()
    up = np.maximum(np.maximum(elevation[:-1:2], elevation[1::2]), elevation[2::2]) >= SUN_DOWN
    middle = position.iloc[1::2]
    sky = clearsky.simplified_solis(
        middle["apparent_elevation"].to_numpy(), pressure=float(atmosphere.alt2pres(altitude))
    )
    ghi = np.nan_to_num(np.maximum(sky["ghi"], 0.0))
    plane = ghi
    if tilt is not None and azimuth is not None:
        total = irradiance.get_total_irradiance(
            tilt, azimuth, middle["apparent_zenith"].to_numpy(), middle["azimuth"].to_numpy(),
            np.nan_to_num(sky["dni"]), ghi, np.nan_to_num(sky["dhi"]),
        )  # fmt: skip
        plane = np.nan_to_num(np.maximum(np.asarray(total["poa_global"]), 0.0))
    turn = np.deg2rad(middle["azimuth"].to_numpy())
    values = (elevation[1::2], np.sin(turn), np.cos(turn), ghi, plane)
    columns = (*(np.asarray(a, dtype=np.float32) for a in values), up)
    for column in columns:
        column.setflags(write=False)  # shared by all that ask again
    return columns
