"""A forecast on made-up inputs: parts that do not belong together are found when a forecaster is loaded, not later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecast.design import Design
from forecast.errors import BundleError
from forecast.features.spec import Spec
from forecast.localday import times_of_day
from forecast.models.uncertainty import Uncertainty
from forecast.settings import checked_levels, checked_seed

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster
    from forecast.ladder.ladder import Ladder

MOST_VALUES = 4_000_000  # features of one issue time
MOST_DAYS = 400


def check_by_trial(forecaster: Forecaster) -> None:
    """Raise `BundleError` where settings, sites and models of a forecaster do not fit one another.

    A forecast is made from two rows of features, one all missing and one all 0.5: whatever shapes, names and numbers
    the models hold, what comes out must be finite and of the right shape.
    """
    _check_settings(forecaster)
    leads = next(iter(forecaster.sites_.values())).spec.leads
    common, lead = forecaster.common_columns_, forecaster.lead_columns_
    if len(common) + len(leads) * len(lead) > MOST_VALUES or not all(map(math.isfinite, forecaster.quantiles)):
        raise BundleError(f"{len(common)} + {len(leads)} leads × {len(lead)} features are more than any forecast reads")
    with np.errstate(all="ignore"):
        _check_forecast(forecaster, _made_up(forecaster, np.array(leads, dtype=np.int64)))


def _check_settings(forecaster: Forecaster) -> None:
    settings = forecaster._settings()
    checked_seed(forecaster.random_state)
    times_of_day(forecaster.issued_at)
    days = forecaster.local_days
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MOST_DAYS):
        raise BundleError(f"local_days is {days!r}, expected whole days from 1 to {MOST_DAYS}, or None")
    for name, features in forecaster.sites_.items():
        spec: Spec = features.spec
        if spec.kind != forecaster.kind_ or (spec.step_ns, spec.leads) != (settings.step_ns, settings.leads):
            raise BundleError(f"site {name!r} is of another kind, step or horizon than the settings say")


def _made_up(forecaster: Forecaster, leads: np.ndarray) -> Design:
    size = (2, len(leads))
    values = np.array([np.nan, 0.5], dtype=np.float32)
    half, ones = np.full(size, 0.5, dtype=np.float32), np.ones(size, dtype=np.float32)
    return Design(
        common=np.repeat(values[:, None], len(forecaster.common_columns_), axis=1),
        lead=np.broadcast_to(values[:, None, None], (*size, len(forecaster.lead_columns_))).copy(),
        now=values,
        index=values,
        last=values,
        late=np.array([np.nan, 0], dtype=np.float32),
        clear=ones,
        up=ones.astype(bool),
        slot=half,
        season=half,
        scale=np.ones(2),
        actual=np.full(size, np.nan, dtype=np.float32),
        issue_ns=np.array([0, 1], dtype=np.int64),
        leads=leads,
        common_columns=forecaster.common_columns_,
        lead_columns=forecaster.lead_columns_,
    )


def _check_forecast(forecaster: Forecaster, design: Design) -> None:
    levels = np.r_[checked_levels(forecaster.quantiles), 0.5]
    raw = forecaster.model_.point(design)
    point, _ = forecaster._point(design)
    quantiles = forecaster.uncertainty_.quantiles(design, point, levels)
    shape = (2, len(design.leads))
    made = {"point": (raw, shape), "quantiles": (quantiles, (*shape, len(levels)))}
    if forecaster.dependence_ is not None:
        made["dependence"] = (forecaster.dependence_.correlation, (shape[1], shape[1]))
    if forecaster.online_ is not None:
        if not isinstance(forecaster.uncertainty_, Uncertainty) or not forecaster._settings().adapt_ns:
            raise BundleError("what adapts to outcomes belongs to a forecaster that learned and was told to adapt")
        made["adaption"] = (forecaster.online_.reference.point(design), shape)
        made["usual"] = (forecaster.online_.usual, (shape[1], 4))
    if forecaster.ladder_ is not None:
        made |= _rungs(forecaster, forecaster.ladder_, design, levels)
    for name, (values, wanted) in made.items():
        if values.shape != wanted or not np.isfinite(values).all():
            raise BundleError(f"{name}: a trial gave {values.shape} values, expected {wanted}, all finite")


def _rungs(
    forecaster: Forecaster, ladder: Ladder, design: Design, levels: np.ndarray
) -> dict[str, tuple[np.ndarray, tuple[int, ...]]]:
    shape = (2, len(design.leads))
    if ladder.serves.shape != tuple(one.conditions for one in forecaster._inputs):
        raise BundleError("the ladder is one of other inputs than the features are made of")
    made: dict[str, tuple[np.ndarray, tuple[int, ...]]] = {"levels": (forecaster._missing(design)[1], shape)}
    for rung in range(1, len(ladder.middle) + 1):
        nothing = np.full(shape, np.nan, dtype=np.float32)
        every = np.full(shape, rung, dtype=np.int8)
        none = np.full((*shape, len(levels)), np.nan, dtype=np.float32)
        point, quantiles = ladder.serve(design, every, nothing, none, levels)
        made |= {f"rung {rung}": (point, shape), f"quantiles of rung {rung}": (quantiles, (*shape, len(levels)))}
    return made
