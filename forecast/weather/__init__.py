"""Weather forecasts: from a file or a service to runs at a site, and from runs to means on any grid."""

from __future__ import annotations

from forecast.weather.accumulated import to_means
from forecast.weather.cut import at_site
from forecast.weather.grid import RunGrid
from forecast.weather.meaning import with_meanings
from forecast.weather.opening import from_dataset, open
from forecast.weather.openmeteo import open_meteo

__all__ = ["RunGrid", "at_site", "from_dataset", "open", "open_meteo", "to_means", "with_meanings"]
