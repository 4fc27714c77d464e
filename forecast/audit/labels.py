"""Labels: gaps, rows that came twice or out of order, steps that change, and hours that a change of clock made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast.audit.evidence import HOUR_NS, Evidence
from forecast.audit.finding import Finding, runs, together
from forecast.data import SiteData
from forecast.timegrid import NS_PER_DAY, step_text, usual_step_ns

LISTED = 6  # gaps of one input that get a line of their own
ZONES = ("Europe/Paris", "America/New_York", "Australia/Sydney", "Asia/Tehran", "America/Santiago")


def gaps(evidence: Evidence) -> Iterator[Finding]:
    """Rows that are absent: the longest gaps one by one, the others in one line; nights without rows apart."""
    known: list[np.ndarray] = []
    for name, times in _inputs(evidence.data):
        step = usual_step_ns(times, name)
        wide = np.flatnonzero(np.diff(times) > 1.5 * step)
        edges = np.r_[times[wide], times[wide + 1]]
        # columns of one file share their gaps: told once, under the first
        if not len(wide) or any(np.array_equal(edges, other) for other in known):
            continue
        known.append(edges)
        lost = np.diff(times)[wide] // step - 1
        if evidence.is_pv and _only_nights(times, lost, step):
            yield _nights(name, times, wide, lost)
            wide, lost = _without_nights(wide, lost, step)
        yield from _listed(name, times, wide, lost, step)


def _listed(name: str, times: np.ndarray, wide: np.ndarray, lost: np.ndarray, step: int) -> Iterator[Finding]:
    order = np.argsort(-lost, kind="stable")
    kept = "absent rows stay absent: nothing is filled in"
    whole = len(times) + int(lost.sum())
    for i in order[:LISTED]:
        severity = "medium" if lost[i] * step >= NS_PER_DAY else "low"
        begin, end = int(times[wide[i]]) + step, int(times[wide[i] + 1]) - step
        yield Finding("gap", name, begin, end, int(lost[i]), severity, kept, 1.0,
                      f"{int(lost[i])} rows of {step_text(step)} are absent; {len(wide)} gaps, "
                      f"{lost.sum() / whole:.1%} of all rows")  # fmt: skip
    rest = order[LISTED:]
    if len(rest):
        begin, end = int(times[wide[rest].min()]) + step, int(times[wide[rest].max() + 1]) - step
        yield Finding("gap", name, begin, end, int(lost[rest].sum()), "low", kept, 1.0,
                      f"{len(rest)} more gaps, the longest {step_text(int(lost[rest].max()) * step)}")  # fmt: skip


def _only_nights(times: np.ndarray, lost: np.ndarray, step: int) -> bool:
    nightly = _nightly(lost, step)
    days = (times[-1] - times[0]) / NS_PER_DAY
    seen = len(np.unique(times // NS_PER_DAY))
    return bool(days > 5 and int(nightly.sum()) >= 0.5 * min(seen, days))


def _nightly(lost: np.ndarray, step: int) -> np.ndarray:
    return np.asarray((lost * step >= 5 * HOUR_NS) & (lost * step <= 19 * HOUR_NS))


def _nights(name: str, times: np.ndarray, wide: np.ndarray, lost: np.ndarray) -> Finding:
    nightly = _nightly(lost, int(np.median(np.diff(times))))
    first, last = wide[nightly][0], wide[nightly][-1]
    return Finding(
        "absent_nights", name, int(times[first]), int(times[last + 1]), int(lost[nightly].sum()), "low",
        "absent rows stay absent; forecasts are 0 when the sun is down", 0.95,
        f"{int(nightly.sum())} nights have no rows: the logger writes by day only",
    )  # fmt: skip


def _without_nights(wide: np.ndarray, lost: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    other = ~_nightly(lost, step)
    return wide[other], lost[other]


def repeated(evidence: Evidence) -> Iterator[Finding]:
    """Labels that came twice, with how many of them disagree, and rows out of order."""
    for name, done in evidence.data.tidied.items():
        labels = evidence.data.dropped.get(name, np.zeros(0, dtype=np.int64))
        if done.get("duplicates"):
            n, differ = done["duplicates"], done.get("conflicts", 0)
            days = len(np.unique(labels // NS_PER_DAY))
            yield Finding(
                "duplicates", name, int(labels.min()), int(labels.max()), n, "medium" if differ else "low",
                "the first row of each label is kept", 1.0,
                f"{n} rows repeat a label on {days} day(s); {differ} of them with another value",
            )  # fmt: skip
        if done.get("unsorted"):
            times = evidence.data.times(name)
            yield Finding("unsorted", name, int(times[0]), int(times[-1]), done["unsorted"], "low",
                          "rows are sorted by label", 1.0,
                          f"{done['unsorted']} row(s) stood before an earlier one")  # fmt: skip


def steps(evidence: Evidence) -> Iterator[Finding]:
    """Labels off the usual grid: another phase or another step."""
    for name, times in _inputs(evidence.data):
        step = usual_step_ns(times, name)
        phase = times % step
        common, counts = np.unique(phase, return_counts=True)
        off = phase != common[np.argmax(counts)]
        if off.any():
            where = np.flatnonzero(off)
            yield Finding("off_grid", name, int(times[where[0]]), int(times[where[-1]]), int(off.sum()),
                          "medium" if off.mean() > 0.01 else "low",
                          "used as they are; means over forecast steps count them where they lie", 0.9,
                          f"{off.mean():.1%} of labels do not lie on the usual {step_text(step)} grid")  # fmt: skip


def summer_time(evidence: Evidence) -> Iterator[Finding]:
    """Exactly one hour absent, or written twice, in the night of a change of clock."""
    data = evidence.data
    for name, times in _inputs(data):
        step = usual_step_ns(times, name)
        if step > HOUR_NS or HOUR_NS % step:
            continue
        changes = _changes(data, int(times[0]), int(times[-1]))
        wide = np.flatnonzero(np.abs(np.diff(times) - step - HOUR_NS) <= min(2 * step, HOUR_NS // 4))
        holes = times[wide]
        per_hour = HOUR_NS // step
        labels = np.sort(data.dropped.get(name, np.zeros(0, dtype=np.int64)))
        first, last = together(labels, labels, 2 * step)
        double = first[np.abs((last - first) // step + 1 - per_hour) <= max(per_hour // 6, 0)]
        for what, found in (("dst_hole", holes), ("dst_double", double)):
            near = _near(found, changes)
            if near.any():
                yield Finding(
                    what, name, int(found[near].min()), int(found[near].max()) + HOUR_NS,
                    int(near.sum()) * per_hour, "high",
                    "nothing is moved; state the clock the logger really follows: timezone=, or localize yourself",
                    0.95 if near.sum() > 1 else 0.85,
                    f"one hour is {'absent' if what == 'dst_hole' else 'there twice'} at {int(near.sum())} "
                    "change(s) of summer time: labels were read in a clock that the logger does not follow",
                )  # fmt: skip


def _changes(data: SiteData, first: int, last: int) -> np.ndarray:
    """Return moments of clock changes [ns] in the zones of the site and the power, else in all usual ones."""
    zones = {str(zone) for zone in (data.timezone, data.site.timezone) if zone is not None}
    days = pd.date_range(pd.Timestamp(first, tz="UTC").floor("D") - pd.Timedelta("2D"),
                         pd.Timestamp(last, tz="UTC") + pd.Timedelta("2D"), freq="D")  # fmt: skip
    found = _of_zones(sorted(zones), days)
    return found if len(found) else _of_zones(list(ZONES), days)


def _of_zones(zones: list[str], days: pd.DatetimeIndex) -> np.ndarray:
    out = []
    for zone in zones:
        try:
            offset = (days.tz_convert(zone).tz_localize(None) - days.tz_localize(None)).to_numpy()
        except (KeyError, ValueError):
            continue
        out.append(days.as_unit("ns").asi8[1:][np.diff(offset) != np.timedelta64(0)])
    return np.concatenate(out) if out else np.zeros(0, dtype=np.int64)


def _near(times: np.ndarray, changes: np.ndarray) -> np.ndarray:
    if not len(times) or not len(changes):
        return np.zeros(len(times), dtype=bool)
    distance = np.abs(times[:, None] - changes[None, :]).min(axis=1)
    return np.asarray(distance <= 1.25 * NS_PER_DAY)


def missing(evidence: Evidence) -> Iterator[Finding]:
    """Values that are NaN in rows that are there."""
    columns = {("power", "power"): (evidence.times, evidence.raw, evidence.step)} if evidence.has_power else {}
    for (name, column), (times, values, _) in {**columns, **evidence.weather()}.items():
        absent = ~np.isfinite(values)
        if not absent.any():
            continue
        begin, end = runs(absent)
        where = np.flatnonzero(absent)
        yield Finding("missing", _called(name, column), int(times[where[0]]), int(times[where[-1]]), len(where),
                      "medium" if absent.mean() > 0.05 else "low", "treated as missing", 1.0,
                      f"{absent.mean():.2%} of values are missing in {len(begin)} run(s), "
                      f"the longest of {int((end - begin + 1).max())}")  # fmt: skip


def _called(name: str, column: str) -> str:
    return "power" if name == "power" else f"{name}:{column}"


def _inputs(data: SiteData) -> Iterator[tuple[str, np.ndarray]]:
    for name in ("power", "observed", *data.nwp):
        table = data.nwp[name] if name in data.nwp else getattr(data, name)
        if isinstance(table, pd.Series | pd.DataFrame) and len(table) > 2:
            yield name, data.times(name)
