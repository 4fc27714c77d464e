"""Do the quantiles mean what they say: observed share below each level against the level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.errors import NotEnoughDataError
from forecast.evaluation.blocks import local_days
from forecast.evaluation.metrics.pit import pit
from forecast.evaluation.metrics.reliability import reliability_bars
from forecast.evaluation.result import BacktestResult
from forecast.evaluation.selecting import ROWS, selection
from forecast.plot.canvas import SQUARE, drawing_on, finish, literal
from forecast.plot.palette import CHANCE, REFERENCE, model_style
from forecast.plot.shown import chosen, compared, reference_name, sunlit
from forecast.timegrid import duration_ns, to_index

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.evaluation.selecting import Where


def reliability(
    result: BacktestResult, ax: Axes | None = None, *, model: str | None = None, where: Where = sunlit
) -> Axes:
    """Draw the share of measured values at or below each quantile against its level; return the axes.

    The diagonal is a reliable forecast; the grey range is where one would fall by chance in 90 of 100 cases (daily
    blocks, first model drawn), so a point outside it is a fault. Where the measured value and several quantiles are
    the same (no wind, rated output) it counts evenly between their levels: see `forecast.evaluation.metrics.pit`.

    Args:
        model: one model; None draws all but the reference.
        where: as in `result.scores`; by default wind at all hours, PV with the sun up (at night every quantile
            and the power are 0, which says nothing).

    Raises:
        NotEnoughDataError: no rows, or fewer than two days. SettingsError: no such model. MissingExtraError: no
        matplotlib.
    """
    names = compared(result, reference_name(result))
    if model is not None:
        names = [chosen(result.models, model, "model", names[0])]
    ax = drawing_on(ax, SQUARE)
    ax.plot([0, 1], [0, 1], color=REFERENCE, linewidth=1.2, linestyle="--", label="reliable")
    drawn = 0
    for place, name in enumerate(names):
        table = reliability_table(result, name, where)
        if table is None:
            continue
        level = table.index.to_numpy()
        if not drawn:
            ax.fill_between(level, table["low"], table["high"], color=CHANCE, linewidth=0, label="by chance, 90 %")
        ax.plot(level, table["share"], linewidth=1.4, markersize=4, label=literal(name), **model_style(place))
        drawn += 1
    if not drawn:
        raise NotEnoughDataError(f"none of {', '.join(names)} has quantiles beside measured values in these rows")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="level of the quantile", ylabel="share measured at or below")
    ax.set_aspect("equal")
    ax.set_title("Reliability", fontsize="medium")
    finish(ax)
    return ax


def reliability_table(result: BacktestResult, model: str, where: Where = sunlit) -> pd.DataFrame | None:
    """Return `reliability_bars` of one model by local days; None where it has no quantiles in these rows."""
    data = result.dataset
    mask = selection(data, where)
    actual = data["actual"].transpose(*ROWS).values
    quantiles = data["quantiles"].sel(model=model).transpose(*ROWS, "quantile").values
    rows = data["valid"].transpose(*ROWS).values & np.isfinite(actual) & np.isfinite(quantiles).all(axis=-1)
    if mask is not None:
        rows = rows & mask.values
    if not rows.any() or not quantiles.shape[-1]:
        return None
    levels = data["quantile"].values.astype(np.float64)
    # own use and a little more than the capacity: no forecast says so
    within = np.clip(actual, 0.0, data["capacity_kw"].values[:, None, None])[rows]
    place = pit(within, quantiles[rows], levels=levels)
    each = np.broadcast_to(levels, (len(place), len(levels)))
    return reliability_bars(place, each, _days(result)[rows], levels=levels)


def _days(result: BacktestResult) -> np.ndarray:
    """Return a number for each site's local day, (site, issue_time, lead)."""
    data = result.dataset
    ahead = data["lead"].values.astype(np.int64) * duration_ns(data.attrs["step"])
    valid = data["issue_time"].values.astype(np.int64)[:, None] + ahead
    zones = [str(zone) for zone in data["timezone"].values]
    days = [local_days(to_index(valid.ravel(), "UTC"), zone).reshape(valid.shape) for zone in zones]
    # the weather of one day is one event for all sites of a fleet: they share the block
    return np.stack(days)
