"""How much better than the reference, lead by lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import NotEnoughDataError, SettingsError
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

    The pale range about a line is where its skill may be by chance in 95 of 100 cases (daily blocks), lead by lead;
    a backtest of fewer than two days has none.

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
        style = model_style(place)
        ax.plot(lead, skill, linewidth=1.4, markersize=4, label=literal(model), **style)
        low, high = _range(result, model, against, where)
        ax.fill_between(lead, low, high, color=style["color"], alpha=0.15, linewidth=0)
    ax.set_xlabel(f"lead [{unit}]")
    ax.set_ylabel(f"less RMSE than {literal(against)} [%]")
    ax.set_title("Skill by lead", fontsize="medium")
    finish(ax)
    return ax


def _range(result: BacktestResult, model: str, against: str, where: Where) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of the skill [%] by lead; NaN where there are too few days."""
    leads = result.dataset["lead"].values
    out = np.full((2, len(leads)), np.nan)
    try:
        table = result.compare(model, against, by="lead", where=where)
    except NotEnoughDataError:
        return out[0], out[1]
    place = np.searchsorted(leads, table.index.get_level_values("lead"))
    out[:, place] = -100 * table[["relative_high", "relative_low"]].to_numpy().T
    return out[0], out[1]
