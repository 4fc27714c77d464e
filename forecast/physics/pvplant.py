"""A PV plant in four numbers, and the power it gives: plane, cell temperature, DC, inverter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forecast.errors import SiteError
from forecast.physics.irradiance import plane_of_array
from forecast.physics.orientation import usual_azimuth, usual_tilt
from forecast.physics.pvweather import PVWeather
from forecast.site import PVSite

PER_KELVIN = -0.004  # of power, crystalline silicon
EFFICIENCY = 0.96  # of the inverter, nominal
LOSSES = 0.14  # PVWatts: soiling, shading, mismatch, wiring, connections, degradation, nameplate, availability
LEAST_DC = 1e-6  # share of capacity
USUAL_DC_RATIO = 1.1  # DC capacity over AC capacity


@dataclass(frozen=True)
class PVPlant:
    """Tilt and azimuth [degrees], DC power at 1000 W/m² and 25 °C after losses, and the AC limit (shares of capacity).

    Source: PVWatts version 5 (Dobos 2014), cell temperature of Faiman (2008), as in pvlib.
    """

    tilt: float
    azimuth: float
    scale: float = (1 - LOSSES) * USUAL_DC_RATIO
    limit: float = 1.0

    def power(self, weather: PVWeather) -> np.ndarray:
        """Return AC power (share of capacity), missing where irradiance is; of the shape of the weather."""
        return ac_power(dc_power(self.plane(weather), weather), self.scale, self.limit)

    def plane(self, weather: PVWeather) -> np.ndarray:
        """Return irradiance in the modules' plane [W/m²]; as given, else transposed."""
        parts = (weather.ghi, weather.dni, weather.dhi)
        made = plane_of_array(self.tilt, self.azimuth, weather.zenith, weather.azimuth, parts, weather.day)
        return np.where(np.isnan(weather.plane), made, weather.plane)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def dc_power(plane: np.ndarray, weather: PVWeather) -> np.ndarray:
    """Return DC power of a plant of 1 at standard conditions: P = G / 1000 · (1 + γ (T_cell − 25))."""
    from pvlib import pvsystem, temperature

    cell = temperature.faiman(plane, weather.temp_air, weather.wind_speed)
    made: np.ndarray = np.maximum(pvsystem.pvwatts_dc(plane, cell, 1.0, PER_KELVIN), 0.0)
    return made


def ac_power(dc: np.ndarray, scale: float, limit: float) -> np.ndarray:
    """Return AC power of DC power · scale through a PVWatts inverter that cuts at `limit`."""
    from pvlib import inverter

    dc = np.where(dc < LEAST_DC, 0.0, dc)  # divided by, a trace of light would overflow
    made = inverter.pvwatts(scale * dc, limit / EFFICIENCY, eta_inv_nom=EFFICIENCY)
    return np.where(np.isnan(dc), np.nan, np.maximum(made, 0.0))


def described_pv(site: PVSite) -> PVPlant:
    """Return the plant as its site describes it; unknown tilt by latitude, unknown azimuth towards the equator.

    Raises:
        SiteError: a site without a position: there is no sun to compute with.
    """
    if site.latitude is None:
        raise SiteError(
            f"PV site {site.name!r} has no latitude and longitude; physics needs the sun's place: give both"
        )
    tilt = site.surface_tilt if site.surface_tilt is not None else usual_tilt(site.latitude)
    azimuth = site.surface_azimuth if site.surface_azimuth is not None else usual_azimuth(site.latitude)
    return PVPlant(tilt, azimuth)
