"""A rule applied to arrays: any number of sites and days at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecast.errors import SettingsError, ShapeError
from forecast.rules.book import get
from forecast.rules.exempting import COUNTED, REASONS, Points, counts, excluded
from forecast.rules.judging import judge
from forecast.rules.rule import Part, Rule
from forecast.suggest import suggestion
from forecast.timegrid import NS_PER_HOUR, duration_ns

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Assessment:
    """What a rule says of some periods; arrays have the leading axes of the input.

    Attributes:
        rule, part, status: what was applied, and whether it is verified.
        n: points that count; excluded: how many do not, by reason.
        error, score: score = 1 − error, not below 0; threshold: None where none is on record.
        penalty: in `unit`; point_penalty: each point's share of it, in the shape of the input. NaN: not on record.
    """

    rule: str
    part: str
    status: str
    n: NDArray[np.int64]
    excluded: dict[str, NDArray[np.int64]]
    error: FloatArray
    score: FloatArray
    threshold: float | None
    penalty: FloatArray
    unit: str
    point_penalty: FloatArray


def assess(
    measured: ArrayLike,
    forecast: ArrayLike,
    rule: str | Rule,
    *,
    capacity_kw: ArrayLike,
    kind: str | None = None,
    part: str | None = None,
    curtailed: ArrayLike = False,
    outage: ArrayLike = False,
    daylight: ArrayLike = True,
    hours: ArrayLike | None = None,
    step: Any = "15min",
) -> Assessment:
    """Return the score and penalty of periods whose points lie along the last axis.

    Args:
        measured, forecast: power [kW], one shape (…, points); NaN where missing.
        rule, part: a key of `forecast.rules.list()` and the name of one of its parts (None: the first).
        capacity_kw: in service; broadcast, such as (sites, 1, 1).
        kind: `"wind"` or `"pv"`; may be left out where the rule is for one of them only.
        curtailed, outage, daylight: booleans, broadcast.
        hours: local time of day of each interval's middle [h]; needed where factors go by time slots.

    Raises:
        SettingsError: an unknown rule, part or kind, missing hours. ShapeError: shapes that do not fit.

    >>> four = assess([50e3, 60e3, 40e3, 80e3], [55e3, 50e3, 45e3, 70e3], "NC-2019", capacity_kw=100e3, kind="wind")
    >>> round(float(four.score), 4), four.status
    (0.9134, 'unverified')
    """
    book = get(rule) if isinstance(rule, str) else rule
    chosen = choose_part(book, checked_kind(book, kind), part)
    p, f = np.asarray(measured, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if p.shape != f.shape or p.ndim == 0:
        raise ShapeError(f"measured has shape {p.shape}, forecast {f.shape}; expected one shape, points along the last")
    if hours is None and chosen.penalty is not None and chosen.penalty.slots:
        raise SettingsError(f"rule {book.key!r} has time slots: pass hours=, the local time of day of each point")
    size, shape = p.shape[-1], p.shape[:-1]
    periods = int(np.prod(shape))
    flags = [np.broadcast_to(np.asarray(v, dtype=bool), p.shape).ravel() for v in (curtailed, outage, daylight)]
    period = np.repeat(np.arange(periods), size)
    points = Points(
        measured=p.ravel(),
        forecast=f.ravel(),
        capacity=np.broadcast_to(np.asarray(capacity_kw, dtype=np.float64), p.shape).ravel(),
        curtailed=flags[0],
        outage=flags[1],
        dark=~flags[2],
        hour=np.broadcast_to(np.asarray(0.0 if hours is None else hours, dtype=np.float64), p.shape).ravel(),
        period=period,
        day=period,
    )
    points, why = excluded(points, book, chosen)
    done = judge(points, why == COUNTED, chosen, np.arange(periods), duration_ns(step) / NS_PER_HOUR)
    table = counts(why, period, periods)
    return Assessment(
        rule=book.key,
        part=chosen.name,
        status=book.status,
        n=table[:, COUNTED].reshape(shape),
        excluded={name: table[:, i].reshape(shape) for i, name in enumerate(REASONS) if i},
        error=done.error.reshape(shape),
        score=np.maximum(1.0 - done.error, 0.0).reshape(shape),
        threshold=chosen.threshold,
        penalty=done.penalty.reshape(shape),
        unit=chosen.penalty.unit if chosen.penalty else "",
        point_penalty=done.point_penalty.reshape(p.shape),
    )


def checked_kind(rule: Rule, kind: str | None) -> str:
    """Return the technology; may be None where the rule knows only one, or treats both alike."""
    if kind is None and (len(rule.kinds) == 1 or rule.parts[rule.kinds[0]] == rule.parts[rule.kinds[1]]):
        return rule.kinds[0]
    if kind not in rule.kinds:
        raise SettingsError(f"rule {rule.key!r} is for {' and '.join(rule.kinds)}; got kind={kind!r}")
    return str(kind)


def choose_part(rule: Rule, kind: str, name: str | None) -> Part:
    """Return a part by its name, the first for None."""
    parts = {part.name: part for part in rule.parts[kind]}
    if name is None:
        return next(iter(parts.values()))
    if name not in parts:
        raise SettingsError(f"rule {rule.key!r} has no part {name!r}{suggestion(name, parts)}")
    return parts[name]
