"""Output held down from outside: a flat top below what the weather would give, and stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
APART_NS = 4 * NS_PER_DAY
REACH_NS = 4 * NS_PER_DAY
EXACT = 5e-4  # of the usual top: the same level
CEILING = 6  # intervals at a level that nothing exceeds
SAME_LEVEL = 0.02
LISTED = 6
WORTH = 0.2
REST = 0.01


def limited(evidence: Evidence) -> Iterator[Finding]:
    """Flat runs of an hour or more below the weather's worth (three hours where no weather is known), by level.

    Runs of the very same level that nothing exceeds between them are a limit too, whatever the weather.
    """
    groups = held_down(evidence)
    seen = bool(groups) and best_driver(evidence) is not None
    for number, group in enumerate(groups):
        if number < LISTED:
            yield _finding(evidence, group, seen, f"at {group[0].level:.0%} of what the plant reaches")
    rest = sorted((run for group in groups[LISTED:] for run in group), key=lambda run: run.first)
    if rest:
        found = _finding(evidence, rest, seen, f"at {len(groups) - LISTED} other levels")
        yield replace(found, severity="low")


def held_down(evidence: Evidence) -> list[list[Run]]:
    """Return the stretches of the grid that `limited` tells of, a list a level, the longest first."""
    if not evidence.has_power or evidence.top <= 0.01:
        return []
    driver = best_driver(evidence)
    x = evidence.grid.ravel() / evidence.top
    potential = None if driver is None else expected(evidence, driver).ravel() / evidence.top
    held = [run for run in _flat(x, FLAT, WITH) if np.ptp(x[run.first : run.last + 1]) <= RANGE
            and _held_down(run, potential)]  # fmt: skip
    groups = _by_level(evidence, held, SAME_LEVEL)
    groups = [_to_the_ends(evidence, x, group) for group in groups]
    taken = np.zeros(len(x), dtype=bool)
    for group in groups:
        taken[group[0].first : group[-1].last + 1] = True
    for group in _by_level(evidence, _flat(x, EXACT, 2), EXACT):
        group = _to_the_ends(evidence, x, group)
        n = sum(run.last - run.first + 1 for run in group)
        whole = x[group[0].first : group[-1].last + 1]
        if len(group) >= 2 and n >= CEILING and np.nanmax(whole) <= group[0].level + RANGE and not taken[
            group[0].first : group[-1].last + 1].all():  # fmt: skip
            groups = [g for g in groups if not group[0].first <= g[0].first <= group[-1].last] + [group]
    groups.sort(key=lambda group: -sum(run.last - run.first + 1 for run in group))
    return groups


@dataclass(frozen=True)
class Run:
    """A flat stretch of the grid, first to last place, at a level."""

    first: int
    last: int
    level: float


def _flat(x: np.ndarray, apart: float, least: int) -> list[Run]:
    with np.errstate(invalid="ignore"):
        begin, end = runs(np.r_[False, np.abs(np.diff(x)) <= apart])
    begin = begin - 1
    found = [Run(int(b), int(e), float(np.median(x[b : e + 1])))
             for b, e in zip(begin, end, strict=True) if e - b + 1 >= least]  # fmt: skip
    return [run for run in found if LOWEST <= run.level <= HIGHEST]


def _held_down(run: Run, potential: np.ndarray | None) -> bool:
    if potential is None:
        return run.last - run.first + 1 >= WITHOUT
    more = potential[run.first : run.last + 1] - run.level
    known = np.isfinite(more)
    return bool(known.sum() >= WITH and np.median(more[known]) >= BESIDE and more[known].min() > 0)


def _by_level(evidence: Evidence, held: list[Run], same: float) -> list[list[Run]]:
    groups: list[list[Run]] = []
    open_groups: list[list[Run]] = []
    for run in held:
        open_groups = [g for g in open_groups if (run.first - g[-1].last) * evidence.grid_step <= APART_NS]
        near = [g for g in open_groups if abs(g[0].level - run.level) <= same]
        if near:
            near[-1].append(run)
        else:
            groups.append([run])
            open_groups.append(groups[-1])
    return groups


def _to_the_ends(evidence: Evidence, x: np.ndarray, group: list[Run]) -> list[Run]:
    """Add single values at the very level before and after, as long as nothing between exceeds it."""
    level, reach = group[0].level, int(REACH_NS // evidence.grid_step)
    first, last = group[0].first, group[-1].last
    before, after = x[max(first - reach, 0) : first][::-1], x[last + 1 : last + 1 + reach]
    b, a = _reached(before, level), _reached(after, level)
    out = list(group)
    if b:
        out.insert(0, Run(first - b, first - b, level))
    if a:
        out.append(Run(last + a, last + a, level))
    return out


def _reached(x: np.ndarray, level: float) -> int:
    """Return how far the farthest value at the level lies before one exceeds it (0: there is none)."""
    above = np.flatnonzero(x > level + EXACT)
    inside = x[: above[0]] if len(above) else x
    at = np.flatnonzero(np.abs(inside - level) <= EXACT)
    return int(at[-1]) + 1 if len(at) else 0


def _finding(evidence: Evidence, group: list[Run], seen: bool, text: str) -> Finding:
    n = sum(run.last - run.first + 1 for run in group)
    hours = n * evidence.grid_step / HOUR_NS
    days = len({run.first // evidence.per_day for run in group})
    return Finding(
        "curtailment", "power", evidence.label(group[0].first), evidence.label(group[-1].last),
        n * int(evidence.grid_step // evidence.step), "medium" if hours >= 6 else "low",
        "kept; pass curtailed= or a plan so that models do not learn it",
        (0.6 if seen else 0.4) + min(days, 7) * 0.05,
        f"{hours:.0f} h flat {text} on {days} day(s)" + (", below the weather's worth" if seen else ""),
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
    single = [(order[k : k + 1], "") for k in range(min(LISTED, len(order)))]
    for which, text in [*single, (order[LISTED:], f"{len(order) - LISTED} more: ")]:
        if len(which):
            yield Finding(
                "stop", "power", evidence.label(begin[which].min()), evidence.label(end[which].max()),
                int(count[which].sum()) * per, "medium" if share > 0.01 else "low",
                "kept; pass available_kw= or a plan where stops are known", 0.75,
                f"{text}{count[which].sum() * evidence.grid_step / HOUR_NS:.0f} h without output in "
                f"weather worth a fifth or more; {share:.1%} of such hours in all",
            )  # fmt: skip


