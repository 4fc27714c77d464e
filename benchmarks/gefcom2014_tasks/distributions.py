"""The second stage: the distribution of power given honest forecasts of it, the mean of a few ridges on cosines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.models.distribution import THRESHOLDS, Distribution, quantiles_of
from gefcom2014_tasks.inputs import clock, own_inputs, shared_inputs, shifted, speeds
from gefcom2014_tasks.points import LEAST_HOURS, fold_of
from gefcom2014_tasks.records import Records

FOLDS = 6  # of whole months in turn
COSINES = 300  # of a member
SHARED = {"cosines": 1200, "width": 1.5, "penalty": 3e-3}
OWN = {"cosines": 400, "width": 1.5, "penalty": 3e-3}
GRID = np.asarray(THRESHOLDS)
# parts of the inputs each member sees beside the forecasts; its kernel's width, its penalty
MEMBERS = [
    (("core",), 1.5, 3e-3),
    (("core", "own"), 1.5, 3e-3),
    (("core", "own", "wind"), 2.5, 3e-3),
    (("core", "slope"), 1.5, 3e-3),
    (("core", "own", "slope", "others"), 2.5, 1e-3),
    (("core", "others"), 1.5, 3e-3),
]


def shared_ridge(known: Records, start: pd.Timestamp) -> np.ndarray:
    """Return distributions (T, Z, J) by the winds of all zones: honest up to `start`, forecasts after it."""
    out = np.full((len(known.hours), len(known.zones), len(GRID)), np.nan, dtype=np.float32)
    x = shared_inputs(known)
    for zones in sharing(known.power):
        out[:, zones] = honest_ridge(known, start, x, zones, SHARED)
    return out


def honest_ridge(
    known: Records, start: pd.Timestamp, x: np.ndarray, zones: list[int], settings: dict[str, float]
) -> np.ndarray:
    """Return the distributions (T, zones, J) of a ridge on x: out of fold up to `start`, of all rows after it."""
    past = np.asarray(known.hours <= start)
    out = np.full((len(past), len(zones), len(GRID)), np.nan, dtype=np.float32)
    ridge, power = Distribution(**settings), known.power[:, zones]
    out[past] = ridge.fit_honest(x[past], power[past], fold_of(known.hours, FOLDS)[past])
    out[~past] = ridge.cdf(x[~past])
    return out


def sharing(power: np.ndarray) -> list[list[int]]:
    """Return which zones share their rows: those with nine tenths of the most; others that have enough stand alone."""
    hours = np.isfinite(power).sum(axis=0)
    enough, many = hours >= LEAST_HOURS, hours >= 0.9 * hours.max()
    together = [int(zone) for zone in np.flatnonzero(many & enough)]
    alone = [[int(zone)] for zone in np.flatnonzero(~many & enough)]
    return [together, *alone] if together else []


def mean_of(cdf: np.ndarray) -> np.ndarray:
    """Return the means (...) of distributions (..., J) between 0 and 1: the area above them."""
    middle = (cdf[..., 1:] + cdf[..., :-1]) / 2
    return np.asarray(1 - (middle * np.diff(GRID)).sum(axis=-1) - (1 - GRID[-1]))


def month_quantiles(
    known: Records, start: pd.Timestamp, zone: int, said: np.ndarray, shared: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """Return the month's quantiles (hours, Q) of a zone, from the two first stages' honest forecasts."""
    past = np.asarray(known.hours <= start)
    parts, made = inputs(known, start, zone, said, shared), []
    good = past & np.isfinite(said).all(axis=1)
    for seed, (names, width, penalty) in enumerate(MEMBERS):
        x = np.column_stack([parts[name] for name in names]).astype(np.float32)
        member = Distribution(cosines=COSINES, width=width, penalty=penalty)
        made.append(member.fit(x[good], known.power[good][:, [zone]], random_state=seed).cdf(x[~past])[:, 0])
    return quantiles_of(np.mean(made, axis=0), GRID, levels)


def inputs(
    known: Records, start: pd.Timestamp, zone: int, said: np.ndarray, shared: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the parts of the inputs (T, p) by name."""
    own = own_inputs(known, zone)
    one = honest_ridge(known, start, own, [zone], OWN)[:, 0]
    ridge, boosted = mean_of(shared), said[:, :2].mean(axis=1)
    speed, (u, v) = speeds(known.winds)[1][:, zone], known.winds[:, zone, 2:].T
    slopes = [shifted(boosted, hours) for hours in (-2, -1, 1, 2)]
    return {
        "core": np.column_stack(
            [said, summary(shared[:, zone]), said[:, 0] - ridge[:, zone], said[:, 0] - said[:, 1]],
        ),
        "own": summary(one),
        "wind": np.column_stack([speed, u, v, clock(known.hours)[:, 1:3]]),
        "slope": np.column_stack(slopes),
        "others": np.column_stack([np.nanmean(ridge, axis=1), np.nanstd(ridge, axis=1)]),
    }


def summary(cdf: np.ndarray) -> np.ndarray:
    """Return mean and three quantiles (T, 4) of distributions (T, J)."""
    return np.column_stack([mean_of(cdf), quantiles_of(cdf, GRID, np.array([0.1, 0.5, 0.9]))])
