"""Forecasts of many sites in one call; a site that fails has its reason, the others their forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.data import SiteData
from forecast.errors import ColumnError, NotEnoughDataError
from forecast.forecaster import Forecaster


def predict_fleet(forecasters: Mapping[str, Forecaster], data: Mapping[str, SiteData], at: Any = None) -> pd.DataFrame:
    """Return the forecasts of all sites, index `site`, `valid_time`, columns as `Forecaster.predict`.

    One forecaster may stand for many names. A site that fails has one row: no valid time, no forecast, and its reason.
    Times are in the sites' zone where they share one, else UTC.

    Raises:
        ColumnError: a site without a forecaster. NotEnoughDataError: no site at all.
    """
    without = [name for name in data if name not in forecasters]
    if without:
        raise ColumnError(f"no forecaster for {', '.join(without[:10])}; there are {', '.join(list(forecasters)[:10])}")
    if not data:
        raise NotEnoughDataError("data is empty; pass {name: SiteData}, at least one")
    frames = {name: _one(forecasters[name], site, at) for name, site in data.items()}
    zones = {str(site.timezone): site.timezone for name, site in data.items() if "power" in frames[name]}
    zone = next(iter(zones.values())) if len(zones) == 1 else "UTC"
    out = pd.concat({name: frame.tz_convert(zone) for name, frame in frames.items()}, names=["site", "valid_time"])
    out.attrs = {}
    return out


def _one(forecaster: Forecaster, data: SiteData, at: Any) -> pd.DataFrame:
    try:
        return forecaster.predict(data, at)
    except Exception as error:  # whatever it is, the other sites' forecasts must go out
        index = pd.DatetimeIndex([pd.NaT], tz="UTC", name="valid_time")
        return pd.DataFrame({"level": [-1], "reason": [f"{type(error).__name__}: {error}"]}, index=index)
