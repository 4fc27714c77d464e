"""Where a site stands between the points of a latitude-longitude grid."""

from __future__ import annotations

import numpy as np

from forecast.errors import SiteError, WeatherError

CLOSE = 1e-6  # degrees: coordinates are often float32
Corners = tuple[tuple[int, int], float]


def on_latitudes(grid: np.ndarray, latitude: float) -> Corners:
    """Return the two places around a latitude and the share of the second; rising or falling grids.

    >>> (low, high), share = on_latitudes(np.array([50.0, 49.0, 48.0]), 48.25)
    >>> int(low), int(high), share
    (2, 1, 0.25)
    """
    grid = np.asarray(grid, dtype=np.float64)
    order = np.argsort(grid)
    between = _between(grid[order], latitude)
    if between is None:
        raise SiteError(
            f"the site's latitude {latitude:g} is outside the grid, {grid.min():g} to {grid.max():g}; "
            "read a larger area"
        )
    place, share = between
    return (int(order[place]), int(order[min(place + 1, len(grid) - 1)])), share


def on_longitudes(grid: np.ndarray, longitude: float) -> Corners:
    """Return the two places around a longitude; −180 … 180 and 0 … 360 alike, over either seam, global grids round.

    >>> (low, high), share = on_longitudes(np.arange(0.0, 360.0), -0.25)
    >>> int(low), int(high), share
    (359, 0, 0.75)
    """
    turned, first = np.unique(np.round(np.mod(np.asarray(grid, dtype=np.float64), 360.0), 9) % 360.0, return_index=True)
    gaps = np.diff(np.append(turned, turned[0] + 360.0))
    after = int(np.argmax(gaps))
    is_global = len(turned) > 2 and gaps[after] <= 1.5 * np.median(gaps)
    begin = 0 if is_global else (after + 1) % len(turned)
    order = np.roll(np.arange(len(turned)), -begin)
    along = np.mod(turned[order] - turned[begin], 360.0)
    if is_global:
        order, along = np.append(order, order[0]), np.append(along, 360.0)
    at = (longitude - turned[begin]) % 360.0
    between = _between(along, at if 360.0 - at > CLOSE else 0.0)
    if between is None:
        west, east = (_signed(grid[first[order[end]]]) for end in (0, -1))
        raise SiteError(
            f"the site's longitude {longitude:g} is outside the grid, {west:g} to {east:g} eastwards; "
            "read a larger area"
        )
    place, share = between
    return (int(first[order[place]]), int(first[order[min(place + 1, len(order) - 1)]])), share


def _between(rising: np.ndarray, at: float) -> tuple[int, float] | None:
    if len(rising) == 0:
        raise WeatherError("the grid has no points")
    if not rising[0] - CLOSE <= at <= rising[-1] + CLOSE:
        return None
    if len(rising) == 1:
        return 0, 0.0
    place = int(np.clip(np.searchsorted(rising, at, side="right") - 1, 0, len(rising) - 2))
    share = (at - rising[place]) / (rising[place + 1] - rising[place])
    return place, float(np.clip(share, 0.0, 1.0))


def _signed(longitude: float) -> float:
    return (float(longitude) + 180.0) % 360.0 - 180.0
