"""Units on the way in: one dictionary, and one function that turns values into the library's own unit."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.errors import UnitError
from forecast.suggest import suggestion

Array = npt.NDArray[np.float64]


class Unit(NamedTuple):
    """What a unit measures; value · factor + offset is the value in the library's unit of that quantity."""

    quantity: str
    factor: float
    offset: float = 0.0


#: quantity → the unit everything behind the readers is in
WORKING_UNITS = MappingProxyType(
    {
        "power": "kW",
        "energy": "kWh",
        "irradiance": "W/m2",
        "speed": "m/s",
        "angle": "deg",
        "temperature": "degC",
        "pressure": "Pa",
        "share": "%",
    }
)

UNITS = MappingProxyType(
    {
        "kW": Unit("power", 1.0),
        "W": Unit("power", 1e-3),
        "MW": Unit("power", 1e3),
        "GW": Unit("power", 1e6),
        "kWh": Unit("energy", 1.0),
        "Wh": Unit("energy", 1e-3),
        "MWh": Unit("energy", 1e3),
        "GWh": Unit("energy", 1e6),
        "W/m2": Unit("irradiance", 1.0),
        "W/m²": Unit("irradiance", 1.0),
        "kW/m2": Unit("irradiance", 1e3),
        "kW/m²": Unit("irradiance", 1e3),
        "m/s": Unit("speed", 1.0),
        "km/h": Unit("speed", 1 / 3.6),
        "knots": Unit("speed", 1852 / 3600),
        "kn": Unit("speed", 1852 / 3600),
        "mph": Unit("speed", 0.44704),
        "deg": Unit("angle", 1.0),
        "°": Unit("angle", 1.0),
        "rad": Unit("angle", 180 / np.pi),
        "degC": Unit("temperature", 1.0),
        "°C": Unit("temperature", 1.0),
        "K": Unit("temperature", 1.0, -273.15),
        "degF": Unit("temperature", 5 / 9, -160 / 9),
        "°F": Unit("temperature", 5 / 9, -160 / 9),
        "Pa": Unit("pressure", 1.0),
        "hPa": Unit("pressure", 100.0),
        "mbar": Unit("pressure", 100.0),
        "kPa": Unit("pressure", 1e3),
        "bar": Unit("pressure", 1e5),
        "%": Unit("share", 1.0),
        "percent": Unit("share", 1.0),
        "share": Unit("share", 100.0),
    }
)

#: name without its height → what it measures; other names are plain numbers of any quantity
QUANTITIES = MappingProxyType(
    {
        "power": "power",
        "available_kw": "power",
        "ghi": "irradiance",
        "dni": "irradiance",
        "dhi": "irradiance",
        "poa_global": "irradiance",
        "wind_speed": "speed",
        "wind_direction": "angle",
        "temp_air": "temperature",
        "pressure": "pressure",
        "relative_humidity": "share",
    }
)

_HEIGHT = re.compile(r"_\d+(\.\d+)?m$")


def convert(
    values: Array, unit: str, *, name: str, hours: float | None = None, capacity_kw: float | None = None
) -> Array:
    """Return `values` of the input `name` in the library's unit of that quantity (`WORKING_UNITS`).

    `hours` is the length of one interval and makes power of energy per interval, power = energy / hours;
    `capacity_kw` makes power of a share of the capacity. Raises `UnitError` for a unit that is not known, or
    that does not measure what `name` is.

    >>> convert(np.array([1013.0]), "hPa", name="pressure")
    array([101300.])
    >>> convert(np.array([0.5]), "MWh", name="power", hours=0.25)
    array([2000.])
    """
    known = find_unit(unit, name)
    quantity = QUANTITIES.get(_HEIGHT.sub("", name))
    out: Array = values * known.factor + known.offset if known[1:] != (1.0, 0.0) else values
    if known.quantity == "energy" and quantity in (None, "power"):
        if hours is None:
            raise UnitError(f"{name}: {unit} is energy; the length of its interval is not known")
        return out / hours
    if known.quantity == "share" and quantity == "power":
        if capacity_kw is None:
            raise UnitError(f"{name}: {unit} is a share of the capacity, and no capacity is known")
        return out * (capacity_kw / 100.0)
    if quantity not in (None, known.quantity):
        fitting = ", ".join(text for text, one in UNITS.items() if one.quantity == quantity)
        raise UnitError(f"{name}: unit {unit!r} measures {known.quantity}, expected {quantity}: {fitting}")
    return out


def find_unit(unit: str, name: str) -> Unit:
    """Return the entry of `UNITS`; `UnitError` with the nearest known unit if there is none."""
    if unit in UNITS:
        return UNITS[unit]
    raise UnitError(f"{name}: unit {unit!r} is not known{suggestion(str(unit), UNITS)}")
