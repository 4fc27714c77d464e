"""One backtest as the page shows it: only text, in the order of the template."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import lead_text
from forecast.report.numbers import count, hundredths, plain
from forecast.report.pictures import figures, inline_svg
from forecast.report.tables import Row, Scored, rows_left_out
from forecast.report.verdict import verdict
from forecast.timegrid import step_text, to_index

Pairs = list[tuple[str, str]]
USUAL_REFERENCE, NO_REFERENCE = "reference", "–"


@dataclass(frozen=True)
class Table:
    """A table of text; `best` is the number of the row to mark."""

    header: list[str]
    body: list[list[str]]
    title: str = ""
    best: int | None = None


@dataclass(frozen=True)
class Picture:
    """An SVG element and what it shows."""

    svg: str
    caption: str
    square: bool


@dataclass(frozen=True)
class Part:
    """What the template shows of one backtest."""

    heading: str
    verdict: str
    facts: Pairs
    overall: Table
    note: str
    by_lead: list[Table]
    rows: Pairs
    pictures: list[Picture] = field(repr=False)


def part(result: BacktestResult, heading: str, key: str, words: dict[str, str]) -> Part:
    """Return one backtest in words and numbers; `key` keeps its pictures' ids apart from other parts'."""
    scored = Scored(result)
    reference = scored.reference or NO_REFERENCE
    usual = words["reference_note"] if reference == USUAL_REFERENCE else ""
    return Part(
        heading=heading,
        verdict=verdict(scored, words),
        facts=_facts(scored, words),
        overall=_overall(scored, words),
        note=words["skill_note"].format(reference=reference, reference_note=usual),
        by_lead=[_by_lead(scored, model, words) for model in scored.models],
        rows=_rows(scored, words),
        pictures=_pictures(scored, key, words),
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
    models = list(dict.fromkeys([*scored.models, *([scored.reference] if scored.reference else [])]))
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


def _rows(scored: Scored, words: dict[str, str]) -> Pairs:
    rows = rows_left_out(scored.result)
    names = ("asked", "no_actual", "no_forecast", "counted")
    out = [(words[name], count(getattr(rows, name))) for name in names]
    return out + [(words["degraded"].format(model=model), count(rows.degraded[model])) for model in scored.models]


def _pictures(scored: Scored, key: str, words: dict[str, str]) -> list[Picture]:
    facts = {"model": scored.best, "reference": scored.reference or NO_REFERENCE}
    out = []
    for name, figure in figures(scored).items():
        caption = words[name].format(**facts)
        svg = inline_svg(figure, f"{key}-{name}", caption)
        out.append(Picture(svg, caption, square=name == "reliability"))
    return out
