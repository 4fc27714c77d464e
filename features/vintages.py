"""What older runs and members add: how old the newest run is, how the forecast moved, how far runs disagree."""

from __future__ import annotations

import numpy as np

from forecast.features.columns import Columns, with_ending, with_start
from forecast.features.known import Known
from forecast.features.runs import RANKS, Runs
from forecast.timegrid import duration_ns

HOUR_NS = duration_ns("1h")
WIDE_H = (6, 24)  # hours around the valid time
REGION_H = (-12, -6, -3, 0, 3, 6, 12)


def add_vintages(columns: Columns, known: Known) -> np.ndarray:
    """Add each source's run age, last change, mean and spread over its newest four runs, and spread among members.

    Returns:
        The means over the newest runs (n, L, k), columns as in `Known.as_of`.
    """
    means = [_add_source(columns, known, source, names, runs) for source, (names, runs) in known.own_runs.items()]
    return np.concatenate(means, axis=2)


def _add_source(
    columns: Columns, known: Known, source: str, names: tuple[str, ...], runs: Runs | None
) -> np.ndarray:
    ends = known.issue_ns[:, None] + known.leads * known.spec.step_ns
    shape = (*ends.shape, len(names))
    blank = np.full(shape, np.nan, dtype=np.float32)
    age = np.full(len(ends), np.nan, dtype=np.float32)
    ranked, members = [blank] * RANKS, blank
    if runs is not None:
        age = runs.age_h(runs.newest(known.issue_ns), known.issue_ns)
        ranked = runs.ranked(known.issue_ns, ends, known.spec.step_ns, RANKS)
    mean, spread = mean_and_spread(ranked)
    unit, group = "as forecast", "weather forecast"
    columns.add(f"run_age:{source}", age, "h", "run age", 0)
    columns.add_block(with_ending(names, "_run_change"), ranked[0] - ranked[1], unit, group)
    columns.add_block(with_ending(names, "_run_mean"), mean, unit, group)
    columns.add_block(with_ending(names, "_run_spread"), spread, unit, group)
    for hours in WIDE_H:
        # a step out of the run's reach is missing, not guessed
        wide = blank
        if runs is not None and known.spec.step_ns < hours * HOUR_NS:
            wide = runs.best(known.issue_ns, ends + hours * HOUR_NS // 2, hours * HOUR_NS)
        columns.add_block(with_ending(names, f"_around{hours}h"), wide, unit, group)
    if known.spec.runs[source].many:
        if runs is not None:
            members = runs.spread(known.issue_ns, ends, known.spec.step_ns)
        columns.add_block(with_ending(names, "_member_spread"), members, unit, group)
    return mean


def add_near_runs(columns: Columns, known: Known) -> None:
    """Add what the newest runs of other sites say of the valid interval, alone and with the three runs before."""
    for name, (names, runs) in known.runs.items():
        if not known.spec.runs[name].near:
            continue
        ends = known.issue_ns[:, None] + known.leads * known.spec.step_ns
        newest = mean = np.full((*ends.shape, len(names)), np.nan, dtype=np.float32)
        if runs is not None:
            newest = runs.best(known.issue_ns, ends, known.spec.step_ns)
            mean = mean_and_spread(runs.ranked(known.issue_ns, ends, known.spec.step_ns, RANKS))[0]
        near, unit, group = with_start("neighbour:", names), "as forecast", "neighbours' weather"
        columns.add_block(near, newest, unit, group)
        columns.add_block(with_ending(near, "_run_mean"), mean, unit, group)


def add_region(columns: Columns, known: Known) -> None:
    """Add the mean over all sites' newest runs, some hours before, at and after the valid interval: fronts.

    Quantities by name; a neighbour counts as much as the site itself.
    """
    near = [name for name in known.runs if known.spec.runs[name].near]
    if not near:
        return
    ends = known.issue_ns[:, None] + known.leads * known.spec.step_ns
    for hours in REGION_H:
        found: dict[str, list[np.ndarray]] = {}
        for name, (names, runs) in known.runs.items():
            if runs is not None:
                values = runs.best(known.issue_ns, ends + hours * HOUR_NS, known.spec.step_ns)
                for i, column in enumerate(names):
                    found.setdefault(column.removeprefix(f"{name}:"), []).append(values[..., i])
        quantities = _region_names(known)
        blank = [np.full(ends.shape, np.nan, dtype=np.float32)]
        means = [mean_and_spread(found.get(quantity, blank))[0] for quantity in quantities]
        names_at = tuple(f"region:{quantity}{hours:+d}h" for quantity in quantities)
        columns.add_block(names_at, np.stack(means, axis=-1), "as forecast", "neighbours' weather")


def _region_names(known: Known) -> tuple[str, ...]:
    names = (column.removeprefix(f"{name}:") for name, (columns, _) in known.runs.items() for column in columns)
    return tuple(dict.fromkeys(names))


def mean_and_spread(ranked: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of what there is of several arrays, element by element; NaN without any."""
    here = [np.isfinite(x) for x in ranked]
    count = sum(h.astype(np.float32) for h in here)
    total = sum(np.where(h, x, np.float32(0)) for h, x in zip(here, ranked, strict=True))
    mean = np.full(np.shape(total), np.nan, dtype=np.float32)
    np.divide(total, count, out=mean, where=count > 0)
    square = sum(np.where(h, (x - mean) ** 2, np.float32(0)) for h, x in zip(here, ranked, strict=True))
    spread = np.full_like(mean, np.nan)
    np.divide(square, count, out=spread, where=count > 0)
    return mean, np.sqrt(spread)
