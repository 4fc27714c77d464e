"""How wide the intervals are, lead by lead: of two reliable forecasts the narrower says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import NotEnoughDataError
from forecast.evaluation.levels import central_pairs
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import drawing_on, finish, literal
from forecast.plot.palette import model_style
from forecast.plot.shown import lead_axis, sunlit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.evaluation.selecting import Where

DASHES = {"90": "-", "80": "--", "50": ":"}


def sharpness(result: BacktestResult, ax: Axes | None = None, *, where: Where = sunlit) -> Axes:
    """Draw the mean width of central intervals [% of capacity] by lead, a colour a model; return the axes.

    The 90 % interval is a whole line, the 50 % one dotted (without them the widest there is). Narrow is good only
    where `reliability` is good too (Gneiting, Balabdaoui and Raftery 2007, J. R. Stat. Soc. B 69, 243–268).

    Args:
        where: as in `result.scores`; by default wind at all hours, PV with the sun up.

    Raises:
        NotEnoughDataError: no quantiles. MissingExtraError: no matplotlib.
    """
    shares = list(central_pairs(result.dataset["quantile"].values.tolist()))
    ax = drawing_on(ax)
    if not shares:
        raise NotEnoughDataError("the backtest has no quantiles that make an interval")
    drawn = [share for share in ("90", "50") if share in shares] or shares[-1:]
    table = result.scores(by="lead", where=where, reference=None)
    capacity = float(result.dataset["capacity_kw"].values.mean())
    leads = result.dataset["lead"].values.tolist()
    lead, unit = lead_axis(result)
    for place, model in enumerate(result.models):
        for share in drawn:
            width = table[f"width_{share}"].to_dict()
            values = [100 * width.get((model, one), np.nan) / capacity for one in leads]
            if np.isfinite(values).any():
                style = model_style(place) | {"linestyle": DASHES.get(share, "-")}
                ax.plot(lead, values, linewidth=1.4, markersize=4, label=f"{literal(model)}, {share} %", **style)
    ax.set_xlabel(f"lead [{unit}]")
    ax.set_ylabel("mean width of the interval [% of capacity]")
    ax.set_ylim(bottom=0)
    ax.set_title("Sharpness", fontsize="medium")
    finish(ax)
    return ax
