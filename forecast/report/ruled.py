"""What grid rules say of the best model, as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from forecast.errors import SettingsError
from forecast.evaluation.rules.clock import read_runs
from forecast.evaluation.rules.table import tables_of_runs
from forecast.report.numbers import MISSING, count, hundredths, plain
from forecast.report.tables import Scored
from forecast.report.texts import PART_NAMES, RULE_NAMES
from forecast.rules import get, keys

CHINA = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "Asia/Kashgar", "PRC")
CONVENTIONS = ("ENTSO-E", "Elia", "AEMO")


def usual_rules(zones: Sequence[str]) -> list[str]:
    """Return the rules to show: China's for sites on its clock, the conventions of other markets elsewhere."""
    if all(zone in CHINA for zone in zones):
        return [key for key in keys() if key not in CONVENTIONS]
    return list(CONVENTIONS)


def rules_table(
    scored: Scored, words: dict[str, str], lang: str, rules: Sequence[str] | None
) -> tuple[list[str], list[list[str]]]:
    """Return header and body: a row a rule and part that the leads reach, sites together, the whole period."""
    dataset = scored.result.dataset
    names = usual_rules([str(zone) for zone in dataset["timezone"].values]) if rules is None else list(rules)
    runs = [read_runs(dataset, site) for site in range(dataset.sizes["site"])] if names else []
    models = scored.with_reference([scored.best])
    with_reference = len(models) > 1
    columns = ["rule", "part", "status", "score", "threshold", "penalty"]
    header = [words[name] for name in columns]
    header += [words["penalty_reference"].format(reference=models[-1])] if with_reference else []
    header += [words[name] for name in ("mostly", "reporting", "n", "not_counted")]
    body = []
    for key in names:
        try:
            table, causes = tables_of_runs(dataset, runs, get(key), [[], ["hour", "cause"]], models=models)
        except SettingsError:
            continue  # not for these sites, or the leads do not reach its points
        causes = causes[causes.index.get_level_values("model") == models[0]]
        for part in table.index.get_level_values("part").unique():
            mine = table[table.index.get_level_values("part") == part]
            by_model = [mine[mine.index.get_level_values("model") == model] for model in models]
            cells = _cells(by_model[0], words)
            if with_reference:
                cells[4:4] = [_penalty(by_model[1], words)]
            split = causes[causes.index.get_level_values("part") == part]
            cells.insert(4 + with_reference, _mostly(split, words))
            shown = RULE_NAMES[lang].get(key, key), PART_NAMES[lang].get(part, part)
            body.append([*shown, *cells])
    return header, body


def _cells(table: pd.DataFrame, words: dict[str, str]) -> list[str]:
    first = table.iloc[0]
    reported = table["runs"].sum() / max(int(table["runs_due"].sum()), 1)
    return [
        words[str(first["status"])],
        hundredths(float(table["score"].mean())),
        hundredths(float(first["threshold"])) if math.isfinite(first["threshold"]) else MISSING,
        _penalty(table, words),
        hundredths(float(reported)),
        count(int(table["n"].sum())),
        count(int(table["excluded"].sum())),
    ]


def _penalty(table: pd.DataFrame, words: dict[str, str]) -> str:
    total = float((table["penalty"] + table["reporting_penalty"]).sum(min_count=1))
    unit = str(table["unit"].iloc[0])
    if not math.isfinite(total) or not unit:
        return MISSING
    digits = 0 if total >= 1000 or total == 0 else max(0, 2 - math.floor(math.log10(total)))
    return f"{plain(total, min(digits, 4))} {words[unit]}"


def _mostly(causes: pd.DataFrame, words: dict[str, Any]) -> str:
    """Return the hour and the cause that cost most, sites together."""
    by_cause = causes.groupby(level=["hour", "cause"])["penalty"].sum()
    if not (by_cause > 0).any():
        return MISSING
    hour, cause = by_cause.index[int(by_cause.to_numpy().argmax())]
    share = by_cause.max() / by_cause.sum()
    return f"{words['mostly_value'].format(hour=hour, cause=words[cause])} ({hundredths(share, 0)} %)"
