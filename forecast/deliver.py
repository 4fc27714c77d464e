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
    in_service = available_kw(data, design.issue_ns).astype(np.float64)
    if data.plan is None:
        return delivered(design, point, quantiles, level, in_service, None)
    valid_ns = design.issue_ns[:, None] + design.leads[None, :] * step_ns
    return delivered(
        design, point, quantiles, level, in_service, planned(data.plan, design.issue_ns, valid_ns, step_ns)
    )


def delivered(
    design: Design,
    point: np.ndarray,
    quantiles: np.ndarray,
    level: np.ndarray,
    in_service: np.ndarray,
    plan: tuple[np.ndarray, np.ndarray] | None,
) -> Forecasts:
    """Return forecasts in kW as `deliver`: `in_service` (n,) [kW], `plan` what `planned` says of capacity and limit."""
    dark = ~design.up
    scale = design.scale[:, None]
    point = np.where(dark, 0.0, np.clip(point * scale, 0.0, 1.0))
    quantiles = np.sort(np.clip(quantiles * scale[..., None], 0.0, 1.0), axis=-1)
    quantiles = np.where(dark[..., None], 0.0, quantiles)
    in_service = in_service[:, None]
    potential = point * in_service
    if plan is None:
        return Forecasts(potential, potential, quantiles * in_service[..., None], level)
    most, limit = plan
    # planned capacity scales what the plant can do, a planned limit only caps it
    share = np.minimum(1.0, np.divide(most, in_service, out=np.ones_like(most), where=in_service > 0))
    cap = np.minimum(limit, most)
    return Forecasts(
        power=np.minimum(potential * share, cap),
        potential=potential,
        quantiles=np.minimum(quantiles * (in_service * share)[..., None], cap[..., None]),
        level=level,
    )


def ceilings(data: SiteData, issue_ns: np.ndarray, valid_ns: np.ndarray, step_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the most [kW] that can be delivered in each interval (n, L), with and without what is planned."""
    in_service = np.broadcast_to(available_kw(data, issue_ns)[:, None], valid_ns.shape).astype(np.float64)
    most, limit = planned(data.plan, issue_ns, valid_ns, step_ns)
    return np.minimum(np.minimum(in_service, most), limit), in_service
