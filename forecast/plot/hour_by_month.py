"""When in the day and the year the errors are large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import SettingsError
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import WIDE, drawing_on, literal
from forecast.plot.shown import chosen, compared, reference_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.evaluation.selecting import Where

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SIGNED = ("mbe", "skill")  # these have a zero in the middle
SHARES = ("nmae", "nrmse", "skill")


def error_by_hour_and_month(
    result: BacktestResult,
    ax: Axes | None = None,
    *,
    model: str | None = None,
    score: str = "nmae",
    where: Where = None,
) -> Axes:
    """Draw a score as colour by the hour of the day and the month of the valid time, local clock; return the axes.

    Args:
        model: None draws the first that is not the reference.
        score: a column of `result.scores`, such as `"nmae"` (drawn in %), `"mbe"`, `"crps"` or `"skill"`.
        where: as in `result.scores`.

    Raises:
        SettingsError: no such model or score. MissingExtraError: no matplotlib.
    """
    ax = drawing_on(ax, WIDE)
    name = chosen(result.models, model, "model", compared(result, reference_name(result))[0])
    table = result.scores(["month", "hour"], where=where, reference=reference_name(result))
    if score not in table:
        raise SettingsError(f"score={score!r} is not among the scores: {', '.join(map(str, table.columns))}")
    mine = table[score].loc[name]
    values = mine.unstack("hour").reindex(columns=range(24)).to_numpy(dtype=np.float64)
    values = 100 * values if score in SHARES else values
    months = mine.index.get_level_values("month").unique()
    limit = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    # both maps keep their order for colour-blind readers and in grey; blue to brown about zero, where there is one
    scale = {"cmap": "PuOr_r", "vmin": -limit, "vmax": limit} if score in SIGNED else {"cmap": "cividis"}
    image = ax.pcolormesh(np.arange(25), np.arange(len(months) + 1), values, **scale)
    ax.set_yticks(np.arange(len(months)) + 0.5, [MONTHS[month - 1] for month in months])
    ax.invert_yaxis()
    ax.set_xticks(range(0, 25, 3))
    ax.set_xlabel(f"hour of the valid time ({_zones(result)})")
    unit = "% of capacity" if score in ("nmae", "nrmse") else "%" if score == "skill" else "kW"
    ax.figure.colorbar(image, ax=ax, label=score if score.startswith("coverage") else f"{score} [{unit}]")
    ax.set_title(f"{score} by hour and month, {literal(name)}", fontsize="medium")
    return ax


def _zones(result: BacktestResult) -> str:
    zones = {str(zone) for zone in result.dataset["timezone"].values}
    return zones.pop() if len(zones) == 1 else "each site's clock"
