"""Forecasts of many sites in one call; a site that fails has its reason, the others their forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.errors import ColumnError, NotEnoughDataError
from forecast.fleet.together import Rows, rows_together
from forecast.forecaster import Forecaster
from forecast.settings import checked_levels, frame_columns
from forecast.timegrid import to_index

NAMES = ["site", "valid_time"]


def predict_fleet(forecasters: Mapping[str, Forecaster], data: Mapping[str, SiteData], at: Any = None) -> pd.DataFrame:
    """Return the forecasts of all sites, index `site`, `valid_time`, columns as `Forecaster.predict`.

    One forecaster may stand for many names: features, model and quantiles are then worked out as matrices over these
    sites, in one thread, and each row has the bits of the site's own `predict`. Sites that lack an input, or whose
    features are made site by site (weather runs, neighbours, physics, functions of the user's, `adapt`), are forecast
    one after the other. A site that fails has one row: no valid time, no forecast, level −1, and its reason. Times are
    in the sites' zone where they share one, else UTC.

    Raises:
        ColumnError: a site without a forecaster. NotEnoughDataError: no site at all.
    """
    without = [name for name in data if name not in forecasters]
    if without:
        raise ColumnError(f"no forecaster for {', '.join(without[:10])}; there are {', '.join(list(forecasters)[:10])}")
    if not data:
        raise NotEnoughDataError("data is empty; pass {name: SiteData}, at least one")
    given = {name: forecasters[name] for name in data}  # kept, so that no two have the same id
    groups: dict[int, list[str]] = {}
    for name, forecaster in given.items():
        groups.setdefault(id(forecaster), []).append(name)
    rows: dict[tuple[str, ...], list[Rows]] = {}
    for names in groups.values():
        forecaster = given[names[0]]
        made = rows_together(forecaster, {name: data[name] for name in names}, at)
        if made is not None:
            rows.setdefault(tuple(frame_columns(checked_levels(forecaster.quantiles))), []).append(made)
    done = {name for parts in rows.values() for part in parts for name in part.names}
    single = {name: _one(given[name], site, at) for name, site in data.items() if name not in done}
    fine = [site for name, site in data.items() if name in done or "power" in single[name]]
    zones = {str(site.timezone): site.timezone for site in fine}
    zone = next(iter(zones.values())) if len(zones) == 1 else "UTC"
    frames = [_frame(columns, parts, zone) for columns, parts in rows.items()]
    if single:
        frames.append(pd.concat({name: one.tz_convert(zone) for name, one in single.items()}, names=NAMES))
    out = frames[0] if len(frames) == 1 else pd.concat(frames)
    out = _in_order(out, list(data))
    out.attrs = {}
    return out


def _one(forecaster: Forecaster, data: SiteData, at: Any) -> pd.DataFrame:
    try:
        return forecaster.predict(data, at)
    except Exception as error:  # whatever it is, the other sites' forecasts must go out
        index = pd.DatetimeIndex([pd.NaT], tz="UTC", name="valid_time")
        return pd.DataFrame({"level": [-1], "reason": [f"{type(error).__name__}: {error}"]}, index=index)


def _frame(columns: tuple[str, ...], parts: list[Rows], zone: Any) -> pd.DataFrame:
    """Return the rows of forecasters that have the same columns."""
    names = [name for part in parts for name in part.names]
    number = np.concatenate([np.repeat(np.arange(len(p.names)), p.shown.sum(axis=1)) for p in parts])
    before = np.cumsum([0] + [len(p.names) for p in parts[:-1]])
    number += np.repeat(before, [int(p.shown.sum()) for p in parts])
    times, place = np.unique(np.concatenate([p.valid_ns[p.shown] for p in parts]), return_inverse=True)
    levels: Any = [names, to_index(times, zone)]
    codes: Any = [number, place]
    index = pd.MultiIndex(levels=levels, codes=codes, names=NAMES, verify_integrity=False)
    values = [np.concatenate([getattr(p, field)[p.shown] for p in parts]) for field in ("power", "potential")]
    quantiles = np.concatenate([p.quantiles[p.shown] for p in parts]).T
    lead = np.concatenate([np.broadcast_to(p.leads, p.shown.shape)[p.shown] for p in parts])
    none = np.zeros(len(lead), dtype=np.int64)  # what lacks an input is forecast alone
    listed = [lead, *values, *quantiles, none, pd.Series([""]).array.take(none)]
    frame = pd.DataFrame(dict(enumerate(listed)), index=index, copy=False)
    frame.columns = list(columns)
    return frame


def _in_order(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the rows with the sites in the order of `names`, the times of each as they are."""
    index: Any = frame.index
    place = {name: i for i, name in enumerate(names)}
    order = np.array([place[name] for name in index.levels[0]])[index.codes[0]]
    return frame if (np.diff(order) >= 0).all() else frame.iloc[np.argsort(order, kind="stable")]
