"""Power curves on one grid of wind speeds: given, by type name, or generic; smoothed as forecasts see them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import MissingExtraError, SiteError
from forecast.site import WindSite

SPEEDS = np.arange(0.0, 40.01, 0.25)  # m/s
CUT_OUT = 25.0  # m/s
# mean share of capacity over 4, 5 … 15 m/s of the turbines in windpowerlib's table (Open Energy Platform)
GENERIC = (0.045, 0.103, 0.188, 0.306, 0.458, 0.636, 0.801, 0.909, 0.964, 0.986, 0.996, 1.0)
NODES = 61
# spread of the wind at the turbines around a grid cell's: Staffell and Pfenninger 2016, Energy 114:1224
SPREAD, SPREAD_PER_SPEED = 0.6, 0.2
ONE_OF_SEVERAL = 0.9  # a curve that peaks below this share of the capacity is one turbine's


def generic_curve() -> np.ndarray:
    """Return the share of capacity over `SPEEDS` of a turbine nobody named: the mean of many types."""
    share = np.interp(SPEEDS, np.r_[2.5, np.arange(4.0, 15.5)], np.r_[0.0, GENERIC])
    return np.where(SPEEDS >= CUT_OUT, 0.0, share)


def turbine_curve(name: str) -> pd.Series:
    """Return the power curve [kW] over wind speed [m/s] of a turbine type in windpowerlib's table.

    Raises:
        SiteError: no such type; names near ones. MissingExtraError: windpowerlib is not installed.

    >>> turbine_curve("E-101/3050").max()
    3000.0
    """
    table = _table()
    if name not in table.index:
        import difflib

        lower = {other.lower(): other for other in table.index}
        near = difflib.get_close_matches(name.lower(), lower, n=4, cutoff=0.4) or sorted(lower)[:4]
        raise SiteError(
            f"no turbine type {name!r} in windpowerlib's table; near are {', '.join(repr(lower[n]) for n in near)}. "
            "Or give power_curve as a Series, m/s → kW"
        )
    row = table.loc[name].dropna()
    return pd.Series(row.to_numpy() / 1000.0, index=pd.Index(row.index, name="wind_speed"), name="power_kw")


@lru_cache(maxsize=1)
def _table() -> Any:
    from importlib.util import find_spec
    from pathlib import Path

    found = find_spec("windpowerlib")  # its table only: importing it takes a second
    if found is None or found.origin is None:
        raise MissingExtraError("power curves by type name need windpowerlib: pip install 'quarterhour[wind]'")
    table = pd.read_csv(Path(found.origin).parent / "oedb" / "power_curves.csv", index_col=0)
    table.columns = table.columns.astype(float)
    return table.sort_index(axis=1)


def curve_of(site: WindSite) -> np.ndarray:
    """Return the share of capacity over `SPEEDS` of a site: its curve, its turbine type's, or the generic one.

    0 outside the speeds that a curve is given for. A curve is cut at the capacity; one that peaks below 90 % of it is
    one turbine of several, and a type's curve is always scaled to the capacity.
    """
    given = site.power_curve
    if given is None:
        return generic_curve()
    curve = turbine_curve(given) if isinstance(given, str) else given
    peak = float(curve.max())
    if peak <= 0:
        raise SiteError(f"site {site.name!r}: power_curve gives no power at any wind speed")
    whole = peak if isinstance(given, str) or peak < ONE_OF_SEVERAL * site.capacity_kw else site.capacity_kw
    share = np.interp(SPEEDS, curve.index.to_numpy(dtype=float), curve.to_numpy(dtype=float), left=0.0, right=0.0)
    cut: np.ndarray = np.clip(share / whole, 0.0, 1.0)
    return cut


def smoothed(curve: np.ndarray) -> np.ndarray:
    """Return the mean of a curve over the winds around each forecast speed v: normal, of spread 0.6 m/s + 0.2 v.

    What turbines of a farm see differs from the forecast, in place and by its error; the mean power of those winds is
    what to expect.
    """
    mean: np.ndarray = at_probabilities(curve).mean(axis=0)
    return mean


def at_probabilities(curve: np.ndarray, probabilities: np.ndarray | None = None) -> np.ndarray:
    """Return a curve at the winds of some probabilities around each forecast speed, (P, speeds)."""
    from scipy.stats import norm

    even = (np.arange(NODES) + 0.5) / NODES
    away = norm.ppf(even if probabilities is None else probabilities)[:, None]
    winds = np.maximum(SPEEDS + away * (SPREAD + SPREAD_PER_SPEED * SPEEDS), 0.0)
    power: np.ndarray = np.interp(winds, SPEEDS, curve)
    return power
