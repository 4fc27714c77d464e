"""How modules stand where nobody says: facing the equator, tilted by the latitude."""

from __future__ import annotations

STEEPEST = 45.0


def usual_tilt(latitude: float) -> float:
    """Return the tilt [degrees] of most yearly energy, at most 45.

    0.87 |φ| up to 25 degrees of latitude, 0.76 |φ| + 3.1 beyond. Source: Landau, Optimum tilt of solar panels (2001).

    >>> usual_tilt(-10.0), usual_tilt(40.0), usual_tilt(78.0)
    (8.7, 33.5, 45.0)
    """
    high = abs(latitude)
    return min(0.87 * high if high <= 25 else 0.76 * high + 3.1, STEEPEST)


def usual_azimuth(latitude: float) -> float:
    """Return the azimuth [degrees] towards the equator: 180 in the north, 0 in the south."""
    return 180.0 if latitude >= 0 else 0.0
