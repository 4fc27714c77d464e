"""From weather to power by physics: arrays in, shares of capacity out; no files, no time stamps but the sun's."""

from __future__ import annotations

from forecast.physics.hubwind import at_hub, corrected_for_density, hub_speed
from forecast.physics.irradiance import components, plane_of_array
from forecast.physics.orientation import usual_azimuth, usual_tilt
from forecast.physics.pvfit import fit_pv
from forecast.physics.pvplant import PVPlant, described_pv
from forecast.physics.pvweather import PVWeather, clear_sky, pv_weather
from forecast.physics.spread import pv_errors, wind_errors
from forecast.physics.turbine import curve_of, generic_curve, smoothed, turbine_curve
from forecast.physics.windfit import fit_wind
from forecast.physics.windplant import WindPlant, described_wind

Plant = PVPlant | WindPlant

__all__ = [
    "PVPlant", "PVWeather", "Plant", "WindPlant", "at_hub", "clear_sky", "components", "corrected_for_density",
    "curve_of", "described_pv", "described_wind", "fit_pv", "fit_wind", "generic_curve", "hub_speed", "plane_of_array",
    "pv_errors", "pv_weather", "smoothed", "turbine_curve", "usual_azimuth", "usual_tilt", "wind_errors",
]  # fmt: skip
