"""Pictures of forecasts and of what they are worth; needs matplotlib (`pip install 'quarterhour[plot]'`).

One function a picture: `forecast_fan`, `skill_by_lead`, `reliability`. Each draws on the axes it is given as
`ax`, or on new ones, and returns them.
"""

from forecast.plot.forecast_fan import forecast_fan
from forecast.plot.reliability import reliability
from forecast.plot.skill_by_lead import skill_by_lead

__all__ = ["forecast_fan", "reliability", "skill_by_lead"]
