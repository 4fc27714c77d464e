"""One group of neighbouring leads: the linear model of every set of inputs, and its errors out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.design import Design
from forecast.ladder.matrix import as_power, features
from forecast.ladder.patterns import Pattern, columns_left, nothing_left
from forecast.ladder.products import Products, added, solved
from forecast.missing import STALE, Inputs
from forecast.models.honest import in_turn
from forecast.models.reference import clear_scale, usable
from forecast.models.scaling import Scaler, fit_scaler

MOST_PAIRS = 8000  # issue times × leads that share coefficients
FOLDS = 4  # few would call a model of a half of the record less sure than one of all of it is
CALM, WILD = 0.3, 4.0  # times the mean size of error: no forecast is surer, or less sure, than that


@dataclass(frozen=True)
class Trial:
    """What a group of leads gave: m pairs of row and lead, P sets of inputs.

    Attributes:
        scaler: of the features (p + 1). weight: (P, p + 1, 2), bias: (P, 2): of the point and of the size of its error.
        size: (P,) mean of that size.
        actual: (m,) truth; honest: (P, m) points out of fold; scale: (P, m) size of error to expect.
    """

    scaler: Scaler
    weight: np.ndarray
    bias: np.ndarray
    size: np.ndarray
    actual: np.ndarray
    honest: np.ndarray
    scale: np.ndarray


def sizes(made: np.ndarray, mean: np.ndarray | float) -> np.ndarray:
    """Return sizes of error (share of capacity) from what the linear model makes of them."""
    return np.asarray(np.clip(made, CALM * mean, WILD * mean))


def fit_group(
    variants: Sequence[Design], late: np.ndarray, leads: np.ndarray, patterns: Sequence[Pattern], inputs: Inputs,
    climate: np.ndarray, random_state: int,
) -> Trial:  # fmt: skip
    """Return the models of all patterns for some leads.

    Args:
        variants: the training rows as they are, then with ever older weather. late: (n, classes) late power.
        climate: (n, L) climatology of the rows, out of fold.
    """
    base = variants[0]
    row, lead = _pairs(base, leads, random_state)
    fold = in_turn(base.issue_ns, FOLDS)[row]
    folds = [fold == f for f in range(FOLDS)]
    actual, clear = base.actual[row, lead].astype(np.float64), clear_scale(base)[row, lead].astype(np.float64)
    most = (1.0 / base.scale[row]).astype(np.float64)
    scaler = _common_scaler(_matrix(base, late, row, lead))
    width = len(scaler.mean) - len(STALE) + 1
    weight, bias = np.zeros((len(patterns), width, 2), np.float32), np.zeros((len(patterns), 2), np.float32)
    size, honest = np.ones(len(patterns)), np.empty((len(patterns), len(row)))
    scale = np.empty_like(honest)
    for v, variant in enumerate(variants):
        z = scaler(_matrix(variant, late, row, lead))
        parts = [Products.of(z[some], actual[some]) for some in folds]
        whole, others = added(parts), [added(parts[:f] + parts[f + 1 :]) for f in range(FOLDS)]
        for i in (i for i, pattern in enumerate(patterns) if _variant(pattern, inputs) == v):
            left = _left(patterns[i], inputs, base)
            for f, some in enumerate(folds):
                w, b = solved(others[f], left)
                honest[i, some] = np.clip(z[some][:, left] @ w + b, 0.0, most[some])
            wrong = np.abs(actual - honest[i])
            for j, products in enumerate((whole, whole.of_another(z, wrong))):
                w, b = solved(products, left)
                weight[i, :, j], bias[i, j] = _placed(w, left), b
            size[i] = wrong.mean()
            scale[i] = sizes(z[:, left] @ w + b, size[i])
    bottom = patterns.index(nothing_left(inputs))
    honest[bottom], scale[bottom] = np.clip(climate[row, lead], 0.0, most), clear
    kept = Scaler(scaler.mean[:width], scaler.spread[:width])
    return Trial(kept, weight, bias, size, actual, honest, scale)


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


def _common_scaler(x: np.ndarray) -> Scaler:
    """Return the scaler; late power is scaled alike in all its classes, for a forecast has but one such feature."""
    scaler, classes = fit_scaler(x), len(STALE)
    mean, spread = scaler.mean.copy(), scaler.spread.copy()
    mean[-classes:], spread[-classes:] = mean[-classes], spread[-classes]
    return Scaler(mean, spread)


def _variant(pattern: Pattern, inputs: Inputs) -> int:
    """Return which of the designs a pattern is learned from: 0 or the class of the weather's age."""
    return next((what for what, one in zip(pattern, inputs, strict=True) if one.name == "nwp" and what < one.gone), 0)


def _left(pattern: Pattern, inputs: Inputs, design: Design) -> np.ndarray:
    late = next((what for what, one in zip(pattern, inputs, strict=True) if one.name == "power"), 0)
    columns = columns_left(pattern, inputs, (*design.common_columns, *design.lead_columns))
    return np.concatenate([columns, np.arange(1, len(STALE) + 1) == late])


def _placed(weight: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return weights (p + 1,) of all features, 0 for those left out; all classes of late power are one feature."""
    whole = np.zeros(len(left))
    whole[left] = weight
    return np.append(whole[: -len(STALE)], whole[-len(STALE) :].sum())
