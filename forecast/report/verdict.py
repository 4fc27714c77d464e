"""What the page says in a sentence."""

from __future__ import annotations

import numpy as np

from forecast.evaluation.blocks import local_days
from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import lead_text
from forecast.report.numbers import count, percent
from forecast.report.tables import Scored
from forecast.timegrid import to_index


def verdict(scored: Scored, words: dict[str, str]) -> str:
    """Return the verdict: gain over the reference, also at the first and last lead, and what the interval held."""
    overall = scored.overall.get(scored.best)
    if overall is None or not overall["n"]:
        return words["verdict_none"]
    sentence = _judged(scored, words, overall["skill"], overall["nmae"])
    level = scored.interval
    if level is not None and np.isfinite(overall[f"coverage_{level}"]):
        sentence += " " + words["verdict_interval"].format(
            level=level,
            coverage=percent(overall[f"coverage_{level}"]),
            n=count(overall["n"]),
            days=count(days_scored(scored.result)),
        )
    return sentence


def _judged(scored: Scored, words: dict[str, str], skill: float, nmae: float) -> str:
    best = scored.best
    if scored.reference is None or scored.reference == best or not np.isfinite(skill):
        return words["verdict_alone"].format(model=best, nmae=percent(nmae))
    if skill <= 0:
        return words["verdict_worse"].format(model=best, reference=scored.reference, loss=percent(-skill))
    by_lead = {lead: row["skill"] for (model, lead), row in scored.by_lead.items() if model == best}
    first, last = min(by_lead), max(by_lead)
    return words["verdict_better"].format(
        model=best,
        reference=scored.reference,
        gain=percent(skill),
        first_gain=percent(by_lead[first]),
        last_gain=percent(by_lead[last]),
        first=lead_text(scored.result, first),
        last=lead_text(scored.result, last),
    )


def days_scored(result: BacktestResult) -> int:
    """Return on how many local days (of the first site's clock) forecasts with a measured value were issued."""
    data = result.dataset
    some = data["valid"].any(dim=("site", "lead")).values
    issued = to_index(data["issue_time"].values[some].astype(np.int64), "UTC")
    return len(np.unique(local_days(issued, str(data["timezone"].values[0]))))
