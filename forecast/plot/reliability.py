"""Do the quantiles mean what they say: observed share below each level against the level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.errors import NotEnoughDataError
from forecast.evaluation.metrics.reliability import reliability_bars
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import SQUARE, drawing_on, finish, literal
from forecast.plot.palette import CHANCE, REFERENCE, model_style
from forecast.plot.ranks import pit_by_day
from forecast.plot.shown import chosen, compared, reference_name, sunlit

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
    found = pit_by_day(result, model, where)
    if found is None:
        return None
    place, days = found
    levels = result.dataset["quantile"].values.astype(np.float64)
    each = np.broadcast_to(levels, (len(place), len(levels)))
    return reliability_bars(place, each, days, levels=levels)
