"""Output held down from outside: a flat top below what the weather would give, and stops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.audit.evidence import HOUR_NS, Evidence
from forecast.audit.expected import best_driver, expected
from forecast.audit.finding import Finding, runs
from forecast.timegrid import NS_PER_DAY

FLAT = 0.005  # share of the usual top between neighbours
RANGE = 0.012  # and over the whole run
LOWEST, HIGHEST = 0.08, 0.93  # of the usual top: below is a calm, above is rated output
BESIDE = 0.10  # of the usual top that the weather would have given more
WITH, WITHOUT = 4, 12  # intervals of a flat run, with weather to compare with and without
APART_NS = 3 * NS_PER_DAY
SAME_LEVEL = 0.02
LISTED = 6
WORTH = 0.2
REST = 0.01


def limited(evidence: Evidence) -> Iterator[Finding]:
    """Flat runs of an hour or more below the weather's worth (three hours where no weather is known), by level."""
    if not evidence.has_power or evidence.top <= 0.01:
        return
    driver = best_driver(evidence)
    x = evidence.grid.ravel() / evidence.top
    potential = None if driver is None else expected(evidence, driver).ravel() / evidence.top
    begin, end = _flat(x)
    held = []
    for b, e in zip(begin, end, strict=True):
        level = float(np.median(x[b : e + 1]))
        if np.ptp(x[b : e + 1]) > RANGE or not LOWEST <= level <= HIGHEST:
            continue
        if potential is None:
            if e - b + 1 >= WITHOUT:
                held.append((b, e, level, 0.0))
            continue
        more = potential[b : e + 1] - level
        known = np.isfinite(more)
        if known.sum() >= WITH and np.median(more[known]) >= BESIDE and more[known].min() > 0:
            held.append((b, e, level, float(np.median(more[known]))))
    yield from _by_level(evidence, held, driver is not None)


def _flat(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(invalid="ignore"):
        begin, end = runs(np.r_[False, np.abs(np.diff(x)) <= FLAT])
    begin = begin - 1
    long_enough = end - begin + 1 >= WITH
    return begin[long_enough], end[long_enough]


def _by_level(evidence: Evidence, held: list[tuple[int, int, float, float]], seen: bool) -> Iterator[Finding]:
    groups: list[list[tuple[int, int, float, float]]] = []
    for run in held:
        near = [g for g in groups if (run[0] - g[-1][1]) * evidence.grid_step <= APART_NS
                and abs(g[0][2] - run[2]) <= SAME_LEVEL]  # fmt: skip
        if near:
            near[-1].append(run)
        else:
            groups.append([run])
    groups.sort(key=lambda g: -sum(e - b + 1 for b, e, *_ in g))
    for group in groups[:LISTED]:
        yield _finding(evidence, group, seen, f"at {group[0][2]:.0%} of what the plant reaches")
    rest = [run for group in groups[LISTED:] for run in group]
    if rest:
        yield _finding(evidence, sorted(rest), seen, f"at {len(groups) - LISTED} other levels")


def _finding(evidence: Evidence, group: list[tuple[int, int, float, float]], seen: bool, text: str) -> Finding:
    n = sum(e - b + 1 for b, e, *_ in group)
    hours = n * evidence.grid_step / HOUR_NS
    lost = sum((e - b + 1) * more for b, e, _, more in group) * evidence.top * evidence.capacity
    lost *= evidence.grid_step / HOUR_NS
    days = len({b // evidence.per_day for b, *_ in group})
    return Finding(
        "curtailment", "power", evidence.label(group[0][0]), evidence.label(group[-1][1]),
        n * int(evidence.grid_step // evidence.step), "medium" if hours >= 6 else "low",
        "kept; pass curtailed= or a plan so that models do not learn it",
        (0.6 if seen else 0.4) + min(days, 7) * 0.05,
        f"{hours:.0f} h flat {text} on {days} day(s)" + (f", about {lost:.3g} kWh below the weather" if seen else ""),
    )  # fmt: skip


def stops(evidence: Evidence) -> Iterator[Finding]:
    """No output for half an hour or more while the weather is worth a fifth of what the plant reaches."""
    driver = best_driver(evidence) if evidence.has_power and evidence.top > 0.01 else None
    if driver is None:
        return
    x = evidence.grid.ravel() / evidence.top
    potential = expected(evidence, driver).ravel() / evidence.top
    with np.errstate(invalid="ignore"):
        begin, end = runs((x <= REST) & (potential > WORTH))
    long_enough = end - begin + 1 >= 2
    begin, end = begin[long_enough], end[long_enough]
    if not len(begin):
        return
    count = end - begin + 1
    order = np.argsort(-count, kind="stable")
    share = count.sum() / max((np.isfinite(x) & (potential > WORTH)).sum(), 1)
    per = int(max(evidence.grid_step // evidence.step, 1))
    for which, text in [(order[k : k + 1], "") for k in range(min(LISTED, len(order)))] + [(order[LISTED:], f"{len(order) - LISTED} more: ")]:
        if len(which):
            yield Finding(
                "stop", "power", evidence.label(begin[which].min()), evidence.label(end[which].max()),
                int(count[which].sum()) * per, "medium" if share > 0.01 else "low",
                "kept; pass available_kw= or a plan where stops are known", 0.75,
                f"{text}{count[which].sum() * evidence.grid_step / HOUR_NS:.0f} h without output in "
                f"weather worth a fifth or more; {share:.1%} of such hours in all",
            )  # fmt: skip


