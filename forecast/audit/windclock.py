"""The clock of a wind farm against weather forecasts: the lag at which power and forecast wind go together best."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast.audit.evidence import HOUR_NS, MINUTE_NS, Evidence
from forecast.audit.expected import drivers
from forecast.audit.finding import Finding
from forecast.timegrid import NS_PER_DAY

REACH_NS = 6 * HOUR_NS
BLOCK_DAYS = 30
LEAST_R = 0.45
LEAST_BLOCKS = 3
SHIFT = 40.0  # minutes: forecasts themselves come early or late by less, in the mean of months


def clock(evidence: Evidence) -> Iterator[Finding]:
    """A lag of 40 minutes or more between power (or measured wind) and the best forecast wind, in most months."""
    if evidence.is_pv or not evidence.has_power:
        return
    forecast = next((d for d in drivers(evidence) if not d.name.startswith("observed:")), None)
    if forecast is None:
        return
    starts, lags, peaks = monthly_lags(evidence, evidence.grid, forecast.values)
    if len(lags) < LEAST_BLOCKS:
        return
    middle = float(np.median(lags))
    error = 1.4826 * float(np.median(np.abs(lags - middle))) / np.sqrt(len(lags)) + 5
    seasons = _seasons(starts, lags)
    # forecasts of an hour may be means or moments: half a step is no shift
    least = max(SHIFT, 1.25 * evidence.grid_step / MINUTE_NS)
    if abs(middle) < least or abs(middle) / error < 2.5 or (np.sign(lags) == np.sign(middle)).mean() < 0.75:
        return
    yield Finding(
        "clock_shift", "power", int(evidence.times[0]), int(evidence.times[-1]), len(evidence.times),
        "high" if abs(middle) >= 1.1 * least else "medium",
        "nothing is moved; mend the labels, or state the clock the logger follows",
        float(min(0.5 + abs(middle) / error / 20, 0.95)),
        f"power lies {abs(middle):.0f} min {'after' if middle > 0 else 'before'} {forecast.name}, median of "
        f"{len(lags)} blocks of {BLOCK_DAYS} days (r {np.median(peaks):.2f}); {seasons}",
    )  # fmt: skip


def monthly_lags(evidence: Evidence, power: np.ndarray, wind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return begin [ns], best lag [min; > 0: power comes later] and correlation of each block of 30 days."""
    most = REACH_NS // evidence.grid_step
    found = []
    for row in range(0, evidence.days - BLOCK_DAYS // 2, BLOCK_DAYS):
        x, y = power[row : row + BLOCK_DAYS].ravel(), np.cbrt(wind[row : row + BLOCK_DAYS].ravel() ** 3)
        r = np.array([_r(x, y, k) for k in range(-most, most + 1)])
        best = int(np.argmax(r))
        if not 0 < best < 2 * most or r[best] < LEAST_R:
            continue
        below, peak, above = r[best - 1 : best + 2]
        part = 0.5 * (below - above) / min(below - 2 * peak + above, -1e-9)
        lag = (best - most + np.clip(part, -0.5, 0.5)) * evidence.grid_step / MINUTE_NS
        found.append((evidence.first + row * NS_PER_DAY, lag, peak))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    starts, lags, peaks = zip(*found, strict=True)
    return np.array(starts, dtype=np.int64), np.array(lags), np.array(peaks)


def _r(x: np.ndarray, y: np.ndarray, lag: int) -> float:
    """Correlate x(t) with y(t − lag)."""
    if lag > 0:
        x, y = x[lag:], y[:-lag]
    elif lag < 0:
        x, y = x[:lag], y[-lag:]
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 100:
        return -1.0
    x, y = x[both], y[both]
    spread = x.std() * y.std()
    return float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread > 0 else -1.0


def _seasons(starts: np.ndarray, lags: np.ndarray) -> str:
    month = pd.DatetimeIndex((starts + 15 * NS_PER_DAY).astype("datetime64[ns]")).month.to_numpy()
    summer = (month >= 4) & (month <= 9)
    parts = [f"{name} {np.median(lags[m]):+.0f} min" for name, m in (("April to September", summer),
             ("October to March", ~summer)) if m.any()]  # fmt: skip
    return ", ".join(parts)
