"""Fits the rungs: linear models on what is left, all from one table of products, tried out of fold, then ordered.

Leaving out inputs is leaving out rows and columns of the features' products Z'Z: these are summed once, fold by fold,
and each set of inputs is a small system of equations. Out of fold, each set's errors give its quantiles, say whether a
poorer set of inputs would serve it better (it then does), and put the rungs in order. Late power and old runs are made
from the training rows themselves, see `aged`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecast.data import SiteData
from forecast.design import Design
from forecast.features.featureset import FeatureSet
from forecast.ladder.aged import late_power, with_older_runs, without_a_source
from forecast.ladder.ladder import Ladder
from forecast.ladder.patterns import Pattern, nothing_left, patterns_of, poorer
from forecast.ladder.trial import Trial, fit_group
from forecast.missing import OLD, Inputs, conditions
from forecast.models.persistence import Climatology
from forecast.models.reference import LEAST_ROWS, usable
from forecast.models.residuals import fit_residuals
from forecast.models.threads import one_thread

MOST_ROWS = 6000  # issue times
MOST_GROUPS = 16
PARTS = 4  # of the record, for climatology
LEAST_USUAL = 0.5  # share of training rows that must have an input for it to be missed


def fit_ladder(
    sites: Sequence[SiteData],
    sets: Sequence[FeatureSet],
    design: Design,
    lengths: Sequence[int],
    inputs: Inputs,
    random_state: int,
) -> Ladder:
    """Return the rungs for every set of missing inputs, learned from (some of) the training rows.

    Args:
        design: all training rows, sites under one another; lengths: rows of each site.
    """
    rows = _some_rows(design, random_state)
    late = late_power(design, lengths, rows, sets[0].spec.step_ns, random_state)
    base = design.take(rows)
    edges = np.searchsorted(rows, np.cumsum(lengths)[:-1])
    issues = np.split(base.issue_ns, edges)
    variants = [base, *_aged(base, sites, sets, issues, inputs, random_state)]
    patterns, group = patterns_of(inputs), _groups(len(design.leads))
    climatology, climate = Climatology().fit(design), honest_climatology(base)
    usual = (conditions(base, inputs) == 0).mean(axis=0) >= LEAST_USUAL
    with one_thread():
        trials = [
            fit_group(variants, late, np.flatnonzero(group == g), patterns, inputs, climate, random_state)
            for g in range(group[-1] + 1)
        ]
    chosen, serves = _order(patterns, inputs, trials)
    middle, table = _residuals(trials, chosen)
    keep = chosen[:-1]  # climatology has no weights
    weight, bias, size = (
        np.stack([getattr(t, name)[keep] for t in trials], axis=1) for name in ("weight", "bias", "size")
    )
    return Ladder(
        serves=serves, usual=usual, group=group,
        mean=np.stack([t.scaler.mean for t in trials]), spread=np.stack([t.scaler.spread for t in trials]),
        weight=weight, bias=bias, size=size.astype(np.float32),
        middle=middle, table=table, climatology=climatology,
    )  # fmt: skip


def honest_climatology(design: Design) -> np.ndarray:
    """Return the climatology (n, L) of each of a few long parts of the record, learned from the others.

    Parts, not blocks in turn: of what is to come, a record of less than a year has not seen the season.
    """
    slim = replace(design, common=design.common[:, :0], lead=design.lead[..., :0])
    out = np.empty(design.clear.shape, dtype=np.float32)
    whole = Climatology().fit(slim)
    for part in np.array_split(np.argsort(design.issue_ns, kind="stable"), PARTS):
        others = slim.take(np.setdiff1d(np.arange(len(slim)), part))
        enough = usable(others).sum(axis=0).min() >= LEAST_ROWS
        out[part] = (Climatology().fit(others) if enough else whole).point(slim.take(part))
    return out


def _some_rows(design: Design, random_state: int) -> np.ndarray:
    rows = np.flatnonzero(usable(design).any(axis=1))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(random_state).choice(rows, size=MOST_ROWS, replace=False))
    return rows


def _groups(leads: int) -> np.ndarray:
    return np.arange(leads) * min(leads, MOST_GROUPS) // leads


def _aged(
    base: Design, sites: Sequence[SiteData], sets: Sequence[FeatureSet], issues: Sequence[np.ndarray],
    inputs: Inputs, random_state: int,
) -> list[Design]:  # fmt: skip
    """Return the rows with weather that is late, one design a class of age."""
    nwp = next((one for one in inputs if one.name == "nwp"), None)
    if nwp is None or nwp.conditions == 2:
        return []
    if not any(source.age is not None for source in nwp.sources):
        return [without_a_source(base, nwp, random_state)]
    return [without_a_source(with_older_runs(base, sites, sets, issues, t), nwp, random_state + t) for t in OLD]


def _order(patterns: list[Pattern], inputs: Inputs, trials: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray]:
    """Return the patterns that are rungs, best first, and the rung of every set of conditions."""
    squares = sum((np.square(t.honest - t.actual).sum(axis=1) for t in trials), np.zeros(len(patterns)))
    shape = [one.conditions for one in inputs]
    bottom = patterns.index(nothing_left(inputs))
    best = np.empty(shape, dtype=np.int64)
    for conditions_ in np.ndindex(*shape):
        candidates = poorer(conditions_, patterns)
        best[conditions_] = min(candidates, key=lambda i: (squares[i], i == bottom))
    best[(0,) * len(shape)] = -1
    used = np.unique(np.r_[best[best >= 0], bottom])
    order = sorted(used, key=lambda i: (i == bottom, squares[i]))
    rung = {-1: 0} | {pattern: i + 1 for i, pattern in enumerate(order)}
    return np.array(order), np.vectorize(rung.get, otypes=[np.int8])(best)


def _residuals(trials: Sequence[Trial], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the quantiles of the rungs' honest errors, a column a group of leads."""
    longest = max(len(t.actual) for t in trials)
    good = np.stack([np.arange(longest) < len(t.actual) for t in trials], axis=1)

    def beside(columns: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(c, (0, longest - len(c)), constant_values=1.0) for c in columns], axis=1)

    actual = beside([t.actual for t in trials])
    found = [
        fit_residuals(beside([t.honest[i] for t in trials]), beside([t.scale[i] for t in trials]), actual, good)
        for i in chosen
    ]
    return np.stack([f.middle for f in found]), np.stack([f.table for f in found])
