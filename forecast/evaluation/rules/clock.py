"""The runs of a backtest by the site's clock, with the runs that should have been there and are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.evaluation.excluding import REASONS
from forecast.evaluation.regimes import labels_of
from forecast.timegrid import NS_PER_DAY, NS_PER_HOUR, duration_ns

if TYPE_CHECKING:
    import xarray as xr

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
NOTHING = -1  # the row of a run that is not there


@dataclass(frozen=True)
class Runs:
    """One site's runs (n,) and their points (n, leads), runs that are missing included.

    Attributes:
        row: the place of a run among the backtest's issue times; `NOTHING` for one that is not there.
        issue_ns, issue_day, issue_hour: when issued; day since 1970 and time of day [h] on the site's clock.
        lead_ns: how far ahead each point ends. day, month, hour: of the middle of each interval, on the site's clock;
            months since 1970.
        measured: kW, NaN where not known. curtailed, outage, dark: what was the matter.
    """

    row: IntArray
    issue_ns: IntArray
    issue_day: IntArray
    issue_hour: FloatArray
    lead_ns: IntArray
    day: IntArray
    month: IntArray
    hour: FloatArray
    measured: FloatArray
    curtailed: BoolArray
    outage: BoolArray
    dark: BoolArray


def read_runs(dataset: xr.Dataset, site: int) -> Runs:
    """Return the runs of a site; those that the usual rhythm of issue times leaves out are put in, empty."""
    zone = str(dataset["timezone"].values[site])
    row, issue_ns = _with_gaps(dataset["issue_time"].values.astype("datetime64[ns]").astype(np.int64))
    step_ns = duration_ns(dataset.attrs["step"])
    lead_ns = dataset["lead"].values.astype(np.int64) * step_ns
    issued = _clock(issue_ns, zone)
    middle = _clock(issue_ns[:, None] + lead_ns - step_ns // 2, zone)
    one = dataset.isel(site=site)
    by_row = ("issue_time", "lead")
    actual = one["actual"].transpose(*by_row).values.astype(np.float64)
    measured = _spread(np.where(one["valid"].transpose(*by_row).values, actual, np.nan), row, np.nan)
    why = np.zeros(actual.shape, dtype=np.int64)
    if "reason" in dataset:
        names = labels_of(dataset["reason"])
        assert tuple(names) == REASONS
        why = one["reason"].transpose(*by_row).values.astype(np.int64)
    reason = _spread(why, row, 0)
    light = one["daylight"].transpose(*by_row).values if "daylight" in dataset else np.ones(actual.shape, dtype=bool)
    months = middle.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    return Runs(
        row=row,
        issue_ns=issue_ns,
        issue_day=issued // NS_PER_DAY,
        issue_hour=(issued % NS_PER_DAY) / NS_PER_HOUR,
        lead_ns=lead_ns,
        day=middle // NS_PER_DAY,
        month=months,
        hour=(middle % NS_PER_DAY) / NS_PER_HOUR,
        measured=measured,
        curtailed=reason == REASONS.index("curtailed"),
        outage=reason == REASONS.index("outage"),
        dark=~_spread(light.astype(bool), row, True),
    )


def forecast_of(dataset: xr.Dataset, model: int, site: int, runs: Runs) -> FloatArray:
    """Return a model's point forecasts (runs, leads) [kW], NaN where there is none."""
    power = dataset["power"].isel(model=model, site=site).transpose("issue_time", "lead").values
    return _spread(power.astype(np.float64), runs.row, np.nan)


def _with_gaps(issue_ns: IntArray) -> tuple[IntArray, IntArray]:
    """Return the row of each run and when it was due. Local days have 23 to 25 hours, so distances are rounded."""
    gaps = np.diff(issue_ns)
    if not len(gaps):
        return np.arange(len(issue_ns)), issue_ns
    usual = float(np.median(gaps))
    lacking = np.maximum(np.rint(gaps / usual).astype(np.int64) - 1, 0)
    if not lacking.any():
        return np.arange(len(issue_ns)), issue_ns
    before = np.repeat(np.arange(len(gaps)), lacking)
    number = np.arange(len(before)) - np.repeat(np.cumsum(lacking) - lacking, lacking) + 1
    due = issue_ns[before] + number * (gaps[before] // (lacking[before] + 1))
    times = np.r_[issue_ns, due]
    rows = np.r_[np.arange(len(issue_ns)), np.full(len(due), NOTHING)]
    order = np.argsort(times, kind="stable")
    return rows[order], times[order]


def _spread(values: NDArray[Any], row: IntArray, empty: float) -> NDArray[Any]:
    out: NDArray[Any] = values[np.maximum(row, 0)]
    out[row == NOTHING] = empty
    return out


def _clock(times_ns: IntArray, zone: str) -> IntArray:
    """Return local wall-clock time in nanoseconds since 1970, in the shape of the times."""
    index = pd.DatetimeIndex(times_ns.ravel(), tz="UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(index.as_unit("ns").asi8).reshape(times_ns.shape)
