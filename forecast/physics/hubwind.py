"""The wind that a turbine sees: at hub height, as if in air of standard density."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.physics.columns import Found, any_height, by_source, mean_of

USUAL_HUB = 100.0  # m
USUAL_SHEAR = 1 / 7  # of the power law over open land
MOST_SHEAR = 0.6
LEAST_WIND = 1.0  # m/s below which two heights tell no shear
STANDARD_DENSITY = 1.225  # kg/m³
GAS = 287.05  # J/(kg K), dry air
GRAVITY = 9.80665
COLDEST, HOTTEST = 213.15, 333.15  # K
LOWEST_PRESSURE, HIGHEST_PRESSURE = 45_000.0, 110_000.0  # Pa


def at_hub(levels: Mapping[float | None, np.ndarray], hub: float) -> np.ndarray:
    """Return wind speed [m/s] at hub height from speeds at heights [m]; a speed of unnamed height is the hub's.

    v(hub) = v(h) (hub / h)^α from the nearest height h that is there; α between the two heights nearest to the hub,
    within [0, 0.6]; with one height, or in calm, 1/7 (open land, IEC 61400-1 has 0.2 for design).

    >>> at_hub({10.0: np.array([5.0]), 100.0: np.array([8.0])}, 100.0)
    array([8.])
    """
    heights = sorted((h for h in levels if h is not None), key=lambda h: abs(np.log(h / hub)))
    known = {h: _speed(levels[h]) for h in levels}
    out = np.full(next(iter(known.values())).shape, np.nan)
    if heights:
        shear = _shear(known, heights)
        for h in heights:
            out = np.where(np.isnan(out), known[h] * (hub / h) ** shear, out)
    return np.where(np.isnan(out), known[None], out) if None in known else out


def _speed(values: np.ndarray) -> np.ndarray:
    return np.where(values >= 0, values, np.nan)


def _shear(known: Mapping[float | None, np.ndarray], heights: list[float]) -> np.ndarray:
    usual = np.full(known[heights[0]].shape, USUAL_SHEAR)
    if len(heights) < 2:
        return usual
    low, high = sorted(heights[:2])
    slow, fast = known[low], known[high]
    both = (slow >= LEAST_WIND) & (fast >= LEAST_WIND)
    ratio = np.divide(fast, slow, out=np.ones(usual.shape), where=both)
    return np.where(both, np.clip(np.log(ratio) / np.log(high / low), 0.0, MOST_SHEAR), usual)


def corrected_for_density(
    speed: np.ndarray, pressure: np.ndarray | None, temp_air: np.ndarray | None, altitude: float | None, hub: float
) -> np.ndarray:
    """Return the speed that carries as much power in standard air: v (ρ / ρ0)^(1/3), IEC 61400-12-1.

    ρ = p / (R T) at the hub, p by the barometric formula from the ground's pressure. Missing pressure or temperature
    are the standard atmosphere's at the site's altitude; without all three the speed stays as it is.

    Args:
        pressure: at the ground [Pa]; temp_air [°C]; altitude: of the ground above the sea [m].
    """
    if pressure is None and temp_air is None and altitude is None:
        return speed
    ground = altitude or 0.0
    usual_kelvin = 288.15 - 0.0065 * ground
    usual_pressure = 101_325.0 * (1 - 2.25577e-5 * ground) ** 5.25588
    kelvin = _within(temp_air, 273.15, usual_kelvin, COLDEST, HOTTEST, speed)
    pascal = _within(pressure, 0.0, usual_pressure, LOWEST_PRESSURE, HIGHEST_PRESSURE, speed)
    density = pascal * np.exp(-GRAVITY * hub / (GAS * kelvin)) / (GAS * kelvin)
    return np.asarray(speed * np.cbrt(density / STANDARD_DENSITY))


def _within(x: np.ndarray | None, shift: float, usual: float, low: float, high: float, like: np.ndarray) -> np.ndarray:
    if x is None:
        return np.full(like.shape, usual)
    x = x + shift
    return np.where((x >= low) & (x <= high), x, usual)


def hub_speed(
    seen: Mapping[str, np.ndarray], names: tuple[str, ...], hub_height: float | None, altitude: float | None
) -> np.ndarray | None:
    """Return the density-corrected wind at the hub, the mean over sources; None if no source tells wind speed."""
    hub = USUAL_HUB if hub_height is None else hub_height
    return mean_of([_one_source(one, hub, altitude) for one in by_source(seen, names)])


def _one_source(one: Found, hub: float, altitude: float | None) -> np.ndarray | None:
    if "wind_speed" not in one:
        return None
    speed = at_hub(one["wind_speed"], hub)
    return corrected_for_density(speed, any_height(one, "pressure"), any_height(one, "temp_air"), altitude, hub)
