"""What our forecaster has of a record at an issue time, as one table on the step grid for the other libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from accuracy_tasks.task import LEADS, Task
from forecast.data import SiteData
from forecast.features.seriestable import component_names, components
from forecast.features.solar import sun

ENVELOPE_DAYS, ENVELOPE_LEVEL, LEAST_DAYS = 30, 0.95, 3
MINUTES = ("1min", "5min")  # what a record finer than its step shows of the newest minutes


def prepared(data: SiteData, fine: SiteData, rows: pd.DataFrame, step: str) -> Task:
    """Return the task of a record: power and every other input on the grid of `step`, and the rows to forecast.

    `fine` is the same site with power at its own step; where that is shorter than `step`, the newest minutes and the
    spread within the step are measurements like others.
    """
    assert data.power is not None
    index = _utc(pd.DatetimeIndex(data.power.index))
    index = pd.date_range(index[0], index[-1], freq=step)
    share = _on(data.clean, index) / data.site.capacity_kw
    past = measured(data, index, step)
    if fine.power_step_ns < pd.Timedelta(step).value:
        past = past.join(within(fine.clean / fine.site.capacity_kw, index, step))
    times = _utc(pd.DatetimeIndex(rows["issue_time"]))
    wanted = {lead: times[(rows["lead"] == lead).to_numpy()] for lead in LEADS}
    return Task(share.rename("power"), past, known_ahead(data, share), wanted)


def measured(data: SiteData, index: pd.DatetimeIndex, step: str) -> pd.DataFrame:
    """Return the observed columns as means over each step; directions as two components."""
    if data.observed is None:
        return pd.DataFrame(index=index)
    table = _split(data.observed)
    if len(table) > 1 and table.index[1] - table.index[0] < pd.Timedelta(step):
        table = table.resample(step, closed="right", label="right").mean()
    return _on(table, index)


def within(power: pd.Series, index: pd.DatetimeIndex, step: str) -> pd.DataFrame:
    """Return the newest minutes of power at each label, and its spread within the step."""
    columns = {f"power_{width}": _on(power.rolling(width).mean(), index) for width in MINUTES}
    spread = power.resample(step, closed="right", label="right").std()
    return pd.DataFrame(columns | {"power_spread": _on(spread, index)}, index=index)


def known_ahead(data: SiteData, share: pd.Series) -> pd.DataFrame:
    """Return what is known of each valid time at every issue time less than a day before."""
    index = pd.DatetimeIndex(share.index)
    step = index[1] - index[0]
    hour = 2 * np.pi * ((index - step / 2) - index.floor("D")) / pd.Timedelta("1D")
    year = 2 * np.pi * index.day_of_year / 365.25
    columns = {"day_sin": np.sin(hour), "day_cos": np.cos(hour), "year_sin": np.sin(year), "year_cos": np.cos(year)}
    table = pd.DataFrame(columns, index=index)
    for name, source in data.nwp.items():
        assert isinstance(source, pd.DataFrame)
        table = table.join(_on(_split(source), index).add_prefix(f"{name}_"))
    if data.site.kind == "pv":
        table["envelope"] = envelope(share)
        if data.site.latitude is not None:
            first = index[:1].as_unit("ns").asi8[0]
            sky = sun(data.site, int(first), len(index), step.value)
            table["sun_elevation"], table["clear_sky"] = sky.elevation, sky.plane
    return table


def envelope(share: pd.Series) -> pd.Series:
    """Return the 95 % quantile of power at the same time of day over the 30 days before; of the day itself nothing."""
    step = share.index[1] - share.index[0]
    day = pd.Timedelta("1D") // step
    padded = np.full(-len(share) % day + len(share), np.nan)
    padded[: len(share)] = share.to_numpy()
    by_day = pd.DataFrame(padded.reshape(-1, day))
    reached = by_day.rolling(ENVELOPE_DAYS, min_periods=LEAST_DAYS).quantile(ENVELOPE_LEVEL).shift(1)
    return pd.Series(reached.to_numpy().ravel()[: len(share)], index=share.index)


def _split(table: pd.DataFrame) -> pd.DataFrame:
    columns = tuple(table.columns)
    values = components(columns, table.to_numpy(dtype=float))
    return pd.DataFrame(values, index=table.index, columns=list(component_names(columns)))


def _on(table: pd.DataFrame | pd.Series, index: pd.DatetimeIndex) -> pd.DataFrame | pd.Series:
    moved = table.set_axis(_utc(pd.DatetimeIndex(table.index)))
    return moved.reindex(index)


def _utc(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    aware = index if index.tz is not None else index.tz_localize("UTC")
    return aware.tz_convert("UTC").tz_localize(None).as_unit("ns")
