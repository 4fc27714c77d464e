"""A wind farm as a curve from forecast wind to expected power."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.physics.hubwind import hub_speed
from forecast.physics.turbine import SPEEDS, curve_of, smoothed
from forecast.site import WindSite


@dataclass(frozen=True)
class WindPlant:
    """Expected power (share of capacity) over `SPEEDS` [m/s at the hub, standard density], hub [m] and altitude [m]."""

    curve: np.ndarray = field(repr=False)
    hub_height: float | None = None
    altitude: float | None = None

    def power(self, speed: np.ndarray) -> np.ndarray:
        """Return power (share of capacity) at density-corrected hub wind of any shape; missing where that is."""
        return np.asarray(np.interp(speed, SPEEDS, self.curve))

    def speed(self, seen: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
        """Return density-corrected hub wind from weather columns; None if none tells wind speed."""
        return hub_speed(seen, names, self.hub_height, self.altitude)


def described_wind(site: WindSite) -> WindPlant:
    """Return the farm as its site describes it: its curve, its turbine type's, or a generic one, smoothed."""
    return WindPlant(smoothed(curve_of(site)), site.hub_height_m, site.altitude_m)
