"""Where pictures are drawn: the caller's axes or new ones; matplotlib is imported here, when a picture is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE = (7.0, 3.8)  # inches
SQUARE = (4.6, 4.4)


def need_matplotlib() -> None:
    """Raise `MissingExtraError`, naming the extra, where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("pictures need matplotlib; pip install 'quarterhour[plot]'") from error


def drawing_on(ax: Axes | None, size: tuple[float, float] = WIDE) -> Axes:
    """Return the axes given, else those of a new pyplot figure (shown by notebooks)."""
    need_matplotlib()
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=size, layout="constrained")
    return new


def quiet_figure(size: tuple[float, float] = WIDE) -> tuple[Figure, Axes]:
    """Return a figure for a file: without pyplot nothing is shown, kept open, or asked of a display."""
    need_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def dates(index: pd.DatetimeIndex) -> np.ndarray:
    """Return times as matplotlib's days; numbers mean the same whichever date converters others have registered."""
    numbers: np.ndarray = _mpl_dates().date2num(index.tz_convert("UTC").tz_localize(None).to_numpy())
    return numbers


def date_axis(ax: Axes, timezone: Any) -> None:
    """Label the x axis, which holds `dates`, by the clock of the zone."""
    locator = _mpl_dates().AutoDateLocator(tz=timezone, minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(_mpl_dates().ConciseDateFormatter(locator, tz=timezone))
    ax.set_xlabel(f"valid time ({timezone})")


def _mpl_dates() -> Any:  # this module of matplotlib has no types
    import matplotlib.dates

    return matplotlib.dates


def literal(text: object) -> str:
    """Return a name as matplotlib shows it letter by letter: two dollars would enclose a formula."""
    return str(text).replace("$", r"\$")


def finish(ax: Axes, *, legend_below: bool = False) -> None:
    """Give a picture its grid and legend, the same in all."""
    ax.grid(True, color="#E6E6E6", linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    handles = ax.get_legend_handles_labels()[0]
    if handles and legend_below:
        ax.legend(
            frameon=False, fontsize="small", columnspacing=1.2, handlelength=1.6, ncols=len(handles),
            loc="upper center", bbox_to_anchor=(0.5, -0.17),
        )  # fmt: skip
    elif handles:
        ax.legend(frameon=False, fontsize="small")
