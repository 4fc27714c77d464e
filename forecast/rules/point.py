"""The point forecast that a rule punishes least, out of a forecast distribution.

A day's penalty depends on all its points together; a forecast is made point by point. So each point minimises the
expected loss that it adds: of an energy rule its own penalty; of an accuracy that is charged what its own error lacks
to the threshold, max(error − (1 − threshold), 0), because the errors of a period go together (a mean of squares would
let bad days, which cost in proportion, outweigh the many that can be kept free of charge); of an accuracy without a
penalty the loss under the mean, e² / C² for a RMSE (best: the mean), |e| for a MAE (the median), |e| / max(P, 0.2 C)
(the median weighted by 1 / max(P, 0.2 C)), or with weights the ratio of the expected loss to the expected weight; of a
largest deviation its fourth power. What the rule exempts costs nothing. Gneiting 2011 (JASA 106, 746–762): a point
forecast is good for the score it was made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from forecast.errors import InputTypeError, SettingsError, ShapeError
from forecast.rules.assess import checked_kind, choose_part
from forecast.rules.book import get
from forecast.rules.deviations import DEVIATIONS
from forecast.rules.judging import factors
from forecast.rules.measures import MEASURES, Measure
from forecast.rules.rule import Part, Penalty, Rule
from forecast.timegrid import NS_PER_DAY, NS_PER_HOUR, duration_ns, index_ns, moment_ns

FloatArray = NDArray[np.float64]
SAMPLES = 40  # equally likely values a distribution is taken for
CANDIDATES = 33  # even steps from the least to the largest of them
FINER = 9  # candidates between the neighbours of the best step
AT_ONCE = 128  # rows worked on together: arrays of a megabyte stay in the cache
ULTRA_SHORT_NS = duration_ns("4h")
LARGEST_POWER = 4  # a period's largest loss is nearly a high power's mean


def best_point(
    quantiles: pd.DataFrame | ArrayLike,
    rule: str | Rule,
    *,
    levels: Sequence[float] | None = None,
    capacity_kw: float | None = None,
    kind: str | None = None,
    part: str | None = None,
    hours: ArrayLike | None = None,
    step: Any = None,
) -> Any:
    """Return the point forecast of least expected penalty, in the unit and shape (without levels) of the quantiles.

    Args:
        quantiles: what `Forecaster.predict` returns (or any table with columns `q05` … by valid time), or an array
            with the levels along its last axis.
        rule: a key of `forecast.rules.list()`.
        levels: of an array's last axis, rising.
        capacity_kw: in service; None: the quantiles are shares of it, and limits stated in MW do not count.
        kind: `"wind"` or `"pv"`, where the rule treats them differently.
        part: of the rule; None: for a forecast up to four hours ahead the ultra-short part of its lead, beyond it
            the day-ahead part, as far as the rule has one; of an array without leads the first with a penalty.
        hours: local time of day of each interval's middle, where factors go by time slots; a table's index tells it.
        step: length of an interval; a table's index tells it.

    Raises:
        SettingsError, ShapeError, InputTypeError: what is missing, and what to pass.

    >>> [round(float(best_point([0.2, 0.4, 0.6, 0.8], name, levels=[0.2, 0.4, 0.6, 0.8], kind="wind")), 2)
    ...  for name in ("CC", "SO-2022", "ZJ")]
    [0.5, 0.28, 0.27]
    """
    book = get(rule) if isinstance(rule, str) else rule
    kind = checked_kind(book, kind)
    if isinstance(quantiles, pd.DataFrame):
        return _of_table(quantiles, book, kind, capacity_kw, part, step)
    if levels is None:
        raise SettingsError("quantiles is an array: pass levels=, those of its last axis")
    values = np.asarray(quantiles, dtype=np.float64)
    scaled = _shares(values, levels, capacity_kw)
    chosen = choose_part(book, kind, part) if part is not None else usual_part(book, kind, None)
    if hours is None and chosen.penalty is not None and chosen.penalty.slots:
        raise SettingsError(f"rule {book.key!r} has time slots: pass hours=, the local time of day of each point")
    at = np.broadcast_to(np.asarray(0.0 if hours is None else hours, dtype=np.float64), values.shape[:-1])
    best = best_shares(scaled, np.asarray(levels, dtype=np.float64), book, chosen, at, capacity_kw or np.inf)
    return best * (capacity_kw or 1.0)


def usual_part(rule: Rule, kind: str, ahead_ns: int | None) -> Part:
    """Return the part that a forecast so far ahead is assessed by; the nearest that fits where there is none for it."""
    parts = rule.parts[kind]
    costly = [part for part in parts if part.penalty is not None] or list(parts)
    if ahead_ns is None:
        return costly[0]
    fitting = [part for part in parts if _reaches(part.points, ahead_ns)]
    return next(iter([part for part in fitting if part.penalty is not None] + fitting), costly[0])


def _reaches(points: str, ahead_ns: int) -> bool:
    hour = -(-ahead_ns // duration_ns("1h"))
    if points.startswith("hour "):
        return hour == int(points.split()[1])
    if points in ("fourth hour", "four hours ahead", "up to four hours", "first lead"):
        return ahead_ns <= ULTRA_SHORT_NS
    return points in ("series", "all") or ahead_ns > ULTRA_SHORT_NS


def _of_table(
    table: pd.DataFrame, rule: Rule, kind: str, capacity_kw: float | None, part: str | None, step: Any
) -> pd.Series:
    columns = {
        name: float("0." + name[1:]) for name in map(str, table.columns) if name[:1] == "q" and name[1:].isdigit()
    }
    if not columns:
        raise InputTypeError("quantiles has no columns such as 'q05', 'q50', 'q95'")
    names = sorted(columns, key=lambda name: columns[name])
    valid = index_ns(table.index, "quantiles")
    step_ns = duration_ns(step) if step is not None else _usual_gap(valid)
    assert isinstance(table.index, pd.DatetimeIndex)
    hour = hours_of_day(valid, step_ns, table.index.tz)
    levels = np.array([columns[name] for name in names])
    scaled = _shares(table[names].to_numpy(dtype=np.float64), levels, capacity_kw)
    ahead = valid - moment_ns(table.attrs["issue_time"]) if "issue_time" in table.attrs else np.full(len(valid), -1)
    out = np.empty(len(table))
    for one, rows in parts_by_row(rule, kind, part, ahead):
        out[rows] = best_shares(scaled[rows], levels, rule, one, hour[rows], capacity_kw or np.inf)
    return pd.Series(out * (capacity_kw or 1.0), index=table.index, name="power")


def parts_by_row(
    rule: Rule, kind: str, part: str | None, ahead_ns: NDArray[np.int64]
) -> list[tuple[Part, NDArray[np.bool_]]]:
    """Return the parts in use and the rows that each is for, by how far ahead they are (negative: not known)."""
    if part is not None:
        return [(choose_part(rule, kind, part), np.ones(len(ahead_ns), dtype=bool))]
    each = [usual_part(rule, kind, int(one) if one >= 0 else None).name for one in ahead_ns]
    names = np.array(each)
    return [(choose_part(rule, kind, name), names == name) for name in dict.fromkeys(each)]


def hours_of_day(valid_ns: NDArray[np.int64], step_ns: int, zone: Any) -> FloatArray:
    """Return the local time of day [h] of the middle of intervals that end at `valid_ns`, in its shape."""
    middle = pd.DatetimeIndex((valid_ns - step_ns // 2).ravel(), tz="UTC").tz_convert(zone).tz_localize(None)
    since = middle.as_unit("ns").asi8 % NS_PER_DAY
    return np.asarray(since / NS_PER_HOUR).reshape(valid_ns.shape)


def best_shares(
    quantiles: FloatArray, levels: FloatArray, rule: Rule, part: Part, hour: FloatArray, capacity_kw: float
) -> FloatArray:
    """Return the best point (…,) of quantiles (…, levels), both shares of the capacity in service.

    Beyond the outermost levels the distribution stays at their quantiles. `capacity_kw` is for limits stated in
    kW; infinite: there are none.
    """
    shape = quantiles.shape[:-1]
    rows, at = quantiles.reshape(-1, quantiles.shape[-1]), hour.reshape(-1)
    out = np.array(rows[:, 0], dtype=np.float64)
    unsure = np.flatnonzero(np.ptp(rows, axis=1) != 0)  # what is certain, as the night of PV, has one point
    for start in range(0, len(unsure), AT_ONCE):
        some = unsure[start : start + AT_ONCE]
        out[some] = _best(_samples(rows[some], levels), rule, part, at[some], capacity_kw)
    return out.reshape(shape)


def _samples(quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    """Return equally likely values (n, SAMPLES), rising."""
    ordered = np.sort(quantiles, axis=-1)
    wanted = (np.arange(SAMPLES) + 0.5) / SAMPLES
    high = np.clip(np.searchsorted(levels, wanted), 1, max(len(levels) - 1, 1))
    if len(levels) == 1:
        return np.repeat(ordered, SAMPLES, axis=-1)
    share = np.clip((wanted - levels[high - 1]) / (levels[high] - levels[high - 1]), 0.0, 1.0)
    return ordered[:, high - 1] + share * (ordered[:, high] - ordered[:, high - 1])


def _best(samples: FloatArray, rule: Rule, part: Part, hour: FloatArray, capacity_kw: float) -> FloatArray:
    where = np.arange(len(samples))
    ends = samples[:, :1], samples[:, -1:]
    even = ends[0] + (ends[1] - ends[0]) * np.linspace(0.0, 1.0, CANDIDATES)
    expected = _expected(samples, even, rule, part, hour, capacity_kw)
    place = np.argmin(expected, axis=1)
    low = even[where, np.maximum(place - 1, 0)]
    high = even[where, np.minimum(place + 1, CANDIDATES - 1)]
    candidates = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, FINER)
    expected = _expected(samples, candidates, rule, part, hour, capacity_kw)
    return np.asarray(candidates[where, np.argmin(expected, axis=1)])


def _expected(
    samples: FloatArray, candidates: FloatArray, rule: Rule, part: Part, hour: FloatArray, capacity_kw: float
) -> FloatArray:
    """Return the expected loss (n, candidates); of equal ones the nearest to the median is a trifle less."""
    p = samples[:, None, :]
    f = np.broadcast_to(candidates[:, :, None], (*candidates.shape, SAMPLES))
    one = np.ones(1)
    if part.deviation:
        loss, weight = _charges(p, f, part, hour, capacity_kw), np.ones_like(f)
    else:
        measure = MEASURES[part.measure]
        loss, weight = measure.terms(p, f, one, **part.params)
        if measure.largest:
            loss = np.minimum(loss, 1e3) ** LARGEST_POWER
        elif part.penalty is not None and part.threshold is not None:
            loss, weight = _short(loss, weight, measure, part.threshold), np.ones_like(f)
    least = max(part.least_share, part.least_kw / capacity_kw)
    counts = (p >= least) & ~((p < rule.both_below) & (f < rule.both_below))
    total = np.where(counts, loss, 0.0).sum(axis=2)
    # measures whose points all weigh the same are a plain mean: what is exempt costs nothing
    plain = part.penalty is not None or part.measure not in ("self_weighted", "harmonic")
    over = float(SAMPLES) if plain else np.where(counts, weight, 0.0).sum(axis=2)
    expected = np.divide(total, over, out=np.zeros_like(total), where=np.asarray(over) > 0)
    middle = 0.5 * (samples[:, SAMPLES // 2 - 1] + samples[:, SAMPLES // 2])
    result: FloatArray = expected + 1e-9 * np.abs(candidates - middle[:, None])
    return result


def _short(loss: FloatArray, weight: FloatArray, measure: Measure, threshold: float) -> FloatArray:
    """Return how far the accuracy of a period that errs like this point lies below the threshold."""
    error = np.divide(loss, weight, out=np.zeros_like(loss), where=weight > 0)
    error = np.sqrt(error) if measure.root else error
    error = np.minimum(error, 1.0) if measure.clipped else error
    return np.asarray(np.maximum(error - (1.0 - threshold), 0.0))


def _charges(p: FloatArray, f: FloatArray, part: Part, hour: FloatArray, capacity_kw: float) -> FloatArray:
    penalty = part.penalty or Penalty("", 1.0, 1.0)
    params = dict(part.params)
    if "least_kw" in params:
        params["least_kw"] = params["least_kw"] / capacity_kw
    under, over = (factor[:, None, None] for factor in factors(penalty, hour))
    excess = DEVIATIONS[part.deviation](np.broadcast_to(p, f.shape), f, 1.0, False, **params)
    return np.asarray(excess * np.where(p > f, under, over))


def _shares(quantiles: FloatArray, levels: Any, capacity_kw: float | None) -> FloatArray:
    if quantiles.ndim == 0 or quantiles.shape[-1] != len(levels):
        raise ShapeError(f"quantiles have shape {quantiles.shape}; their last axis needs {len(levels)} levels")
    if capacity_kw is not None:
        return quantiles / capacity_kw
    if np.nanmax(np.abs(quantiles), initial=0.0) > 1.3:
        raise SettingsError("quantiles without capacity_kw are taken for shares of capacity, but some are above 1.3")
    return quantiles


def _usual_gap(valid_ns: NDArray[np.int64]) -> int:
    gaps = np.diff(np.sort(valid_ns))
    gaps = gaps[gaps > 0]
    return int(gaps.min()) if len(gaps) else duration_ns("15min")
