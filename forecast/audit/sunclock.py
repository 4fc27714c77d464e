"""The clock of a PV plant against the sun: the middle between its first and last output of each day.

m(d) = ½ · [ (dawn + dusk of power) − (dawn + dusk of the clear sky) ],  dawn, dusk: where 2 % of the day's usual top
is passed, between two intervals linear. Cloud dims the edges alike on both sides, so m says where noon lies.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import maximum_filter1d

from forecast.audit.breaks import WINDOW, breaks
from forecast.audit.evidence import LEAST_DAYS, MINUTE_NS, Evidence
from forecast.audit.finding import Finding, together
from forecast.audit.levels import level_changes
from forecast.timegrid import NS_PER_DAY, step_text

EDGE = 0.02
TOP_DAYS = 15  # a day's usual top is the highest of these around it
LEAST_JUMP = 9.0  # minutes
SURE = 11.0  # gained log-likelihood
SHORTER = 120.0  # minutes
OPEN = 0.7
SEEN_SURE = 3.0  # standard errors, where the labels themselves show that the clock was set
MARK_DAYS = 5
TOLERANCE = 5.0  # minutes beside a convention of labels that terrain and weather can make


def clock(evidence: Evidence) -> Iterator[Finding]:
    """Jumps of the clock within the record, and a shift of all of it where the position is known."""
    minutes = noon_minutes(evidence)
    good = np.isfinite(minutes)
    if good.sum() < LEAST_DAYS:
        return
    jumps = clock_jumps(evidence)
    edges = [0, *(place for place, _, _ in jumps), evidence.days]
    levels = [float(np.nanmedian(minutes[a:b])) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    for (place, jump, t), level in zip(jumps, levels[1:], strict=True):
        stop = next((p for p, _, _ in jumps if p > place), evidence.days)
        begin = _at_a_gap(evidence, place, jump)
        end = min(int(evidence.day_start[stop - 1]) + NS_PER_DAY, int(evidence.times[-1]))
        yield _jumped(evidence, begin, end, jump, level, t, len(jumps))
    if evidence.site.has_position:
        longest = int(np.argmax(np.diff(edges)))
        yield from _whole(evidence, levels[longest], minutes, good)


def clock_jumps(evidence: Evidence) -> list[tuple[int, float, float]]:
    """Return (day, minutes, t) of jumps that morning and evening make alike; a lost string moves only one of them."""
    minutes = noon_minutes(evidence)
    if np.isfinite(minutes).sum() < LEAST_DAYS:
        return []
    dawn, dusk = edge_minutes(evidence)
    openness = _openness(dawn, dusk)
    # in cloudy weeks most edges are cloud, and move by themselves
    dawn, dusk = (np.where(openness >= OPEN, edge, np.nan) for edge in (dawn, dusk))
    out = []
    for change in level_changes(minutes / 60, openness, LEAST_JUMP / 60, SURE):
        place, jump, t = change.place, 60 * change.jump, change.t
        moved = [_jump_at(edge, place) / jump for edge in (dawn, dusk)]
        if min(moved) >= 0.25:
            out.append((place, jump, t))
    for place, jump, t in breaks(minutes, LEAST_JUMP, SEEN_SURE, drifts=False):
        moved = [_jump_at(edge, place) / jump for edge in (dawn, dusk)]
        known = any(abs(place - other) <= WINDOW for other, _, _ in out)
        # a clock that was set leaves a hole or repeated labels of just that length
        if not known and min(moved) >= 0 and len(_marks(evidence, place, jump)):
            out.append((place, jump, t))
    return sorted(out)


def _openness(dawn: np.ndarray, dusk: np.ndarray) -> np.ndarray:
    """Return 1 for a day as long as the longest around, 0 for one two hours shorter: its edges are cloud, not sun."""
    length = dusk - dawn
    longest = maximum_filter1d(np.where(np.isfinite(length), length, -np.inf), 2 * TOP_DAYS + 1, mode="nearest")
    with np.errstate(invalid="ignore"):
        return np.asarray(np.clip(1 - (longest - length) / SHORTER, 0.0, 1.0))


def _jump_at(values: np.ndarray, place: int) -> float:
    before, after = values[:place], values[place:]
    before, after = before[np.isfinite(before)][-12:], after[np.isfinite(after)][:12]
    return float(np.median(after) - np.median(before)) if len(before) and len(after) else 0.0


def _jumped(evidence: Evidence, begin: int, end: int, jump: float, level: float, t: float, count: int) -> Finding:
    there = int(((evidence.times >= begin) & (evidence.times <= end)).sum())
    yearly = abs(abs(jump) - 60) < 12
    text = "; an hour to and fro: the logger follows summer time, its labels do not" if yearly and count > 1 else ""
    return Finding(
        "clock_shift", "power", begin, end, there, "high",
        "nothing is moved; mend the labels, or state the clock the logger follows", float(min(0.6 + t / 50, 0.99)),
        f"from here on the day lies {abs(jump):.0f} min {'later' if jump > 0 else 'earlier'} by the labels "
        f"than before ({level:+.0f} min from the sun's noon){text}",
    )  # fmt: skip


def _whole(evidence: Evidence, level: float, minutes: np.ndarray, good: np.ndarray) -> Iterator[Finding]:
    step = evidence.step / MINUTE_NS
    begin, end = int(evidence.times[0]), int(evidence.times[-1])
    near = {"end": 0.0, "instant": -step / 2, "start": -step}
    best = min(near, key=lambda name: abs(level - near[name]))
    dawn, dusk = edge_minutes(evidence)
    # hills and shade take from one end of the day more than from the other
    shade = abs(float(np.nanmedian(dusk) - np.nanmedian(dawn))) / 2
    allowed = max(TOLERANCE, step / 4, 0.35 * shade)
    if step >= 10 and best != "end" and abs(level - near[best]) <= allowed:
        spread = float(np.nanmedian(np.abs(minutes - level)))
        yield Finding(
            "label_guess", "power", begin, end, len(evidence.times), "medium" if best == "start" else "low",
            f"nothing is moved; if it is so, state label={best!r}", 0.5 + 0.4 * min(step / 2 / (spread + 1), 1.0) / 2,
            f"noon by the power lies {level:+.1f} min from the sun's: labels look like the interval's "
            f"{'start' if best == 'start' else 'middle, or values at an instant'}",
        )  # fmt: skip
    elif level > allowed + 3 or level < -step - allowed - 3:
        yield Finding(
            "clock_shift", "power", begin, end, int(good.sum()) * evidence.per_day,
            "high" if abs(level) > 25 else "medium",
            "nothing is moved; mend the labels, or state the clock the logger follows", 0.75,
            f"noon by the power lies {level:+.0f} min from the sun's noon at the stated position "
            f"(step {step_text(evidence.step)})",
        )  # fmt: skip


def noon_minutes(evidence: Evidence) -> np.ndarray:
    """Return by how many minutes each day lies later in its labels than by the sun; NaN where it cannot be told."""
    dawn, dusk = edge_minutes(evidence)
    return np.asarray((dawn + dusk) / 2)


def edge_minutes(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return by how many minutes each day's first and last output lie later than the clear sky's."""
    if not evidence.is_pv or not evidence.has_power or evidence.days < LEAST_DAYS or evidence.sun is None:
        nothing = np.full(evidence.days if evidence.has_power else 0, np.nan)
        return nothing, nothing
    clear = evidence.sun.ghi.astype(np.float64).reshape(evidence.days, evidence.per_day)
    dawn, dusk, whole = _edges(evidence.grid)
    sky_dawn, sky_dusk, _ = _edges(clear)
    minutes = evidence.grid_step / MINUTE_NS
    return np.where(whole, dawn - sky_dawn, np.nan) * minutes, np.where(whole, dusk - sky_dusk, np.nan) * minutes


def _edges(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    days, per_day = x.shape
    filled = np.nan_to_num(x)
    highest = np.quantile(filled, 0.98, axis=1)
    level = EDGE * maximum_filter1d(highest, 2 * TOP_DAYS + 1, mode="nearest")[:, None]
    on = filled > np.maximum(level, 1e-9)
    rows = np.arange(days)
    first, last = on.argmax(axis=1), per_day - 1 - on[:, ::-1].argmax(axis=1)
    known = np.isfinite(x)
    dawn = first - _part(filled, rows, first, first - 1, level[:, 0])
    dusk = last + _part(filled, rows, last, last + 1, level[:, 0])
    inside = np.cumsum(~known, axis=1)
    lost = inside[rows, last] - inside[rows, first]
    least = per_day / 8
    whole = on.any(axis=1) & (last - first > least) & (lost <= 0.1 * per_day / 2) & (first > 0) & (last < per_day - 1)
    whole &= highest > 0.1 * level[:, 0] / EDGE
    # a morning or evening that is absent would look like a shift, unless nights are never written
    nightly = known[:, 0].mean() > 0.5
    if nightly:
        whole &= known[rows, np.maximum(first - 1, 0)] & known[rows, np.minimum(last + 1, per_day - 1)]
    return dawn, dusk, whole


def _part(x: np.ndarray, rows: np.ndarray, inner: np.ndarray, outer: np.ndarray, level: np.ndarray) -> np.ndarray:
    a, b = x[rows, np.clip(outer, 0, x.shape[1] - 1)], x[rows, inner]
    return np.asarray(np.clip((b - level) / np.maximum(b - a, 1e-9), 0.0, 1.0))


def _marks(evidence: Evidence, place: int, jump: float) -> np.ndarray:
    """Return labels [ns] near a day at which a gap, or repeated labels, as long as the jump begins."""
    start = int(evidence.day_start[place])
    size = abs(jump) * MINUTE_NS
    if jump > 0:
        wide = np.flatnonzero(np.diff(evidence.times) > 1.5 * evidence.step)
        times, lost = evidence.times[wide + 1], np.diff(evidence.times)[wide] - evidence.step
    else:
        labels = np.sort(evidence.data.dropped.get("power", np.zeros(0, dtype=np.int64)))
        times, last = together(labels, labels, 2 * evidence.step)
        lost = last - times + evidence.step
    fits = np.abs(lost - size) <= max(0.35 * size, 0.6 * evidence.step)
    return np.asarray(times[fits & (np.abs(times - start) <= MARK_DAYS * NS_PER_DAY)])


def _at_a_gap(evidence: Evidence, place: int, jump: float) -> int:
    """Return when a jump happened: at a gap or repeated labels of its size near by, else at the day's start."""
    start, near = int(evidence.day_start[place]), _marks(evidence, place, jump)
    return int(near[np.argmin(np.abs(near - start))]) if len(near) else start
