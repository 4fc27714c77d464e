"""Pictures of forecasts and of what they are worth; needs matplotlib (`pip install 'quarterhour[plot]'`).

One function a picture: `forecast_fan`, `skill_by_lead`, `reliability`, `sharpness`, `pit`, `error_by_hour_and_month`,
`ramps`. Each draws on the axes it is given as `ax`, or on new ones, and returns them.
"""

from forecast.plot.forecast_fan import forecast_fan
from forecast.plot.hour_by_month import error_by_hour_and_month
from forecast.plot.pit import pit
from forecast.plot.ramps import ramps
from forecast.plot.reliability import reliability
from forecast.plot.sharpness import sharpness
from forecast.plot.skill_by_lead import skill_by_lead

__all__ = ["error_by_hour_and_month", "forecast_fan", "pit", "ramps", "reliability", "sharpness", "skill_by_lead"]
