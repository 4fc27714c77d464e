"""One backtest as the page shows it: only text, in the order of the template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import lead_text
from forecast.report.numbers import count, hundredths, plain
from forecast.report.pictures import figures
from forecast.report.sections import Draughtsman, Pairs, Picture, Section, Table, sections
from forecast.report.tables import Row, Scored
from forecast.report.verdict import verdict
from forecast.timegrid import step_text, to_index

USUAL_REFERENCE, NO_REFERENCE = "reference", "–"


@dataclass(frozen=True)
class Part:
    """What the template shows of one backtest."""

    heading: str
    verdict: str
    facts: Pairs
    overall: Table
    note: str
    fan: Picture = field(repr=False)
    skill: list[Picture] = field(repr=False)
    by_lead: list[Table]
    sections: list[Section] = field(repr=False)


def part(
    result: BacktestResult, heading: str, key: str, words: dict[str, str], lang: str, rules: Sequence[str] | None
) -> Part:
    """Return one backtest in words and numbers; `key` keeps its pictures' ids apart from other parts'."""
    scored = Scored(result)
    reference = scored.reference or NO_REFERENCE
    usual = words["reference_note"] if reference == USUAL_REFERENCE else ""
    pen = Draughtsman(key, lang, words, {"model": scored.best, "reference": reference})
    drawn = {name: pen.picture(figure, name) for name, figure in figures(scored).items()}
    return Part(
        heading=heading,
        verdict=verdict(scored, words),
        facts=_facts(scored, words),
        overall=_overall(scored, words),
        note=words["skill_note"].format(reference=reference, reference_note=usual),
        fan=drawn["fan"],
        skill=[drawn["skill_by_lead"]] if "skill_by_lead" in drawn else [],
        by_lead=[_by_lead(scored, model, words) for model in scored.models],
        sections=sections(scored, drawn, pen, rules),
    )


def _facts(scored: Scored, words: dict[str, str]) -> Pairs:
    result, data = scored.result, scored.result.dataset
    out = [
        (words["site"], f"{name}, {words.get(kind, kind)}, {capacity:g} kW, {zone}")
        for name, kind, capacity, zone in zip(
            result.sites, data["kind"].values, data["capacity_kw"].values, data["timezone"].values, strict=True
        )
    ]
    leads = data["lead"].values
    steps = words["steps_value"].format(
        first=lead_text(result, leads[0]), last=lead_text(result, leads[-1]), step=data.attrs["step"]
    )
    pv = (data["kind"] == "pv").any() and "daylight" in data
    out += [
        (words["steps"], steps),
        (words["issues"], _issues(result, words)),
        (words["models"], ", ".join(scored.models)),
    ]
    if scored.reference is not None:
        out.append((words["reference"], scored.reference))
    return [*out, (words["scored"], words["scored_sunlit" if pv else "scored_all"])]


def _issues(result: BacktestResult, words: dict[str, str]) -> str:
    issue_ns = result.dataset["issue_time"].values.astype(np.int64)
    zone = str(result.dataset["timezone"].values[0])
    start, end = (f"{moment:%Y-%m-%d %H:%M %Z}" for moment in to_index(issue_ns[[0, -1]], zone))
    if len(issue_ns) == 1:
        return words["issues_single"].format(start=start)
    every = step_text(int(np.median(np.diff(issue_ns))))
    return words["issues_value"].format(n=count(len(issue_ns)), start=start, end=end, every=every)


def _overall(scored: Scored, words: dict[str, str]) -> Table:
    level = scored.interval
    names = ["model", "skill", "nrmse", "nmae", *(["coverage", "width", "pinball", "crps"] if level else []), "n"]
    models = scored.with_reference(scored.models)
    capacity = float(scored.result.dataset["capacity_kw"].values.mean())
    body = []
    for model in models:
        row = scored.overall[model] if model in scored.overall else Row(lambda: math.nan, n=0)
        cells = [model, *(hundredths(row[name]) for name in ("skill", "nrmse", "nmae"))]
        if level:
            cells += [hundredths(row[f"coverage_{level}"]), hundredths(row[f"width_{level}"] / capacity)]
            cells += [_three(row["pinball"]), _three(row["crps"])]
        body.append([*cells, count(row["n"])])
    best = models.index(scored.best) if len(models) > 1 else None
    return Table([words[name].format(level=level) for name in names], body, best=best)


def _three(value: float) -> str:
    """Return kW with three digits that count: plants differ by five orders of magnitude."""
    if not math.isfinite(value) or value == 0:
        return plain(value, 0)
    return plain(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def _by_lead(scored: Scored, model: str, words: dict[str, str]) -> Table:
    level, reference = scored.interval, scored.reference
    against = reference is not None and reference != model
    header = [words["lead"], words["nrmse"], words["nmae"]]
    if against:  # what matters most stands first, where a phone shows it
        header[1:1] = [words["skill"], words["reference_nrmse"].format(reference=reference)]
    header += [*([words["coverage"].format(level=level)] if level else []), words["n"]]
    body = []
    for lead in scored.leads:
        row = scored.by_lead.get((model, lead))
        if row is None:
            continue
        cells = [lead_text(scored.result, lead), hundredths(row["nrmse"]), hundredths(row["nmae"])]
        if against:
            cells[1:1] = [hundredths(row["skill"]), hundredths(scored.by_lead[str(reference), lead]["nrmse"])]
        body.append([*cells, *([hundredths(row[f"coverage_{level}"])] if level else []), count(row["n"])])
    return Table(header, body, title=words["by_lead"].format(model=model))
