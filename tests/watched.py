"""A watch on a synthetic backtest, and live forecasts of the same kind, healthy or spoiled."""

from __future__ import annotations

from functools import cache

import pandas as pd
import results

import forecast as fc
from forecast.settings import quantile_name

LEADS, STEP, CAPACITY = 4, "30min", results.CAPACITY


@cache
def promise(days: int = 90) -> fc.BacktestResult:
    return results.backtest(days=days, leads=LEADS, step=STEP)


@cache
def state() -> str:
    import json

    return json.dumps(fc.monitor.Watch(promise(), "gbm").to_dict())


def watch() -> fc.monitor.Watch:
    import json

    return fc.monitor.Watch.from_dict(json.loads(state()))


class Live:
    """Forecasts of days that the backtest did not see; `error` and `width` times as large, `bias` [kW] too high."""

    def __init__(self, days: int, seed: int = 7, error: float = 1.0, width: float = 1.0, bias: float = 0.0) -> None:
        data = results.backtest(days=days, leads=LEADS, step=STEP, seed=seed).dataset
        one = data.sel(model="gbm").isel(site=0)
        self.index = pd.DatetimeIndex(data["issue_time"].values, tz="UTC")
        self.lead, self.levels = data["lead"].values, data["quantile"].values
        actual = one["actual"].values.astype(float)
        off = (error - 1) * (one["power"].values - actual) + bias
        self.actual, self.power = actual, one["power"].values + off
        quantiles = one["quantiles"].values.astype(float) + off[..., None]
        middle = quantiles[..., [3]]
        self.quantiles = middle + width * (quantiles - middle)

    def frame(self, i: int) -> pd.DataFrame:
        out = pd.DataFrame({"lead": self.lead, "power": self.power[i], "potential": self.power[i]})
        for k, level in enumerate(self.levels):
            out[quantile_name(float(level))] = self.quantiles[i, :, k]
        out["level"], out["reason"] = 0, ""
        out.index = pd.DatetimeIndex(self.index[i] + self.lead * pd.Timedelta(STEP), name="valid_time")
        out.attrs = {"site": "field", "issue_time": self.index[i].isoformat(), "model": "gbm", "version": "1"}
        return out

    def outcome(self, first: int, last: int) -> pd.Series:
        """Return the power of the issue times first … last − 1, at their own labels."""
        labels = self.index[first:last] + pd.Timedelta(STEP)
        return pd.Series(self.actual[first:last, 0], index=labels)

    def feed(self, watch: fc.monitor.Watch, days: int, first: int = 0) -> fc.monitor.Watch:
        for i in range(first * 48, (first + days) * 48):
            watch.forecast(self.frame(i))
            if i % 12 == 11:
                watch.outcome(self.outcome(i - 11, i + 1))
        return watch
