"""Irradiance: global into direct and diffuse where these are missing, and onto the modules' plane."""

from __future__ import annotations

import numpy as np

LOWEST_SUN = 87.0  # degrees of zenith beyond which a direct beam cannot be told from the global one (as in pvlib)
MOST_DIRECT = 1100.0  # W/m²
MOST_IN_PLANE = 1500.0  # W/m², edges of clouds included
ALBEDO = 0.25


def components(
    ghi: np.ndarray | None, dni: np.ndarray | None, dhi: np.ndarray | None, zenith: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (ghi, dni, dhi) [W/m²], each where it is given; what is missing from the two others, else by Erbs.

    Closure: ghi = dni · cos(zenith) + dhi. Source of the split of the global alone: Erbs, Klein and Duffie 1982,
    Solar Energy 28:293, as in `pvlib.irradiance.erbs`. Missing only where neither ghi nor both others are there.

    Args:
        zenith: of the sun at the interval's middle [degrees]; day: of the year, 1 … 366. All of one shape.
    """
    from pvlib import irradiance

    nothing = np.full(zenith.shape, np.nan)
    ghi, dni, dhi = (nothing if x is None else np.maximum(x, 0.0) for x in (ghi, dni, dhi))
    cosine = np.maximum(np.cos(np.deg2rad(zenith)), 0.0)
    low = zenith > LOWEST_SUN
    ghi = np.where(np.isnan(ghi), dni * cosine + dhi, ghi)
    split = irradiance.erbs(np.nan_to_num(ghi), zenith, day)
    beam = np.divide(ghi - dhi, cosine, out=np.zeros(zenith.shape), where=~low)
    beam = np.where(np.isnan(dhi), np.asarray(split["dni"]), np.maximum(beam, 0.0))
    dni = np.where(low, 0.0, np.where(np.isnan(dni), np.minimum(beam, MOST_DIRECT), dni))
    rest = np.maximum(ghi - dni * cosine, 0.0)
    dhi = np.where(np.isnan(dhi), rest, dhi)
    gone = np.isnan(ghi)
    return ghi, np.where(gone, np.nan, dni), np.where(gone, np.nan, dhi)


def plane_of_array(
    tilt: float,
    azimuth: float,
    zenith: np.ndarray,
    sun_azimuth: np.ndarray,
    parts: tuple[np.ndarray, np.ndarray, np.ndarray],
    day: np.ndarray,
) -> np.ndarray:
    """Return irradiance [W/m²] in the modules' plane, by Hay and Davies (1980) as in pvlib; missing where `parts` is.

    Args:
        tilt, azimuth: of the modules [degrees]; sun_azimuth: of the sun [degrees]; parts: (ghi, dni, dhi).
    """
    from pvlib import irradiance

    ghi, dni, dhi = parts
    extra = irradiance.get_extra_radiation(day)
    total = irradiance.get_total_irradiance(
        tilt, azimuth, zenith, sun_azimuth, dni, ghi, dhi, dni_extra=extra, model="haydavies", albedo=ALBEDO
    )
    plane = np.clip(np.asarray(total["poa_global"], dtype=np.float64), 0.0, MOST_IN_PLANE)
    # below the horizon nothing but what the forecast itself still says is diffuse
    return np.where(zenith >= 90.0, np.minimum(np.maximum(ghi, 0.0), plane), plane)
