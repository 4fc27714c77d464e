"""The weather and the sun that a PV plant's power is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.physics.columns import any_height, by_source, mean_of
from forecast.physics.irradiance import components

USUAL_TEMPERATURE = 15.0  # °C
USUAL_WIND = 2.0  # m/s at the modules
HOTTEST, COLDEST = 60.0, -60.0
MOST_WIND = 50.0


@dataclass(frozen=True)
class PVWeather:
    """Irradiance [W/m²], air [°C], wind [m/s] and the sun [degrees] at the middle of intervals, float64, one shape.

    `ghi`, `dni`, `dhi` are missing together; `plane` (in the modules' plane, as given) may be missing alone.
    """

    ghi: np.ndarray
    dni: np.ndarray
    dhi: np.ndarray
    plane: np.ndarray
    temp_air: np.ndarray
    wind_speed: np.ndarray
    zenith: np.ndarray
    azimuth: np.ndarray
    day: np.ndarray

    def take(self, rows: np.ndarray) -> PVWeather:
        """Return the weather of some places."""
        return PVWeather(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def pv_weather(
    seen: Mapping[str, np.ndarray], names: tuple[str, ...], zenith: np.ndarray, azimuth: np.ndarray, day: np.ndarray
) -> PVWeather | None:
    """Return what physics reads of weather `names`, the mean over sources; None if no source tells irradiance.

    A source tells irradiance by `ghi`, by `dni` and `dhi`, or by `poa_global`. Air and wind fall back on 15 °C, 2 m/s.
    """
    sources = by_source(seen, names)
    split, plane = [], []
    for one in sources:
        ghi, dni, dhi, poa = (any_height(one, name) for name in ("ghi", "dni", "dhi", "poa_global"))
        if ghi is not None or (dni is not None and dhi is not None):
            split.append(components(ghi, dni, dhi, zenith, day))
        if poa is not None:
            plane.append(np.maximum(poa, 0.0))
    if not split and not plane:
        return None
    nothing = np.full(zenith.shape, np.nan)
    parts = [mean_of([s[i] for s in split]) for i in range(3)]
    air = mean_of([any_height(one, "temp_air") for one in sources])
    wind = mean_of([any_height(one, "wind_speed") for one in sources])
    ghi, dni, dhi, poa = (nothing if x is None else x for x in (*parts, mean_of(plane)))
    return PVWeather(
        ghi=ghi, dni=dni, dhi=dhi, plane=poa, temp_air=_or(air, USUAL_TEMPERATURE, COLDEST, HOTTEST, nothing),
        wind_speed=_or(wind, USUAL_WIND, 0.0, MOST_WIND, nothing), zenith=zenith, azimuth=azimuth, day=day,
    )  # fmt: skip


def _or(x: np.ndarray | None, usual: float, low: float, high: float, like: np.ndarray) -> np.ndarray:
    x = like if x is None else x
    return np.where(np.isfinite(x), np.clip(x, low, high), usual)


def clear_sky(weather: PVWeather) -> PVWeather:
    """Return the weather with a clear sky's irradiance instead, by `pvlib.clearsky.simplified_solis`."""
    from pvlib import clearsky

    sky = clearsky.simplified_solis(90.0 - weather.zenith)
    parts = {name: np.maximum(np.nan_to_num(np.asarray(sky[name])), 0.0) for name in ("ghi", "dni", "dhi")}
    return replace(weather, plane=np.full(weather.zenith.shape, np.nan), **parts)
