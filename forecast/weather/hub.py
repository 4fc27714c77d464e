"""Wind at the hub, from two of a forecast's levels.

log:   x(h) = x₁ + (x₂ − x₁) ln(h / h₁) / ln(h₂ / h₁), of the speed, and of both components for the direction
power: s(h) = s₁ (h / h₁)^α, α = ln(s₂ / s₁) / ln(h₂ / h₁), of the speed; the direction as above
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import SettingsError
from forecast.suggest import suggestion
from forecast.weather.meaning import meaning_of
from forecast.weather.vectors import components, direction_of, heights

if TYPE_CHECKING:
    import xarray as xr

PROFILES = ("log", "power")
CALM = 0.1  # m/s below which a power law says nothing: the log law serves
STEEPEST = 1.0  # most that |α| may be


def with_hub(dataset: xr.Dataset, hub_height_m: float, profile: str = "log") -> xr.Dataset:
    """Return the dataset with `wind_speed_<hub>m`, and the direction where it is known at both levels.

    The levels are the two around the hub, else the two nearest. Left as it is where the hub's wind is there already or
    fewer than two levels are. Raises `SettingsError` for another profile than `"log"` and `"power"`.
    """
    if profile not in PROFILES:
        raise SettingsError(f"profile={profile!r} is not known{suggestion(str(profile), PROFILES)}")
    hub = f"_{hub_height_m:g}m"
    levels = _levels(dataset)
    if hub_height_m in levels or len(levels) < 2:
        return dataset
    low, high = _two(sorted(levels), hub_height_m)
    (speed1, vector1), (speed2, vector2) = (_at(dataset, levels[level]) for level in (low, high))
    share = float(np.log(hub_height_m / low) / np.log(high / low))
    speed = speed1 + share * (speed2 - speed1)
    if profile == "power":
        ratio = (speed2 / speed1.where(speed1 > CALM)).where(speed2 > CALM)
        alpha = np.log(ratio).clip(-STEEPEST * np.log(high / low), STEEPEST * np.log(high / low))
        speed = (speed1 * np.exp(share * alpha)).fillna(speed)
    attrs = {"units": "m s-1", "cell_methods": str(meaning_of(dataset[_a_name(dataset, levels[low])]))}
    out = {f"wind_speed{hub}": speed.clip(min=0).assign_attrs(attrs)}
    if vector1 is not None and vector2 is not None:
        u, v = (one + share * (two - one) for one, two in zip(vector1, vector2, strict=True))
        direction = u.copy(data=direction_of(u.to_numpy(), v.to_numpy()))
        out[f"wind_direction{hub}"] = direction.assign_attrs({**attrs, "units": "degree"})
    return dataset.assign(out)


def _levels(dataset: xr.Dataset) -> dict[float, str]:
    """Return height → ending of the names, where the speed is known."""
    found = {}
    for ending, parts in heights([str(name) for name in dataset.data_vars]).items():
        match = re.fullmatch(r"_(\d+(?:\.\d+)?)m", ending)
        if match and ({"u", "v"} <= parts or "speed" in parts):
            found[float(match.group(1))] = ending
    return found


def _two(levels: list[float], hub: float) -> tuple[float, float]:
    place = int(np.clip(np.searchsorted(levels, hub), 1, len(levels) - 1))
    return levels[place - 1], levels[place]


def _a_name(dataset: xr.Dataset, ending: str) -> str:
    speed = f"wind_speed{ending}"
    return speed if speed in dataset else f"wind_u{ending}"


def _at(dataset: xr.Dataset, end: str) -> tuple[xr.DataArray, tuple[xr.DataArray, xr.DataArray] | None]:
    speed = dataset.get(f"wind_speed{end}")
    if f"wind_u{end}" in dataset and f"wind_v{end}" in dataset:
        u, v = dataset[f"wind_u{end}"], dataset[f"wind_v{end}"]
    elif speed is not None and f"wind_direction{end}" in dataset:
        east, north = components(speed.to_numpy(), dataset[f"wind_direction{end}"].to_numpy())
        u, v = speed.copy(data=east), speed.copy(data=north)
    else:
        assert speed is not None
        return speed, None
    return (u.copy(data=np.hypot(u.to_numpy(), v.to_numpy())) if speed is None else speed), (u, v)
