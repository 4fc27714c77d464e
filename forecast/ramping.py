"""Ramps to come: how likely power rises or falls by a share of the capacity, by how much, and when it begins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.available import available_kw
from forecast.errors import SettingsError
from forecast.forecaster import Forecaster
from forecast.timegrid import duration_ns, index_ns, moment_ns


def ramps(
    forecaster: Forecaster,
    data: SiteData,
    at: Any = None,
    *,
    size: float = 0.3,
    window: Any = "1h",
    n: int = 500,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the ramps that `n` scenarios of a forecast tell of: index `"up"`, `"down"`.

    A ramp is a change of at least `size` times the capacity in service within `window`, from the newest known power or
    any later step on. Columns: `probability`; `size_kw`, the median of the largest change among the scenarios that
    ramp; `start` and `start_from`, `start_to`: median and 80 % interval of when the first ramp begins; missing where no
    scenario ramps. `attrs`: `site issue_time size_kw window`.

    Raises:
        SettingsError: a size that is no share, or a window that no two steps fit in.
    """
    if not 0 < size <= 1:
        raise SettingsError(f"size={size!r}; expected a share of the capacity in service, above 0 and at most 1")
    paths = forecaster.scenarios(data, at, n, random_state)
    issue = moment_ns(paths.attrs["issue_time"], "issue_time")
    valid = index_ns(paths.index, "scenarios")
    step = int(paths.attrs["step_ns"])
    width = min(duration_ns(window, "window") // step, len(valid))
    if width < 1:
        raise SettingsError(f"window={window!r} is shorter than the step of the forecast")
    least = size * float(available_kw(data, np.array([issue]))[0])
    power, times = paths.to_numpy().T, valid
    now = _newest_power(data, issue, step)
    if now is not None and valid[0] - issue == step:
        power, times = np.c_[np.full(len(power), now), power], np.r_[issue, valid]
    rows = {name: _one_way(sign * power, times, width, least) for name, sign in (("up", 1.0), ("down", -1.0))}
    out = pd.DataFrame(rows).T
    out = out.astype({"probability": float, "size_kw": float})
    for name in ("start", "start_from", "start_to"):
        out[name] = pd.DatetimeIndex([row[name] for row in rows.values()], tz="UTC").tz_convert(data.timezone)
    out.attrs = {"site": data.site.name, "issue_time": paths.attrs["issue_time"], "size_kw": least, "window": window}
    return out


def _newest_power(data: SiteData, issue_ns: int, step_ns: int) -> float | None:
    if data.power is None:
        return None
    known = data.until(pd.Timestamp(issue_ns, tz="UTC")).clean.dropna()
    if known.empty or issue_ns - index_ns(known.index, "power")[-1] > 2 * step_ns + data.delays["power"]:
        return None
    return float(max(known.iloc[-1], 0.0))


def _one_way(power: np.ndarray, times: np.ndarray, width: int, least: float) -> dict[str, Any]:
    """Return what scenarios (n, T) tell of rises of at least `least` within `width` steps."""
    rise = largest_rise(power, width)
    ramping = rise >= least
    hit = ramping.any(axis=1)
    out: dict[str, Any] = {"probability": float(hit.mean()), "size_kw": np.nan}
    starts = times[np.argmax(ramping[hit], axis=1)] if hit.any() else np.zeros(0, dtype=np.int64)
    if len(starts):
        out["size_kw"] = float(np.median(rise[hit].max(axis=1)))
    names = {"start": 0.5, "start_from": 0.1, "start_to": 0.9}
    return out | {
        name: pd.Timestamp(int(np.quantile(starts, level, method="inverted_cdf"))) if len(starts) else pd.NaT
        for name, level in names.items()
    }


def largest_rise(power: np.ndarray, width: int) -> np.ndarray:
    """Return the largest rise (n, T − 1) from each step on within `width` steps.

    >>> largest_rise(np.array([[0.0, 2.0, 1.0, 5.0]]), 2).tolist()
    [[2.0, 3.0, 4.0]]
    """
    steps = power.shape[1] - 1
    out = np.full((len(power), steps), -np.inf)
    for ahead in range(1, width + 1):
        change = power[:, ahead:] - power[:, : power.shape[1] - ahead]
        out[:, : change.shape[1]] = np.maximum(out[:, : change.shape[1]], change)
    return out
