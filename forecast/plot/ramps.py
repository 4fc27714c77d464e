"""Are ramps forecast: hits against false alarms, lead by lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import NotEnoughDataError
from forecast.evaluation.ramping import contingency_table
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import SQUARE, drawing_on, finish, literal
from forecast.plot.palette import CHANCE, REFERENCE, model_style
from forecast.plot.shown import lead_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CSI = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def ramps(
    result: BacktestResult,
    ax: Axes | None = None,
    *,
    window: Any = "1h",
    threshold: float = 0.2,
    tolerance: Any = "30min",
) -> Axes:
    """Draw the share of ramps that were forecast over the share of forecast ramps that came; return the axes.

    A line a model, from its first lead (the larger mark, with its name) to its last; the upper right corner is
    perfect, the grey lines are equal critical success index. Source: Roebber 2009, Weather and Forecasting 24,
    601–608. Arguments as in `result.ramps`.

    Raises:
        NotEnoughDataError: no ramps measured, none forecast. SettingsError: as in `result.ramps`. MissingExtraError:
        no matplotlib.
    """
    table = contingency_table(result.dataset, window, threshold, tolerance)
    return ramps_of(table, result, drawing_on(ax, SQUARE), window=window, threshold=threshold)


def ramps_of(
    table: pd.DataFrame, result: BacktestResult, ax: Axes, *, window: Any = "1h", threshold: float = 0.2
) -> Axes:
    """Draw `ramps` of a contingency table that is there already; return the axes."""
    x = np.linspace(0.01, 1, 200)
    for share in CSI:
        with np.errstate(divide="ignore"):
            y = 1 / (1 / share - 1 / x + 1)  # CSI = 1 / (1 / POD + 1 / (1 − FAR) − 1)
        inside = (y > 0) & (y <= 1)
        ax.plot(x[inside], y[inside], color=CHANCE, linewidth=0.8)
        ax.annotate(f"{share:g}", (1.0, share), color=REFERENCE, fontsize=7, va="center", xytext=(2, 0),
                    textcoords="offset points")  # fmt: skip
    drawn = 0
    for place, model in enumerate(result.models):
        mine = table.loc[model]
        right, found = 1 - mine["far"].to_numpy(), mine["pod"].to_numpy()
        seen = np.flatnonzero(np.isfinite(right) & np.isfinite(found))
        if not len(seen):
            continue
        style = model_style(place)
        ax.plot(right[seen], found[seen], linewidth=1.2, markersize=4, label=literal(model), **style)
        ax.plot(right[seen[:1]], found[seen[:1]], markersize=9, linestyle="none", **style)
        drawn += 1
    if not drawn:
        raise NotEnoughDataError(f"no ramps of {100 * threshold:g} % within {window}, measured and forecast")
    leads = [lead_text(result, int(lead)) for lead in result.dataset["lead"].values[[0, -1]]]
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set(xlabel="forecast ramps that came (1 − FAR)", ylabel="ramps that were forecast (POD)")
    ax.set_title(f"Ramps of {100 * threshold:g} % in {window}, {leads[0]} (large) to {leads[1]}", fontsize="medium")
    finish(ax)
    return ax
