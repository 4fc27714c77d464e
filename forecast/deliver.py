"""From shares of capacity to kW that can be delivered: bounds, night, capacity in service, planned limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.data import SiteData
from forecast.data.available import available_kw
from forecast.data.plan import planned
from forecast.design import Design


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of n issue times × L leads, kW: point and quantiles, deliverable and without planned limits."""

    power: np.ndarray
    potential: np.ndarray
    quantiles: np.ndarray
    level: np.ndarray


def deliver(
    data: SiteData, design: Design, point: np.ndarray, quantiles: np.ndarray, level: np.ndarray, step_ns: int
) -> Forecasts:
    """Return forecasts in kW: within [0, capacity in service], quantiles rising, 0 when the sun is down.

    Args:
        point: (n, L), quantiles: (n, L, Q), shares of the capacity in service. The capacity is the last one known at
            the issue time; the plan as it was known then lowers it and caps what is delivered.
    """
    dark = ~design.up
    point = np.where(dark, np.float32(0), np.clip(point, np.float32(0), np.float32(1)))
    quantiles = np.sort(np.clip(quantiles, np.float32(0), np.float32(1)), axis=-1)
    quantiles = np.where(dark[..., None], np.float32(0), quantiles)
    in_service = available_kw(data, design.issue_ns).astype(np.float64)[:, None]
    potential = point * in_service
    if data.plan is None:
        return Forecasts(potential, potential, quantiles * in_service[..., None], level)
    valid_ns = design.issue_ns[:, None] + design.leads[None, :] * step_ns
    most, limit = planned(data.plan, design.issue_ns, valid_ns, step_ns)
    # planned capacity scales what the plant can do, a planned limit only caps it
    share = np.minimum(1.0, np.divide(most, in_service, out=np.ones_like(most), where=in_service > 0))
    cap = np.minimum(limit, most)
    return Forecasts(
        power=np.minimum(potential * share, cap),
        potential=potential,
        quantiles=np.minimum(quantiles * (in_service * share)[..., None], cap[..., None]),
        level=level,
    )
