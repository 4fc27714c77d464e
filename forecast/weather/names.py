"""What ECMWF, GFS, ICON and CF call the quantities of a forecast, and what the contract calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forecast.errors import ColumnError
from forecast.suggest import suggestion
from forecast.weather.units import QUANTITIES, without_height

LEAVE_OUT = ""

#: short names, in small letters → the contract's; where the height is part of it, that is the quantity's usual one
SHORT_NAMES = MappingProxyType(
    {
        # ECMWF (also ERA5, AIFS)
        "ssrd": "ghi", "avg_sdswrf": "ghi", "msdwswrf": "ghi", "fdir": "bhi", "avg_sdirswrf": "bhi", "dsrp": "dni",
        "ssrdc": "ghi_clear", "2t": "temp_air", "t2m": "temp_air", "2d": "temp_dew", "d2m": "temp_dew",
        "skt": "temp_ground", "sp": "pressure", "msl": "pressure_msl", "tcc": "cloud_cover", "lcc": "cloud_cover_low",
        "mcc": "cloud_cover_mid", "hcc": "cloud_cover_high", "tp": "precipitation", "tprate": "precipitation",
        "avg_tprate": "precipitation", "2r": "relative_humidity", "10u": "wind_u_10m", "u10": "wind_u_10m",
        "10v": "wind_v_10m", "v10": "wind_v_10m", "100u": "wind_u_100m", "u100": "wind_u_100m", "100v": "wind_v_100m",
        "v100": "wind_v_100m", "200u": "wind_u_200m", "u200": "wind_u_200m", "200v": "wind_v_200m",
        "v200": "wind_v_200m", "10si": "wind_speed_10m", "si10": "wind_speed_10m", "100si": "wind_speed_100m",
        "si100": "wind_speed_100m", "10fg": "wind_gust_10m", "fg10": "wind_gust_10m", "i10fg": "wind_gust_10m",
        # GFS and its relatives (NCEP)
        "sdswrf": "ghi", "dswrf": "ghi", "dswrf_surface": "ghi", "vbdsf": "bhi", "vddsf": "dhi", "csdsf": "ghi_clear",
        "tmp_2maboveground": "temp_air", "r2": "relative_humidity", "prmsl": "pressure_msl", "mslet": "pressure_msl",
        "pres_surface": "pressure", "prate": "precipitation", "gust": "wind_gust_10m", "gust_surface": "wind_gust_10m",
        "tcdc": "cloud_cover", "u": "wind_u", "v": "wind_v", "ugrd": "wind_u", "vgrd": "wind_v",
        # ICON (DWD), COSMO
        "aswdir_s": "bhi", "aswdifd_s": "dhi", "asdir_s": "bhi", "asdifd_s": "dhi", "t_2m": "temp_air",
        "td_2m": "temp_dew", "t_g": "temp_ground", "u_10m": "wind_u_10m", "v_10m": "wind_v_10m",
        "relhum_2m": "relative_humidity", "ps": "pressure", "pmsl": "pressure_msl", "clct": "cloud_cover",
        "clcl": "cloud_cover_low", "clcm": "cloud_cover_mid", "clch": "cloud_cover_high", "vmax_10m": "wind_gust_10m",
        "tot_prec": "precipitation",
        # at a level, with the height elsewhere
        "t": "temp_air", "r": "relative_humidity", "ws": "wind_speed", "wdir": "wind_direction",
    }
)  # fmt: skip

#: CF standard names → the contract's
STANDARD_NAMES = MappingProxyType(
    {
        "surface_downwelling_shortwave_flux_in_air": "ghi",
        "surface_downwelling_shortwave_flux": "ghi",
        "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air": "ghi",
        "surface_downwelling_shortwave_flux_in_air_assuming_clear_sky": "ghi_clear",
        "surface_direct_downwelling_shortwave_flux_in_air": "bhi",
        "integral_wrt_time_of_surface_direct_downwelling_shortwave_flux_in_air": "bhi",
        "surface_direct_along_beam_shortwave_flux_in_air": "dni",
        "surface_diffuse_downwelling_shortwave_flux_in_air": "dhi",
        "air_temperature": "temp_air",
        "dew_point_temperature": "temp_dew",
        "surface_temperature": "temp_ground",
        "eastward_wind": "wind_u",
        "northward_wind": "wind_v",
        "wind_speed": "wind_speed",
        "wind_from_direction": "wind_direction",
        "wind_speed_of_gust": "wind_gust",
        "surface_air_pressure": "pressure",
        "air_pressure_at_mean_sea_level": "pressure_msl",
        "air_pressure_at_sea_level": "pressure_msl",
        "relative_humidity": "relative_humidity",
        "cloud_area_fraction": "cloud_cover",
        "low_type_cloud_area_fraction": "cloud_cover_low",
        "medium_type_cloud_area_fraction": "cloud_cover_mid",
        "high_type_cloud_area_fraction": "cloud_cover_high",
        "precipitation_amount": "precipitation",
        "precipitation_flux": "precipitation",
    }
)

#: quantities that stand without their height at this one [m]
USUAL_HEIGHT = MappingProxyType({"temp_air": 2.0, "temp_dew": 2.0, "relative_humidity": 2.0})
_AT_HEIGHT = ("wind_u", "wind_v", "wind_speed", "wind_direction", "wind_gust", *USUAL_HEIGHT)
_HEIGHT_IN_NAME = re.compile(r"^(.*?)_?(\d+(?:\.\d+)?)(?:m|_m|maboveground)$")

_METRES_UNDERSTOOD = re.compile(r"^(u|v|ws|wdir)(\d{2}|1\d{2})$")  # u80, u100; not u850, which is a pressure


class Named(NamedTuple):
    """A variable of a file: its own name, what CF calls it, and the height it stands at [m], if known."""

    name: str
    standard_name: str | None = None
    height_m: float | None = None
    short_name: str | None = None


def our_name(variable: Named) -> str | None:
    """Return the contract's name, or None if there is none.

    >>> our_name(Named("u", height_m=80.0)), our_name(Named("t2m")), our_name(Named("WS", "wind_speed", 100.0))
    ('wind_u_80m', 'temp_air', 'wind_speed_100m')
    """
    for written in (variable.name, variable.short_name):
        if written and (found := _by_short_name(written.lower(), variable.height_m)):
            return found
    found = STANDARD_NAMES.get(variable.standard_name or "")
    return None if found is None else at_height(found, _own_height(variable))


def _by_short_name(name: str, height_m: float | None) -> str | None:
    if without_height(name) in QUANTITIES:
        stated = name != without_height(name)
        return name if stated or height_m is None else at_height(name, height_m)
    if name in SHORT_NAMES:
        return at_height(SHORT_NAMES[name], height_m)
    match = _HEIGHT_IN_NAME.match(name) or _METRES_UNDERSTOOD.match(name)
    if match and match.group(1) in SHORT_NAMES:
        return at_height(SHORT_NAMES[match.group(1)], float(match.group(2)))
    return None


def _own_height(variable: Named) -> float | None:
    if variable.height_m is not None:
        return variable.height_m
    # "ws100", "wind_80m"; one digit alone is a number of another kind
    match = re.search(r"(\d{2,3}|\d+(?:\.\d+)?(?=m))m?$", variable.name.lower())
    return float(match.group(1)) if match else None


def at_height(name: str, height_m: float | None) -> str:
    """Return a name with its height, where the quantity has one that is not the usual one.

    >>> at_height("wind_u", 100.0), at_height("temp_air", 2.0), at_height("temp_air", 80.0), at_height("ghi", 2.0)
    ('wind_u_100m', 'temp_air', 'temp_air_80m', 'ghi')
    """
    if height_m is None or name not in _AT_HEIGHT or USUAL_HEIGHT.get(name) == height_m:
        return name
    return f"{name}_{height_m:g}m"


def name_map(variables: Iterable[Named], names: Mapping[str, str | None] | Iterable[str] | None) -> dict[str, str]:
    """Return own name → the contract's for all variables that are wanted.

    Args:
        names: None: all, and each must be known; a list: these alone; a dict: own name → ours (any name; None leaves it
            out) beside those that are known, with `"*": None` to leave out all that are not.

    Raises:
        ColumnError: names that are not known, all of them listed with the nearest known; two variables of one name.
    """
    found = list(variables)
    given: dict[str, str | None] = dict(names) if isinstance(names, Mapping) else {}
    listed = None if names is None or isinstance(names, Mapping) else [names] if isinstance(names, str) else list(names)
    have = [one.name for one in found]
    if absent := [name for name in (listed or given) if name not in (*have, "*")]:
        raise ColumnError(f"names: no variable {absent[0]!r}{suggestion(absent[0], have)}")
    out: dict[str, str] = {}
    unknown: list[Named] = []
    for one in found:
        if listed is not None and one.name not in listed:
            continue
        ours = (given[one.name] or LEAVE_OUT) if one.name in given else our_name(one)
        if ours is None and "*" not in given:
            unknown.append(one)
        elif ours:
            out[one.name] = ours
    if unknown:
        raise ColumnError(_unknown_text(unknown))
    _check_different(out)
    return out


def _unknown_text(unknown: list[Named]) -> str:
    known = [*QUANTITIES, *SHORT_NAMES]
    first = suggestion(unknown[0].name, known).split(" Known are")[0]
    listed = ", ".join(repr(one.name) + (f" ({one.standard_name})" if one.standard_name else "") for one in unknown)
    return (
        f"{len(unknown)} variable(s) are not known: {listed}{first} Say what they are, "
        f"names={{{unknown[0].name!r}: 'ghi'}}, "
        "leave all of them out, names={'*': None}, or list those to read, names=['ssrd', …]. "
        f"Names of ours: {', '.join(QUANTITIES)}"
    )


def _check_different(names: dict[str, str]) -> None:
    first: dict[str, str] = {}
    for own, ours in names.items():
        if ours in first:
            raise ColumnError(
                f"variables {first[ours]!r} and {own!r} are both {ours!r}; leave one out, names={{{own!r}: None}}"
            )
        first[ours] = own


def attribute(attrs: Mapping[Any, Any], *keys: str) -> str | None:
    """Return the first of some attributes that is there and says something, as text."""
    for key in keys:
        value = attrs.get(key)
        if value is not None and str(value) not in ("", "unknown", "~"):
            return str(value)
    return None
