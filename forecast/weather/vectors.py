"""Wind as a vector: speed and direction into components towards east and north, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

_WIND = re.compile(r"^wind_(u|v|speed|direction)((?:_.*)?)$")
Series = tuple[np.ndarray, bool]


def components(speed: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return u (towards east) and v (towards north) of wind that blows from `direction` [degrees].

    >>> u, v = components(np.array([2.0]), np.array([270.0]))
    >>> u.round(6), abs(v.round(6))
    (array([2.]), array([0.]))
    """
    angle = np.deg2rad(direction)
    return -speed * np.sin(angle), -speed * np.cos(angle)


def direction_of(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the direction [degrees, 0 ≤ d < 360] from which wind with components u, v blows."""
    degrees = np.degrees(np.arctan2(-u, -v)) % 360.0
    return np.asarray(np.where(degrees == 360.0, 0.0, degrees))


def heights(names: Mapping[str, object] | list[str]) -> dict[str, set[str]]:
    """Return what there is of the wind by the ending of its names.

    >>> {ending: sorted(parts) for ending, parts in heights(["wind_u_10m", "wind_v_10m", "ghi"]).items()}
    {'_10m': ['u', 'v']}
    """
    found: dict[str, set[str]] = {}
    for name in names:
        if match := _WIND.match(name):
            found.setdefault(match.group(2), set()).add(match.group(1))
    return found


def separate(series: Mapping[str, Series]) -> dict[str, Series]:
    """Return the quantities to average: of the wind u, v and the speed, never the direction itself."""
    out = dict(series)
    for end, parts in heights(series).items():
        if {"u", "v"} <= parts:
            (u, mean), (v, _) = series[f"wind_u{end}"], series[f"wind_v{end}"]
        elif "direction" in parts:
            angle, mean = series[f"wind_direction{end}"]
            speed = series[f"wind_speed{end}"] if "speed" in parts else (np.ones_like(angle), mean)
            u, v = components(speed[0], angle)
            mean = speed[1]
        else:
            continue
        out.pop(f"wind_direction{end}", None)
        out[f"wind_u{end}"], out[f"wind_v{end}"] = (u, mean), (v, mean)
        if parts != {"direction"}:
            out.setdefault(f"wind_speed{end}", (np.hypot(u, v), mean))
    return out


def combined(means: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return averaged quantities with a direction in the place of each pair of components."""
    out = dict(means)
    for end, parts in heights(means).items():
        if {"u", "v"} <= parts:
            u, v = out.pop(f"wind_u{end}"), out.pop(f"wind_v{end}")
            out[f"wind_direction{end}"] = direction_of(u, v)
    return out
