"""Measured wind and PV power that ships inside, for demos and first steps: `list()` and `load(name)`."""

from forecast.datasets.catalogue import load
from forecast.datasets.catalogue import names as list

__all__ = ["list", "load"]
