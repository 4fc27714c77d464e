"""What a forecast was made of: inputs, their age, and what each group of features adds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.design import Column, Design
from forecast.errors import NotFittedError
from forecast.timegrid import floor_to, moment_ns, to_index

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster


def importance(forecaster: Forecaster) -> pd.DataFrame:
    """Return the weight of each feature in the model, largest first: columns `group unit importance`, sum 1."""
    if not hasattr(forecaster, "model_"):
        raise NotFittedError("importance is known once the forecaster is fitted")
    columns = (*forecaster.common_columns_, *forecaster.lead_columns_)
    weights = forecaster.model_.importance(_layout(forecaster))
    table = pd.DataFrame(
        {
            "group": [c.group for c in columns],
            "unit": [c.unit for c in columns],
            "importance": weights / (weights.sum() or 1.0),
        },
        index=pd.Index([c.name for c in columns], name="feature"),
    )
    return table.sort_values("importance", ascending=False, kind="stable")


def _layout(forecaster: Forecaster) -> Design:
    """An empty design with the fitted columns, enough to name and place them."""
    leads = np.array(next(iter(forecaster.sites_.values())).spec.leads)
    common, lead = forecaster.common_columns_, forecaster.lead_columns_
    none, by_lead = np.zeros(0, np.float32), np.zeros((0, len(leads)), np.float32)
    return Design(
        common=np.zeros((0, len(common)), np.float32), lead=np.zeros((0, len(leads), len(lead)), np.float32),
        now=none, index=none, last=none, late=none, clear=by_lead, up=by_lead.astype(bool), slot=by_lead,
        season=by_lead, scale=none, actual=by_lead, issue_ns=np.zeros(0, np.int64), leads=leads,
        common_columns=common, lead_columns=lead,
    )  # fmt: skip


def explain(forecaster: Forecaster, data: SiteData, at: Any = None) -> pd.DataFrame:
    """Return, by group of features, what a forecast used and what it adds.

    Index `group`; columns `features` (how many), `seen` (share that was there), `newest` (age of its newest value at
    the issue time; missing for calendar, sun and weather forecasts of unknown vintage), and `lead_1 …`: the model's
    forecast minus the same model's without the group [kW]; where inputs are missing, a rung serves instead of it, see
    `forecast.ladder`. Groups share information, so the columns need not add up to the forecast.
    """
    features = forecaster._features_for(data)
    asked = moment_ns(data.newest if at is None else at, "at")
    issue = np.array([floor_to(asked, features.spec.power_step_ns, features.spec.phase_ns)])
    design = forecaster._design(features, data, issue)
    full = forecaster.model_.point(design)[0]
    rows = []
    for group in dict.fromkeys(c.group for c in (*design.common_columns, *design.lead_columns)):
        without = forecaster.model_.point(_blind(design, group))[0]
        rows.append({"group": group, **_seen(design, group), **_by_lead(design, (full - without), data)})
    table = pd.DataFrame(rows).set_index("group")
    table.attrs = {"site": data.site.name, "issue_time": to_index(issue, data.timezone)[0].isoformat()}
    return table


def _by_lead(design: Design, share: np.ndarray, data: SiteData) -> dict[str, float]:
    kw = share.astype(np.float64) * float(design.scale[0]) * data.site.capacity_kw
    return {f"lead_{lead}": float(value) for lead, value in zip(design.leads, kw, strict=True)}


def _of(columns: tuple[Column, ...], group: str) -> list[int]:
    return [i for i, c in enumerate(columns) if c.group == group]


def _blind(design: Design, group: str) -> Design:
    """Return the design with a group missing; power's absence also hides the newest value itself."""
    common, lead = design.common.copy(), design.lead.copy()
    common[:, _of(design.common_columns, group)] = np.nan
    lead[..., _of(design.lead_columns, group)] = np.nan
    out = replace(design, common=common, lead=lead)
    if group == "power":
        gone = np.full_like(design.now, np.nan)
        out = replace(out, now=gone, index=gone, last=gone, late=gone)
    return out


def _seen(design: Design, group: str) -> dict[str, Any]:
    common, lead = _of(design.common_columns, group), _of(design.lead_columns, group)
    values = np.concatenate([design.common[0, common], design.lead[0][:, lead].ravel()])
    known = [c.known_ns for c in (*design.common_columns, *design.lead_columns) if c.group == group]
    ages = [-k for k in known if k is not None]
    return {
        "features": len(common) + len(lead),
        "seen": float(np.isfinite(values).mean()) if len(values) else 0.0,
        "newest": pd.Timedelta(min(ages), unit="ns") if ages else pd.NaT,
    }
