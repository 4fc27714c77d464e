"""Puts the pieces of a backtest into one Dataset, with the truth beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.data import SiteData
from forecast.data.limits import out_of_service
from forecast.deliver import Forecasts
from forecast.evaluation.daylight import sun_is_up
from forecast.evaluation.excluding import REASONS, reasons
from forecast.evaluation.regimes import RAMPS, REGIMES, coded, ramp, regime
from forecast.evaluation.truth import NEEDED_SHARE, interval_means
from forecast.forecaster import Forecaster
from forecast.settings import checked_levels
from forecast.timegrid import duration_ns, step_text
from forecast.version import VERSION


@dataclass(frozen=True)
class Piece:
    """Forecasts of one model for one site over some issue times [ns]."""

    model: str
    site: str
    issue_ns: np.ndarray
    forecasts: Forecasts


def to_dataset(
    pieces: Sequence[Piece], models: list[str], sites: Sequence[SiteData], issue_ns: np.ndarray, layout: Forecaster
) -> Any:
    """Return the Dataset of a backtest: dims model, site, issue_time, lead, quantile; kW; times UTC without zone."""
    import xarray as xr

    step, horizon = duration_ns(layout.step), duration_ns(layout.horizon)
    leads = np.arange(layout.first_lead, horizon // step + 1)
    levels = np.array(checked_levels(layout.quantiles))
    names = [site.site.name for site in sites]
    shape = (len(models), len(sites), len(issue_ns), len(leads))
    # float64, as predict gives them: a backtest's row and the live forecast are the same bits
    power = np.full(shape, np.nan)
    quantiles = np.full((*shape, len(levels)), np.nan)
    level = np.zeros(shape, dtype=np.int8)
    for piece in pieces:
        m, s = models.index(piece.model), names.index(piece.site)
        rows = np.searchsorted(issue_ns, piece.issue_ns)
        power[m, s, rows] = piece.forecasts.power
        quantiles[m, s, rows] = piece.forecasts.quantiles
        level[m, s, rows] = piece.forecasts.level
    valid_ns = issue_ns[:, None] + leads[None, :] * step
    by_row = ("site", "issue_time", "lead")
    measured = [happened(site, valid_ns, step) for site in sites]
    return xr.Dataset(
        {
            "power": (("model", *by_row), power),
            "quantiles": (("model", *by_row, "quantile"), quantiles),
            "level": (("model", *by_row), level),
            **stacked(measured, by_row),
        },
        coords={
            "model": models,
            "site": names,
            "issue_time": issue_ns.astype("datetime64[ns]"),
            "lead": leads,
            "quantile": levels,
            "capacity_kw": ("site", [site.site.capacity_kw for site in sites]),
            "kind": ("site", [site.site.kind for site in sites]),
            "timezone": ("site", [site.site.timezone or str(site.timezone) for site in sites]),
        },
        attrs={"step": step_text(step), "version": VERSION},
    )


def happened(site: SiteData, valid_ns: np.ndarray, step_ns: int) -> dict[str, np.ndarray]:
    """Return what is known of the intervals that end at `valid_ns`, by the names of a backtest's variables."""
    actual = truth(site, valid_ns, step_ns)
    up = sun_is_up(site, valid_ns, step_ns)
    return {
        "actual": actual,
        "valid": np.isfinite(actual),
        "daylight": up,
        "reason": reasons(site, valid_ns, step_ns, actual),
        "regime": regime(site, valid_ns, step_ns, actual, up),
        "ramp": ramp(site, valid_ns, step_ns, actual),
    }


def stacked(measured: Sequence[dict[str, np.ndarray]], rows: tuple[str, ...]) -> dict[str, Any]:
    """Return variables of a Dataset (site, issue_time, lead) from those of each site."""
    labels = {"reason": REASONS, "regime": REGIMES, "ramp": RAMPS}
    joined = {name: np.stack([one[name] for one in measured]) for name in measured[0]}
    joined["actual"] = joined["actual"].astype(np.float32)
    return {
        name: coded(rows, values, labels[name]) if name in labels else (rows, values) for name, values in joined.items()
    }


def truth(site: SiteData, valid_ns: np.ndarray, step_ns: int) -> np.ndarray:
    """Return measured power [kW] of intervals: missing where flagged, limited, out of service, or under 80 % there."""
    clean, times = site.clean.to_numpy(), site.times("power")
    clean = np.where(site.limited(times, site.power_step_ns) | out_of_service(site, times), np.nan, clean)
    return interval_means(times, clean, valid_ns, step_ns=step_ns, power_step_ns=site.power_step_ns, share=NEEDED_SHARE)
