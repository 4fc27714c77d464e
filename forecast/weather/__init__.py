"""Weather forecasts: from a file or a service to runs at a site, and from runs to means on any grid."""

from __future__ import annotations

from forecast.weather.accumulated import to_means
from forecast.weather.grid import RunGrid
from forecast.weather.meaning import with_meanings

__all__ = ["RunGrid", "to_means", "with_meanings"]
