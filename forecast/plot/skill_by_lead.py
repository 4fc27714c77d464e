"""How much better than the reference, lead by lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import SettingsError
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import drawing_on, finish, literal
from forecast.plot.palette import REFERENCE, model_style
from forecast.plot.shown import compared, lead_axis, reference_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.evaluation.selecting import Where


def skill_by_lead(
    result: BacktestResult, ax: Axes | None = None, *, reference: str = "reference", where: Where = None
) -> Axes:
    """Draw each model's skill [%], 1 − RMSE / RMSE of the reference, by lead; return the axes.

    Args:
        reference, where: as in `result.scores`.

    Raises:
        SettingsError: the backtest has no such reference. MissingExtraError: no matplotlib.
    """
    against = reference_name(result, reference)
    if against is None:
        raise SettingsError(f"reference={reference!r} is not among the models: {', '.join(result.models)}")
    ax = drawing_on(ax)
    skills = result.scores(by="lead", where=where, reference=against)["skill"].to_dict()
    leads = result.dataset["lead"].values.tolist()
    lead, unit = lead_axis(result)
    ax.axhline(0, color=REFERENCE, linewidth=1.2, linestyle="--", label=literal(against))
    for place, model in enumerate(compared(result, against)):
        skill = [100 * skills.get((model, one), np.nan) for one in leads]
        ax.plot(lead, skill, linewidth=1.4, markersize=4, label=literal(model), **model_style(place))
    ax.set_xlabel(f"lead [{unit}]")
    ax.set_ylabel(f"less RMSE than {literal(against)} [%]")
    ax.set_title("Skill by lead", fontsize="medium")
    finish(ax)
    return ax
