"""The pictures of a report, and as text that stands inside a page."""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.errors import NotEnoughDataError
from forecast.evaluation.blocks import local_days
from forecast.evaluation.result import BacktestResult
from forecast.plot import forecast_fan, reliability, skill_by_lead
from forecast.plot.canvas import SQUARE, WIDE, quiet_figure
from forecast.plot.shown import sunlit
from forecast.report.tables import Scored
from forecast.timegrid import duration_ns, to_index

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    shares, ax = quiet_figure(SQUARE)
    try:
        reliability(scored.result, ax)
        out["reliability"] = shares
    except NotEnoughDataError:
        pass  # no quantiles, or too short for a range of chance: the page does without
    return out


def usual_day(result: BacktestResult, model: str) -> list[pd.Timestamp]:
    """Return issue times one horizon apart on the day whose mean absolute error is the median of all days.

    Days are those of the first site's clock, and of its forecasts; only whole days count where there is one.
    """
    data = result.dataset.isel(site=0)
    issue_ns = data["issue_time"].values.astype(np.int64)
    power = data["power"].sel(model=model).transpose("issue_time", "lead").values
    error = np.abs(power - data["actual"].transpose("issue_time", "lead").values)
    days = local_days(to_index(issue_ns, "UTC"), str(data["timezone"].values))
    table = pd.DataFrame({"day": days, "error": _row_means(error)}).groupby("day")["error"].agg(["mean", "size"])
    whole = table[(table["size"] == table["size"].max()) & table["mean"].notna()]["mean"].sort_values(kind="stable")
    day = whole.index[len(whole) // 2] if len(whole) else days[-1]
    return _apart(issue_ns[days == day], _horizon_ns(result))


def _row_means(values: np.ndarray) -> np.ndarray:
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=1)
    means: np.ndarray = np.divide(total, seen.sum(axis=1), out=np.full(len(values), np.nan), where=seen.any(axis=1))
    return means


def _horizon_ns(result: BacktestResult) -> int:
    return int(result.dataset["lead"].values[-1]) * duration_ns(result.dataset.attrs["step"])


def _apart(issue_ns: np.ndarray, apart_ns: int) -> list[pd.Timestamp]:
    place = (issue_ns - issue_ns[0]) // apart_ns
    firsts = np.unique(place, return_index=True)[1]
    return list(to_index(issue_ns[firsts], "UTC"))


def inline_svg(figure: Figure, name: str, title: str) -> str:
    """Return a figure as an SVG element: as wide as its place, text as text, no address of any kind in it.

    Ids get the name in front, because those of two figures on one page would meet.
    """
    from matplotlib import rc_context

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
