"""The sections that look for where errors come from: reliability, hours, worst days, ramps, rules, data quality."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.plot.shown import lead_text, sunlit
from forecast.report.labels import in_language
from forecast.report.numbers import count, hundredths
from forecast.report.pictures import SQUARES, diagnoses, inline_svg, worst
from forecast.report.ruled import rules_table
from forecast.report.tables import Scored, rows_left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

Pairs = list[tuple[str, str]]
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Table:
    """A table of text; `best` is the number of the row to mark, `words` whether its first columns are words."""

    header: list[str]
    body: list[list[str]]
    title: str = ""
    best: int | None = None
    words: bool = False


@dataclass(frozen=True)
class Picture:
    """An SVG element and what it shows."""

    svg: str
    caption: str
    square: bool


@dataclass(frozen=True)
class Section:
    """A heading, what is said under it, pictures, facts and tables, in this order."""

    title: str
    notes: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list, repr=False)
    facts: Pairs = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


class Draughtsman:
    """Puts figures into a page: ids of their own, labels and captions in its language."""

    def __init__(self, key: str, lang: str, words: dict[str, str], facts: dict[str, str]) -> None:
        self.key, self.lang, self.words, self.facts = key, lang, words, facts

    def picture(self, figure: Figure, name: str, **facts: str) -> Picture:
        """Return a figure as the page shows it; `name` is the key of its caption."""
        caption = self.words[name].format(**self.facts, **facts)
        svg = inline_svg(figure, f"{self.key}-{name}{facts.get('place', '')}", caption)
        return Picture(in_language(svg, self.lang), caption, square=name in SQUARES)


def sections(scored: Scored, drawn: dict[str, Picture], pen: Draughtsman, rules: Sequence[str] | None) -> list[Section]:
    """Return the sections after the scores; `drawn` are pictures that are there already."""
    words = pen.words
    more = drawn | {name: pen.picture(figure, name) for name, figure in diagnoses(scored).items()}
    reliable = [more[name] for name in ("reliability", "sharpness", "pit") if name in more]
    out = [Section(words["section_reliability"], pictures=reliable)] if reliable else []
    if "hour_by_month" in more:
        out.append(Section(words["section_hours"], pictures=[more["hour_by_month"]]))
    bad = [pen.picture(figure, "worst", place=str(i + 1)) for i, figure in enumerate(worst(scored))]
    if bad:
        out.append(Section(words["section_worst"], pictures=bad))
    out += _ramps(scored, more, words)
    out.append(_rules(scored, pen, rules))
    out.append(_quality(scored, words))
    return out


def _ramps(scored: Scored, pictures: dict[str, Picture], words: dict[str, str]) -> list[Section]:
    table = scored.ramps
    if table is None:
        return []
    names = ("hits", "misses", "false_alarms", "pod", "far", "csi")
    rows: dict[Any, dict[str, float]] = {key: table.loc[key].to_dict() for key in table.index}
    body = []
    for model in scored.with_reference(scored.models):
        for lead in (scored.leads[0], scored.leads[-1]) if len(scored.leads) > 1 else scored.leads:
            row = rows[model, lead]
            cells = [count(row[name]) for name in names[:3]] + [hundredths(row[name]) for name in names[3:]]
            body.append([f"{model}, {lead_text(scored.result, lead)}", *cells])
    shown = Table([words["model"], *(words[name] for name in names)], body)
    first = rows[scored.best, scored.leads[0]]
    note = words["ramps_note"].format(n=count(first["hits"] + first["misses"]))
    pictured = [pictures["ramps"]] if "ramps" in pictures else []
    return [Section(words["section_ramps"], [note], pictured, tables=[shown])]


def _rules(scored: Scored, pen: Draughtsman, rules: Sequence[str] | None) -> Section:
    from forecast.rules import version

    words = pen.words
    header, body = rules_table(scored, words, pen.lang, rules)
    if not body:
        return Section(words["section_rules"], [words["rules_none"]])
    note = words["rules_note"].format(**pen.facts, version=version())
    return Section(words["section_rules"], [note], tables=[Table(header, body, words=True)])


def _quality(scored: Scored, words: dict[str, str]) -> Section:
    rows = rows_left_out(scored.result)
    names = ("asked", "no_actual", "no_forecast", "counted")
    facts = [(words[name], count(getattr(rows, name))) for name in names]
    facts += [(words["degraded"].format(model=model), count(rows.degraded[model])) for model in scored.models]
    by_month = scored.result.excluded("month", where=sunlit)
    why = [str(name) for name in by_month.columns if name not in ("asked", "n") and by_month[name].any()]
    header = [words["month"], words["asked_short"], words["n"], *(words[f"reason {name}"] for name in why)]
    months = np.asarray(by_month.index.get_level_values("month"))[:MONTHS_SHOWN]
    body = [
        [str(month), *(count(value) for value in by_month[["asked", "n", *why]].to_numpy()[i])]
        for i, month in enumerate(months)
    ]
    return Section(words["excluded"], facts=facts, tables=[Table(header, body)] if why else [])
