"""The pictures of a report, and as text that stands inside a page."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.plot import error_by_hour_and_month, forecast_fan, pit, reliability, sharpness, skill_by_lead
from forecast.plot.canvas import SQUARE, WIDE, quiet_figure
from forecast.plot.ramps import ramps_of
from forecast.plot.shown import sunlit
from forecast.report.days import usual_day, worst_days
from forecast.report.tables import Scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SQUARES = ("reliability", "ramps")
_TOO_LITTLE = (NotEnoughDataError, SettingsError)


def figures(scored: Scored) -> dict[str, Figure]:
    """Return the pictures that this backtest has something to show in: `fan`, `skill_by_lead`, `reliability`."""
    out: dict[str, Figure] = {}
    fan, ax = quiet_figure(WIDE)
    forecast_fan(scored.result, ax=ax, issue_time=usual_day(scored.result, scored.best), model=scored.best)
    out["fan"] = fan
    if scored.reference is not None and scored.models != [scored.reference]:
        skill, ax = quiet_figure(WIDE)
        skill_by_lead(scored.result, ax, reference=scored.reference, where=sunlit)
        out["skill_by_lead"] = skill
    # without quantiles, or too short for a range of chance, the page does without
    return out | _drawn({"reliability": lambda ax: reliability(scored.result, ax)})


def diagnoses(scored: Scored) -> dict[str, Figure]:
    """Return what stands further down: `sharpness`, `pit`, `hour_by_month`, `ramps`, as far as there is something."""
    result, best = scored.result, scored.best
    wanted: dict[str, Callable[[Axes], Axes]] = {
        "sharpness": lambda ax: sharpness(result, ax),
        "pit": lambda ax: pit(result, ax, model=best),
        "hour_by_month": lambda ax: error_by_hour_and_month(result, ax, model=best),
    }
    table = scored.ramps
    if table is not None:
        wanted["ramps"] = lambda ax: ramps_of(table, result, ax)
    return _drawn(wanted)


def worst(scored: Scored) -> list[Figure]:
    """Return the forecast fans of the worst days, the worst first."""
    out = []
    for issue_times in worst_days(scored.result, scored.best):
        figure, ax = quiet_figure(WIDE)
        forecast_fan(scored.result, ax=ax, issue_time=issue_times, model=scored.best)
        out.append(figure)
    return out


def _drawn(pictures: dict[str, Callable[[Axes], Axes]]) -> dict[str, Figure]:
    out = {}
    for name, draw in pictures.items():
        figure, ax = quiet_figure(SQUARE if name in SQUARES else WIDE)
        try:
            draw(ax)
        except _TOO_LITTLE:
            continue
        out[name] = figure
    return out


def inline_svg(figure: Figure, name: str, title: str) -> str:
    """Return a figure as an SVG element: as wide as its place, text as text, no address of any kind in it.

    Ids get the name in front, because those of two figures on one page would meet.
    """
    from matplotlib import rc_context

    for ax in figure.axes:
        for drawn in ax.collections:
            drawn.set_rasterized(False)  # colour bars would be pictures in the picture
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans"]}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)  # HTML knows what an svg element is
    text = re.sub(r'\s(width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = text.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    return text.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)
