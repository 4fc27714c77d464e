"""Units as GRIB and CF write them, into those of the contract; time integrals stay what they are."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from forecast.errors import UnitError
from forecast.suggest import suggestion


class Unit(NamedTuple):
    """The contract's unit of what is measured; value · factor + offset is the value in it."""

    ours: str
    factor: float = 1.0
    offset: float = 0.0


#: unit in its plain form (`plain_unit`) → ours
UNITS = MappingProxyType(
    {
        "W m-2": Unit("W m-2"),
        "kW m-2": Unit("W m-2", 1e3),
        "J m-2": Unit("J m-2"),
        "kJ m-2": Unit("J m-2", 1e3),
        "MJ m-2": Unit("J m-2", 1e6),
        "Wh m-2": Unit("J m-2", 3600.0),
        "kWh m-2": Unit("J m-2", 3.6e6),
        "m s-1": Unit("m s-1"),
        "km h-1": Unit("m s-1", 1 / 3.6),
        "kt": Unit("m s-1", 1852 / 3600),
        "mph": Unit("m s-1", 0.44704),
        "degC": Unit("degC"),
        "K": Unit("degC", 1.0, -273.15),
        "degF": Unit("degC", 5 / 9, -160 / 9),
        "Pa": Unit("Pa"),
        "hPa": Unit("Pa", 100.0),
        "kPa": Unit("Pa", 1e3),
        "degree": Unit("degree"),
        "radian": Unit("degree", 180 / np.pi),
        "%": Unit("%"),
        "1": Unit("%", 100.0),
        "kg m-2": Unit("kg m-2"),
        "mm": Unit("kg m-2"),
        "m water": Unit("kg m-2", 1e3),
        "kg m-2 s-1": Unit("kg m-2 s-1"),
        "mm h-1": Unit("kg m-2 s-1", 1 / 3600),
    }
)

#: contract's name without its height → units it may end in; other names keep any unit
QUANTITIES = MappingProxyType(
    {
        **dict.fromkeys(("ghi", "dni", "dhi", "bhi", "poa_global", "ghi_clear"), ("W m-2", "J m-2")),
        **dict.fromkeys(("wind_speed", "wind_u", "wind_v", "wind_gust"), ("m s-1",)),
        **dict.fromkeys(("temp_air", "temp_dew", "temp_ground"), ("degC",)),
        **dict.fromkeys(("pressure", "pressure_msl"), ("Pa",)),
        **dict.fromkeys(("relative_humidity", "cloud_cover", "cloud_cover_low", "cloud_cover_mid"), ("%",)),
        "cloud_cover_high": ("%",),
        "wind_direction": ("degree",),
        **dict.fromkeys(("precipitation", "rain", "snowfall"), ("kg m-2", "kg m-2 s-1")),
    }
)

_SPELT = {
    "w m-2": "W m-2", "j m-2": "J m-2", "knot": "kt", "knots": "kt", "kts": "kt", "celsius": "degC", "°c": "degC",
    "c": "degC", "degc": "degC", "deg c": "degC", "degree celsius": "degC", "degrees celsius": "degC",
    "degree_celsius": "degC", "kelvin": "K", "k": "K", "fahrenheit": "degF", "°f": "degF", "degf": "degF", "pa": "Pa",
    "pascal": "Pa", "pascals": "Pa", "hpa": "hPa", "mbar": "hPa", "mb": "hPa", "millibar": "hPa", "kpa": "kPa",
    "degrees": "degree", "deg": "degree", "°": "degree", "degree true": "degree", "degrees true": "degree",
    "degree_true": "degree", "rad": "radian", "percent": "%", "(0 - 1)": "1", "0-1": "1", "fraction": "1",
    "dimensionless": "1", "~": "1", "": "1", "m of water equivalent": "m water", "mm s-1": "kg m-2 s-1",
    "kph": "km h-1", "wh m-2": "Wh m-2", "kwh m-2": "kWh m-2", "kw m-2": "kW m-2", "kj m-2": "kJ m-2",
    "mj m-2": "MJ m-2",
}  # fmt: skip


def plain_unit(unit: str) -> str:
    """Return a unit in its plain form: `m s**-1`, `m/s` and `m.s^-1` are `m s-1`.

    >>> plain_unit("J m**-2"), plain_unit("W/m^2"), plain_unit("kg m**-2 s**-1"), plain_unit("Celsius")
    ('J m-2', 'W m-2', 'kg m-2 s-1', 'degC')
    """
    text = unit.strip().replace("²", "2").replace("⁻", "-").replace("**", "").replace("^", "").replace("·", " ")
    text = re.sub(r"(?<=[a-zA-Z\d])\.(?=[a-zA-Z])", " ", text)
    first, *under = text.split("/")
    if under and first != "0-1":
        text = " ".join([first, *(re.sub(r"^\s*([a-zA-Z]+?)(\d?)\s*$", _inverse, part) for part in under)])
    text = " ".join(text.split())
    return text if text in UNITS else _SPELT.get(text.lower(), text)


def _inverse(match: re.Match[str]) -> str:
    return f"{match.group(1)}-{match.group(2) or '1'}"


def conversion(name: str, unit: str | None) -> Unit | None:
    """Return how a variable with the contract's name `name` comes into the contract's unit; None: it stays.

    No unit stated (None) is the contract's unit. Raises `UnitError` for a unit that does not measure what `name` is.

    >>> conversion("temp_air", "K")
    Unit(ours='degC', factor=1.0, offset=-273.15)
    """
    wanted = QUANTITIES.get(without_height(name))
    if wanted is None or unit is None:
        return None
    plain = plain_unit(unit)
    if plain == "m" and "kg m-2" in wanted:
        plain = "m water"
    found = UNITS.get(plain)
    if found is None or found.ours not in wanted:
        fitting = [text for text, one in UNITS.items() if one.ours in wanted]
        raise UnitError(f"{name}: unit {unit!r} is not one of this quantity{suggestion(plain, fitting)}")
    return found


def without_height(name: str) -> str:
    """Return a name without its height.

    >>> without_height("wind_speed_100m"), without_height("temp_air")
    ('wind_speed', 'temp_air')
    """
    return re.sub(r"_\d+(\.\d+)?m$", "", name)
