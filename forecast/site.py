"""Sites: what a plant is and where it stands, apart from any measurement."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from forecast.errors import InputTypeError, SiteError


@dataclass(frozen=True, kw_only=False)
class _Site:
    name: str
    capacity_kw: float
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    timezone: str | None = None

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise SiteError(f"name is {self.name!r}; a site needs a name, for example 'north-field'")
        self._check_number("capacity_kw", 0.0, np.inf, needed=True)
        if self.capacity_kw == 0:
            raise SiteError(f"site {self.name!r}: capacity_kw is 0; give the AC capacity in kW")
        self._check_number("latitude", -90.0, 90.0)
        self._check_number("longitude", -180.0, 360.0)
        self._check_number("altitude_m", -500.0, 9000.0)
        if (self.latitude is None) != (self.longitude is None):
            raise SiteError(f"site {self.name!r}: latitude and longitude go together; give both or none")
        if self.timezone is not None:
            try:
                zoneinfo.ZoneInfo(self.timezone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
                raise SiteError(
                    f"site {self.name!r}: timezone {self.timezone!r} is not known; use a name such as 'Asia/Shanghai'"
                ) from error

    def _check_number(self, name: str, low: float, high: float, needed: bool = False) -> None:
        value = getattr(self, name)
        if value is None and not needed:
            return
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise InputTypeError(f"site {self.name!r}: {name} is {value!r}, expected a number")
        if not np.isfinite(value) or not low <= value <= high:
            raise SiteError(f"site {self.name!r}: {name} is {value!r}, expected {low:g} to {high:g}")
        object.__setattr__(self, name, float(value))

    @property
    def has_position(self) -> bool:
        """Whether latitude and longitude are known."""
        return self.latitude is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the site as plain values, `kind` first, that `site_from_dict` reads back."""
        out: dict[str, Any] = {"kind": self.kind}
        out.update({key: value for key, value in asdict(self).items() if value is not None})
        return out


@dataclass(frozen=True)
class PVSite(_Site):
    """A PV plant: AC capacity [kW], position [degrees], and the modules' tilt and azimuth [degrees] if known.

    Azimuth 0 = north, 90 = east. Raises `SiteError` for values that cannot be.

    >>> PVSite("roof", 5.8, latitude=13.74, longitude=100.53).kind
    'pv'
    """

    surface_tilt: float | None = None
    surface_azimuth: float | None = None

    kind: ClassVar[str] = "pv"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("surface_tilt", 0.0, 90.0)
        self._check_number("surface_azimuth", 0.0, 360.0)


@dataclass(frozen=True)
class WindSite(_Site):
    """A wind farm: capacity [kW], position [degrees], hub height [m] and power curve.

    The curve is a Series, m/s → kW, or the name of a turbine type in windpowerlib's table, such as "E-101/3050".

    Raises `SiteError` for values that cannot be.

    >>> WindSite("ridge", 2050, hub_height_m=80).kind
    'wind'
    """

    hub_height_m: float | None = None
    power_curve: pd.Series | str | None = field(default=None, compare=False)

    kind: ClassVar[str] = "wind"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("hub_height_m", 1.0, 500.0)
        if self.power_curve is not None:
            object.__setattr__(self, "power_curve", _checked_curve(self.name, self.power_curve))

    def to_dict(self) -> dict[str, Any]:
        """Return the site as plain values; the power curve as two lists, or its turbine type."""
        out = super().to_dict()
        if isinstance(self.power_curve, pd.Series):
            curve = self.power_curve
            out["power_curve"] = {"wind_speed": list(map(float, curve.index)), "power_kw": list(map(float, curve))}
        return out


Site = PVSite | WindSite


def _checked_curve(site: str, curve: Any) -> pd.Series | str:
    if isinstance(curve, str) and curve:
        return curve
    if not isinstance(curve, pd.Series):
        raise InputTypeError(
            f"site {site!r}: power_curve is {type(curve).__name__} {str(curve)[:40]!r}; expected a Series, "
            "m/s → kW, or the name of a turbine type"
        )
    speeds, power = curve.index.to_numpy(dtype=float), curve.to_numpy(dtype=float)
    if len(speeds) < 2 or not np.isfinite(speeds).all() or not np.isfinite(power).all():
        raise SiteError(f"site {site!r}: power_curve needs two or more finite points, got {len(speeds)}")
    if (np.diff(speeds) <= 0).any():
        raise SiteError(f"site {site!r}: power_curve's wind speeds must rise; sort it with curve.sort_index()")
    # copies: pandas before 3 would share the caller's numbers
    return pd.Series(power.copy(), index=pd.Index(speeds.copy(), name="wind_speed"), name="power_kw")


def site_from_dict(values: Mapping[str, Any]) -> Site:
    """Return the site that `to_dict` described; unknown keys are refused."""
    rest = dict(values)
    kind = rest.pop("kind", None)
    if kind not in ("pv", "wind"):
        raise SiteError(f"kind is {kind!r}, expected 'pv' or 'wind'")
    cls: type[Site] = PVSite if kind == "pv" else WindSite
    known = {f.name for f in fields(cls)}
    if unknown := sorted(set(rest) - known):
        raise SiteError(f"site: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if isinstance(rest.get("power_curve"), Mapping):
        table = rest["power_curve"]
        rest["power_curve"] = pd.Series(table["power_kw"], index=table["wind_speed"])
    return cls(**rest)
