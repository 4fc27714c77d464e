"""Training rows as they would have been: with weather runs that are older than usual, and with power that is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecast.data import SiteData
from forecast.data.changed import with_later_runs
from forecast.design import Design, aligned, stack
from forecast.features.featureset import FeatureSet
from forecast.missing import STALE, Input

SHARE_WITHOUT = 0.3  # of the rows with late weather: one of several sources is gone there


def with_older_runs(
    design: Design, sites: Sequence[SiteData], sets: Sequence[FeatureSet], rows: Sequence[np.ndarray], times: int
) -> Design:
    """Return the rows of a stacked design as if every run came later by `times` the age that runs usually reach."""
    parts = []
    for data, features, issue_ns in zip(sites, sets, rows, strict=True):
        extra = {name: times * table.oldest_ns for name, table in features.spec.runs.items() if not table.near}
        made = features.design(with_later_runs(data, extra), issue_ns)
        parts.append(aligned(made, design.common_columns, design.lead_columns))
    return stack(parts)


def without_a_source(design: Design, nwp: Input, random_state: int) -> Design:
    """Return the design with one of several weather sources gone in some of the rows."""
    if len(nwp.sources) < 2:
        return design
    rng = np.random.default_rng(random_state)
    lost = np.where(rng.random(len(design)) < SHARE_WITHOUT, rng.integers(0, len(nwp.sources), len(design)), -1)
    common, lead = design.common.copy(), design.lead.copy()
    for i, source in enumerate(nwp.sources):
        here = [
            [j for j, c in enumerate(columns) if f"{source.name}:" in c.name or c.name == f"run_age:{source.name}"]
            for columns in (design.common_columns, design.lead_columns)
        ]
        common[np.ix_(lost == i, np.array(here[0], dtype=np.int64))] = np.nan
        lead[np.ix_(lost == i, np.arange(lead.shape[1]), np.array(here[1], dtype=np.int64))] = np.nan
    return replace(design, common=common, lead=lead)


def late_power(design: Design, lengths: Sequence[int], rows: np.ndarray, step_ns: int, random_state: int) -> np.ndarray:
    """Return the newest index (rows, classes) as it would be with power that is late by some steps of each class.

    Args:
        lengths: how many rows of the design each site has; a row's past is looked for among its own site's rows.
    """
    rng = np.random.default_rng(random_state)
    out = np.full((len(rows), len(STALE)), np.nan, dtype=np.float32)
    edges = np.r_[0, np.cumsum(lengths)]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        mine = np.flatnonzero((rows >= begin) & (rows < end))
        issue, late, last = design.issue_ns[begin:end], design.late[begin:end], design.last[begin:end]
        for c, most in enumerate(STALE):
            least = STALE[c - 1] + 1 if c else 1
            now = issue[rows[mine] - begin]
            at = np.searchsorted(issue, now - rng.integers(least, most + 1, len(mine)) * step_ns, side="right") - 1
            good = (at >= 0) & (late[at] == 0) & (now - issue[at] <= most * step_ns)
            out[mine, c] = np.where(good, last[at], np.float32(np.nan))
    return out
