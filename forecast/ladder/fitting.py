"""Fits the rungs: linear models on what is left, all from one table of products, tried out of fold, then ordered.

Leaving out inputs is leaving out rows and columns of the features' products Z'Z: these are summed once, fold by fold,
and each set of inputs is a small system of equations. Out of fold, each set's errors give its quantiles, say whether a
poorer set of inputs would serve it better (it then does), and put the rungs in order. Late power and old runs are made
from the training rows themselves, see `aged`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.data import SiteData
from forecast.design import Design
from forecast.features.featureset import FeatureSet
from forecast.ladder.aged import late_power, with_older_runs, without_a_source
from forecast.ladder.ladder import Ladder
from forecast.ladder.matrix import as_power, features
from forecast.ladder.patterns import Pattern, columns_left, nothing_left, patterns_of, poorer
from forecast.ladder.products import Products, solved
from forecast.missing import OLD, STALE, Inputs, conditions
from forecast.models.persistence import Climatology
from forecast.models.reference import clear_scale, usable
from forecast.models.residuals import fit_residuals
from forecast.models.scaling import Scaler, fit_scaler
from forecast.models.threads import one_thread
from forecast.models.uncertainty import in_turn

MOST_ROWS = 6000  # issue times
MOST_PAIRS = 8000  # issue times × leads that share coefficients
MOST_GROUPS = 16
LEAST_USUAL = 0.5  # share of training rows that must have an input for it to be missed


@dataclass(frozen=True)
class Trial:
    """Pairs of row and lead of one group of leads: truth, clear-sky scale, highest share, honest points (P, m)."""

    actual: np.ndarray
    scale: np.ndarray
    honest: np.ndarray


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
    climatology = Climatology().fit(design)
    usual = (conditions(base, inputs) == 0).mean(axis=0) >= LEAST_USUAL
    with one_thread():
        fitted = [_fit_group(variants, late, np.flatnonzero(group == g), patterns, inputs, climatology, random_state)
                  for g in range(group[-1] + 1)]  # fmt: skip
    chosen, serves = _order(patterns, inputs, [trial for _, _, _, trial in fitted])
    scalers, weights, biases, trials = zip(*fitted, strict=True)
    middle, table = _residuals(trials, chosen)
    keep = chosen[:-1]
    return Ladder(
        serves=serves, usual=usual, group=group,
        mean=np.stack([s.mean for s in scalers]), spread=np.stack([s.spread for s in scalers]),
        weight=np.stack([w[keep] for w in weights], axis=1), bias=np.stack([b[keep] for b in biases], axis=1),
        middle=middle, table=table, climatology=climatology,
    )  # fmt: skip


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


def _fit_group(
    variants: Sequence[Design], late: np.ndarray, leads: np.ndarray, patterns: Sequence[Pattern], inputs: Inputs,
    climatology: Climatology, random_state: int,
) -> tuple[Scaler, np.ndarray, np.ndarray, Trial]:  # fmt: skip
    """Return the scaler, weights (P, p + 1), biases (P,) and the honest points of one group of leads."""
    base = variants[0]
    row, lead = _pairs(base, leads, random_state)
    fold = in_turn(base.issue_ns)[row]
    actual = base.actual[row, lead].astype(np.float64)
    most = (1.0 / base.scale[row]).astype(np.float64)
    weight, bias = [np.zeros(0)] * len(patterns), np.zeros(len(patterns), dtype=np.float32)
    honest = np.empty((len(patterns), len(row)))
    scaler = None
    names = [one.name for one in inputs]
    for v, variant in enumerate(variants):
        mine = [i for i, p in enumerate(patterns) if _variant(p, inputs) == v]
        x = _matrix(variant, late, row, lead)
        scaler = scaler or _common_scaler(x, len(STALE))
        z = scaler(x)
        products = [Products.of(z[fold == f], actual[fold == f]) for f in (0, 1)]
        for i in mine:
            stale = patterns[i][names.index("power")] if "power" in names else 0
            left = np.r_[columns_left(patterns[i], inputs, (*base.common_columns, *base.lead_columns)),
                         np.arange(1, len(STALE) + 1) == stale]  # fmt: skip
            for f in (0, 1):
                w, b = solved(products[1 - f], left)
                honest[i, fold == f] = z[fold == f][:, left] @ w + b
            w, b = solved(products[0] + products[1], left)
            weight[i], bias[i] = _placed(w, left, len(STALE)), b
    bottom = patterns.index(nothing_left(inputs))
    honest[bottom] = climatology.point(base)[row, lead]
    assert scaler is not None
    own = len(scaler.mean) - len(STALE)
    kept = Scaler(scaler.mean[: own + 1], scaler.spread[: own + 1])
    honest = np.clip(honest, 0.0, most)
    return kept, np.stack(weight), bias, Trial(actual, clear_scale(base)[row, lead], honest)


def _pairs(design: Design, leads: np.ndarray, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    row, lead = np.nonzero(usable(design)[:, leads])
    if len(row) > MOST_PAIRS:
        keep = np.sort(np.random.default_rng(random_state).choice(len(row), size=MOST_PAIRS, replace=False))
        row, lead = row[keep], lead[keep]
    return row, leads[lead]


def _matrix(design: Design, late: np.ndarray, row: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Return the features (m, p + classes) of pairs; the last ones the late power of each class."""
    places = as_power((*design.common_columns, *design.lead_columns))
    own = design.common.shape[1] + design.lead.shape[2]
    out = np.empty((len(row), own + late.shape[1]), dtype=np.float32)
    for k in np.unique(lead):
        here = lead == k
        out[here, :own] = features(design, places, int(k), row[here])
    out[:, own:] = late[row] * design.clear[row, lead][:, None]
    return out


def _common_scaler(x: np.ndarray, classes: int) -> Scaler:
    """Return the scaler; late power is scaled alike in all its classes, for a forecast has but one such feature."""
    scaler = fit_scaler(x)
    mean, spread = scaler.mean.copy(), scaler.spread.copy()
    mean[-classes:], spread[-classes:] = mean[-classes], spread[-classes]
    return Scaler(mean, spread)


def _variant(pattern: Pattern, inputs: Inputs) -> int:
    """Return which of the designs a pattern is learned from: 0 or the class of the weather's age."""
    return next((what for what, one in zip(pattern, inputs, strict=True) if one.name == "nwp" and what < one.gone), 0)


def _placed(weight: np.ndarray, left: np.ndarray, classes: int) -> np.ndarray:
    """Return weights (p + 1,) of all features, 0 for those left out; all classes of late power are one feature."""
    whole = np.zeros(len(left))
    whole[left] = weight
    return np.r_[whole[:-classes], whole[-classes:].sum()].astype(np.float32)


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

    def side_by_side(columns: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(c, (0, longest - len(c)), constant_values=1.0) for c in columns], axis=1)

    actual, scale = (side_by_side([getattr(t, name) for t in trials]) for name in ("actual", "scale"))
    found = [fit_residuals(side_by_side([t.honest[i] for t in trials]), scale, actual, good) for i in chosen]
    return np.stack([f.middle for f in found]), np.stack([f.table for f in found])
