"""How clear-sky irradiance runs in time: its integrals between any two moments, on cells at fixed places in time.

Clear sky is pvlib's simplified Solis model, constant in cells of five minutes counted from 1970, and kept in blocks of
four days: the same moments give the same bits whatever else is asked.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from forecast.site import Site
from forecast.timegrid import NS_PER_DAY

CELL_NS = 300_000_000_000
BLOCK_NS = 4 * NS_PER_DAY
_CELLS = BLOCK_NS // CELL_NS
_CELL_S = CELL_NS / 1e9
Place = tuple[float, float, float]


def place_of(site: Site | None) -> Place | None:
    """Return latitude, longitude and altitude, or None where they are not known."""
    if site is None or site.latitude is None or site.longitude is None:
        return None
    return site.latitude, site.longitude, site.altitude_m or 0.0


def clear_sky(place: Place, times_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return clear-sky global and direct normal irradiance [W/m²] at moments [ns UTC], 0 where the sun is down."""
    from pvlib import atmosphere, clearsky, solarposition

    latitude, longitude, altitude = place
    pressure = float(atmosphere.alt2pres(altitude))
    times = pd.DatetimeIndex(times_ns.astype("datetime64[ns]"), tz="UTC")
    position = solarposition.get_solarposition(times, latitude, longitude, altitude=altitude)
    elevation = position["apparent_elevation"].to_numpy()
    sky = clearsky.simplified_solis(elevation, pressure=pressure)
    ghi, dni = (np.nan_to_num(np.maximum(sky[name], 0.0)) for name in ("ghi", "dni"))
    return ghi, np.where(ghi > 0, dni, 0.0)


@lru_cache(maxsize=4096)
def _block(place: Place, number: int) -> tuple[np.ndarray, np.ndarray]:
    middles = number * BLOCK_NS + CELL_NS // 2 + CELL_NS * np.arange(_CELLS, dtype=np.int64)
    values = clear_sky(place, middles)
    for one in values:
        one.setflags(write=False)  # shared by all that ask again
    return values


class Sky:
    """Clear sky at a place over the blocks that hold the moments first … last [ns UTC].

    `direct`: direct normal irradiance, for `dni`; else global horizontal, the shape of all other radiation.
    """

    def __init__(self, place: Place, first_ns: int, last_ns: int, *, direct: bool) -> None:
        self._first = first_ns // BLOCK_NS
        blocks = range(self._first, last_ns // BLOCK_NS + 1)
        self._value = np.stack([_block(place, number)[int(direct)] for number in blocks])
        middle = (np.arange(_CELLS) + 0.5) * _CELL_S
        self._sum = _running(self._value * _CELL_S)
        self._moment = _running(self._value * _CELL_S * middle)

    def integrals(self, start_ns: np.ndarray, end_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ∫ c dt [J/m²] and ∫ c (t − start) dt [J s/m²] from starts to ends, at most a block apart."""
        (low, early, low_moment), (high, late, high_moment) = self._at(start_ns), self._at(end_ns)
        next_one = high[0] > low[0]
        total = late - early
        moment = high_moment - low_moment - low[1] * total
        # into the next block: what is left of the first, then the second from its start
        rest = self._sum[low[0], -1] - early
        rest_moment = self._moment[low[0], -1] - low_moment - low[1] * rest
        onward = high_moment + (BLOCK_NS / 1e9 - low[1]) * late
        return np.where(next_one, rest + late, total), np.where(next_one, rest_moment + onward, moment)

    def at(self, times_ns: np.ndarray) -> np.ndarray:
        """Return clear sky [W/m²] at moments, as the mean of the two cells around."""
        total = self.integrals(times_ns - CELL_NS, times_ns + CELL_NS)[0]
        return total / (2 * _CELL_S)

    def _at(self, times_ns: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        number, offset = np.divmod(times_ns, BLOCK_NS)
        block = number - self._first
        cell, part = np.divmod(offset, CELL_NS)
        here = part / 1e9
        value = self._value[block, cell]
        total = self._sum[block, cell] + value * here
        moment = self._moment[block, cell] + value * here * (cell * _CELL_S + here / 2)
        return (block, offset / 1e9), total, moment


def _running(x: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(x), 1)), np.cumsum(x, axis=1)], axis=1)
