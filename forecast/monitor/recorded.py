"""The newest forecasts and measured values of one site, in memory that does not grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.cleaning import LOOKBACK_NS, power_flags
from forecast.errors import ColumnError, InputTypeError
from forecast.evaluation.truth import NEEDED_SHARE, interval_means
from forecast.monitor.losses import FloatArray, IntArray, Rows
from forecast.monitor.packed import pack, unpack
from forecast.settings import quantile_name
from forecast.timegrid import NS_PER_DAY, moment_ns, usual_step_ns

ARRAYS = ("issue_ns", "power", "quantiles", "labels_ns", "values", "limited")


class Recorded:
    """Forecasts by issue time, (n, leads) and (n, leads, levels) [kW], and measured power by label.

    An issue time that comes again takes the place of the one before, and so does a label.
    """

    def __init__(self, leads: IntArray, levels: FloatArray, step_ns: int, capacity_kw: float) -> None:
        self.leads, self.levels, self.step_ns, self.capacity_kw = leads, levels, step_ns, capacity_kw
        self.issue_ns, self.labels_ns = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.power = np.zeros((0, len(leads)), dtype=np.float32)
        self.quantiles = np.zeros((0, len(leads), len(levels)), dtype=np.float32)
        self.values, self.limited = np.zeros(0), np.zeros(0, dtype=bool)

    @property
    def newest_ns(self) -> int | None:
        """The newest issue time; None before the first forecast."""
        return int(self.issue_ns[-1]) if len(self.issue_ns) else None

    @property
    def power_step_ns(self) -> int:
        """The power's own step; that of the forecasts before it can be told."""
        return usual_step_ns(self.labels_ns) if len(self.labels_ns) > 1 else self.step_ns

    def add_forecast(self, frame: pd.DataFrame) -> bool:
        """Record a forecast; returns whether its issue time was there already. Raises for another layout."""
        issue = moment_ns(frame.attrs["issue_time"], "issue_time")
        names = [quantile_name(float(level)) for level in self.levels]
        if missing := [name for name in ("lead", "power", *names) if name not in frame]:
            raise ColumnError(f"the forecast lacks {', '.join(missing)}, which the backtest has; watch it with its own")
        lead = frame["lead"].to_numpy()
        place = np.minimum(np.searchsorted(self.leads, lead), len(self.leads) - 1)
        if (self.leads[place] != lead).any():
            raise ColumnError(f"the forecast has leads {lead.tolist()}, the backtest {self.leads.tolist()}")
        power = np.full((1, len(self.leads)), np.nan, dtype=np.float32)
        quantiles = np.full((1, len(self.leads), len(names)), np.nan, dtype=np.float32)
        power[0, place], quantiles[0, place] = frame["power"].to_numpy(), frame[names].to_numpy()
        at = int(np.searchsorted(self.issue_ns, issue))
        again = at < len(self.issue_ns) and self.issue_ns[at] == issue
        for name, row in (("issue_ns", np.array([issue])), ("power", power), ("quantiles", quantiles)):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old[:at], row, old[at + again :]]))
        return bool(again)

    def add_power(self, labels: IntArray, values: FloatArray, limited: NDArray[np.bool_]) -> dict[str, int]:
        """Record measured values (labels sorted, each once) and say what they were, by the names of counters."""
        place = np.searchsorted(self.labels_ns, labels)
        inside = np.minimum(place, max(len(self.labels_ns) - 1, 0))
        known = self.labels_ns[inside] == labels if len(self.labels_ns) else np.zeros(len(labels), dtype=bool)
        before = self.values[inside[known]]
        same = (before == values[known]) | (np.isnan(before) & np.isnan(values[known]))
        newest = self.labels_ns[-1] if len(self.labels_ns) else np.iinfo(np.int64).min
        new = ~known
        joined = np.concatenate([labels, self.labels_ns])
        self.labels_ns, first = np.unique(joined, return_index=True)  # of two, the one that came now
        self.values = np.concatenate([values, self.values])[first]
        self.limited = np.concatenate([limited, self.limited])[first]
        share = values / self.capacity_kw
        flags = power_flags(labels, values, self.capacity_kw, self.step_ns)
        return {
            "received": int(len(labels)),
            "missing": int(np.count_nonzero(new & ~np.isfinite(share))),
            "out_of_range": int(np.count_nonzero((flags & ~np.uint8(1)) > 0)),
            "late": int(np.count_nonzero(new & (labels < newest))),
            "corrected": int(np.count_nonzero(~same)),
            "repeated": int(np.count_nonzero(same)),
        }

    def news(self, labels: IntArray, values: FloatArray, limited: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of the measured values are not recorded as they are."""
        if not len(self.labels_ns):
            return np.ones(len(labels), dtype=bool)
        place = np.minimum(np.searchsorted(self.labels_ns, labels), len(self.labels_ns) - 1)
        same = (self.values[place] == values) | (np.isnan(self.values[place]) & np.isnan(values))
        return np.asarray(~((self.labels_ns[place] == labels) & same & (self.limited[place] == limited)))

    def needed_from(self, valid_ns: int) -> int:
        """Return after which label power decides intervals that end after `valid_ns`, flags with it."""
        return valid_ns - self.step_ns - LOOKBACK_NS

    def drop(self, valid_ns: int) -> None:
        """Forget forecasts of which no interval ends after `valid_ns`, and power that decides none later."""
        kept = self.issue_ns + int(self.leads[-1]) * self.step_ns > valid_ns
        self.issue_ns, self.power, self.quantiles = self.issue_ns[kept], self.power[kept], self.quantiles[kept]
        near = self.labels_ns > self.needed_from(valid_ns)
        if len(self.issue_ns):  # a label from a clock that is wrong must not stay for ever
            near &= self.labels_ns <= self.issue_ns[-1] + int(self.leads[-1]) * self.step_ns + NS_PER_DAY
        self.labels_ns, self.values, self.limited = self.labels_ns[near], self.values[near], self.limited[near]

    def flags(self) -> NDArray[np.uint8]:
        """Return why values are not used, as `SiteData.flags`."""
        return power_flags(self.labels_ns, self.values, self.capacity_kw, self.power_step_ns)

    def rows(self) -> Rows:
        """Return all forecasts beside what happened, as a backtest judges it; NaN where that is not known."""
        valid = self.issue_ns[:, None] + self.leads[None, :] * self.step_ns
        clean = np.where((self.flags() > 0) | self.limited, np.nan, self.values)
        actual = interval_means(
            self.labels_ns, clean, valid, step_ns=self.step_ns, power_step_ns=self.power_step_ns, share=NEEDED_SHARE
        )
        n, place = len(self.issue_ns), np.arange(len(self.leads))
        return Rows(
            valid.ravel(), np.tile(place, n), actual.ravel(), self.power.ravel().astype(np.float64),
            self.quantiles.reshape(valid.size, len(self.levels)).astype(np.float64),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the arrays as texts."""
        return {name: pack(getattr(self, name)) for name in ARRAYS}

    def restore(self, values: dict[str, Any]) -> None:
        """Take over what `to_dict` gave; raises `InputTypeError` for arrays of another layout."""
        found = {name: unpack(values[name]) for name in ARRAYS}
        for name, array in found.items():
            own = getattr(self, name)
            if array.dtype != own.dtype or array.shape[1:] != own.shape[1:]:
                raise InputTypeError(
                    f"{name} is {array.dtype} {array.shape}, expected {own.dtype} (…, {own.shape[1:]})"
                )
            setattr(self, name, array)
