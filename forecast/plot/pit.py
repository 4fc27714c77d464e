"""PIT histogram: does the truth fall as often between two quantiles as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import NotEnoughDataError
from forecast.evaluation.blocks import block_sums, resampled_means, usual_length
from forecast.evaluation.result import BacktestResult
from forecast.plot.canvas import drawing_on, finish, literal
from forecast.plot.palette import CHANCE, FORECAST, REFERENCE
from forecast.plot.ranks import pit_by_day
from forecast.plot.shown import chosen, compared, reference_name, sunlit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.evaluation.selecting import Where

CONFIDENCE = 0.9


def pit(result: BacktestResult, ax: Axes | None = None, *, model: str | None = None, where: Where = sunlit) -> Axes:
    """Draw how often the measured power fell between neighbouring quantiles, over how often it should; return the axes.

    Bars are as wide as the share between their levels; 1 everywhere is a calibrated forecast, high ends one that is
    too narrow, a high middle one that is too wide. The grey range is where the bars of a calibrated forecast fall by
    chance in 90 of 100 cases (daily blocks). Truth that sits on a bound together with several quantiles counts evenly
    between their levels: see `forecast.evaluation.metrics.pit`.

    Args:
        model: None draws the first that is not the reference.
        where: as in `result.scores`; by default wind at all hours, PV with the sun up.

    Raises:
        NotEnoughDataError: no rows or no quantiles, or fewer than two days. SettingsError: no such model.
        MissingExtraError: no matplotlib.
    """
    ax = drawing_on(ax)
    name = chosen(result.models, model, "model", compared(result, reference_name(result))[0])
    found = pit_by_day(result, name, where)
    if found is None:
        raise NotEnoughDataError(f"{name} has no quantiles beside measured values in these rows")
    edges = np.array([0.0, *result.dataset["quantile"].values.astype(np.float64), 1.0])
    height, low, high = bars(*found, edges)
    width = np.diff(edges)
    ax.bar(edges[:-1], height, width, align="edge", color=FORECAST, edgecolor="white", label=literal(name))
    around = np.repeat(np.stack([low, high]), 2, axis=1)
    ax.fill_between(
        np.repeat(edges, 2)[1:-1], *around, color=CHANCE, alpha=0.7, linewidth=0, zorder=3, label="by chance, 90 %"
    )
    ax.axhline(1, color=REFERENCE, linewidth=1.2, linestyle="--", zorder=4, label="calibrated")
    ax.set(xlim=(0, 1), xlabel="place in the forecast distribution", ylabel="how often, over how often it should")
    ax.set_title("PIT", fontsize="medium")
    finish(ax)
    return ax


def bars(values: np.ndarray, days: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each bar's height, and the range about 1 in which a calibrated forecast's bar falls by chance."""
    width = np.diff(edges)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(width) - 1)
    inside = (place[:, None] == np.arange(len(width))).astype(np.float64)
    height = inside.mean(axis=0) / width
    sums, counts = block_sums(inside, days)
    means = resampled_means(sums, counts, length=usual_length(len(counts))) / width
    low, high = 1 + np.quantile(means - height, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return height, np.maximum(low, 0.0), high
