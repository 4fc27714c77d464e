"""Inputs of one zone and of all zones together, from the winds published up to the end of the month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gefcom2014_tasks.records import Records

YEAR_H = 365.25 * 24


def shifted(x: np.ndarray, hours: int) -> np.ndarray:
    """Return x (T, ...) as it is so many hours later, missing beyond both ends."""
    out = np.full_like(x, np.nan)
    if hours >= 0:
        out[: len(x) - hours] = x[hours:]
    else:
        out[-hours:] = x[:hours]
    return out


def centred(x: np.ndarray, hours: int) -> np.ndarray:
    """Return the mean of x (T, ...) over so many hours around each, of those that are there."""
    half = hours // 2
    here = np.isfinite(x)
    sums = [np.cumsum(np.pad(part, [(half + 1, half)] + [(0, 0)] * (x.ndim - 1)), axis=0)
            for part in (np.where(here, x, 0).astype(np.float64), here.astype(np.float64))]  # fmt: skip
    total, count = (s[hours:] - s[:-hours] for s in sums)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def clock(hours: pd.DatetimeIndex) -> np.ndarray:
    """Return hour of day and season as numbers (T, 7): the hour, two harmonics of the day and one of the year."""
    day = 2 * np.pi * hours.hour.to_numpy() / 24
    year = 2 * np.pi * ((hours - hours[0].normalize().replace(month=1, day=1)) / pd.Timedelta("1h")).to_numpy() / YEAR_H
    waves = [np.sin(day), np.cos(day), np.sin(2 * day), np.cos(2 * day), np.sin(year), np.cos(year)]
    return np.column_stack([hours.hour, *waves]).astype(np.float32)


def speeds(winds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the speeds at 10 and 100 m, (T, Z) each."""
    return np.hypot(winds[..., 0], winds[..., 1]), np.hypot(winds[..., 2], winds[..., 3])


def own_inputs(records: Records, zone: int) -> np.ndarray:
    """Return the inputs (T, p) of the boosters of one zone (by place)."""
    low, high = speeds(records.winds)
    s, u, v = high[:, zone], records.winds[:, zone, 2], records.winds[:, zone, 3]
    turn = np.arctan2(v, u) - np.arctan2(records.winds[:, zone, 1], records.winds[:, zone, 0])
    mean = np.nanmean(high, axis=1) if len(records.zones) > 1 else s
    others = [place for place in range(len(records.zones)) if place != zone]
    columns = [
        *records.winds[:, zone].T, low[:, zone], s, s - low[:, zone], np.angle(np.exp(1j * turn)),
        u / np.maximum(s, 0.1), v / np.maximum(s, 0.1), shifted(s, 1) - shifted(s, -1),
        *(shifted(s, h) for h in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)),
        *(shifted(part, h) for part in (u, v) for h in (-3, -1, 1, 3)),
        *(centred(s, h) for h in (3, 5, 7, 13, 25)), *(centred(part, 7) for part in (u, v)),
        np.sqrt(np.maximum(centred(s**2, 7) - centred(s, 7) ** 2, 0)),
        *(part[:, other] for other in others for part in (high, records.winds[..., 2], records.winds[..., 3])),
        *(shifted(mean, h) for h in (-12, -9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9, 12)), np.nanstd(high, axis=1),
    ]  # fmt: skip
    return np.column_stack([*columns, clock(records.hours)[:, [0, 5, 6]]]).astype(np.float32)


def shared_inputs(records: Records) -> np.ndarray:
    """Return the inputs (T, p) of the ridge of all zones."""
    low, high = speeds(records.winds)
    mean = np.nanmean(high, axis=1, keepdims=True)
    blocks = [
        high, low, records.winds[..., 2], records.winds[..., 3], *(shifted(high, h) for h in (-3, -1, 1, 3)),
        centred(high, 7), centred(high, 25), *(shifted(mean, h) for h in (-12, -9, -6, 6, 9, 12)),
        clock(records.hours)[:, 1:],
    ]  # fmt: skip
    return np.concatenate(blocks, axis=1).astype(np.float32)
