"""The page docs/rules.md: what rules make of a plant's forecasts, by rule, part and month."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import forecast as fc
from forecast.rules import Rule

DOCS = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
NEEDED = 0.05
#: formulas that charge relative errors, or over- and under-forecasts differently
UNEVEN = {
    "floor_relative_rmse", "floor_relative_mae", "relative", "harmonic", "largest_relative",
    "beyond_share_of_measured", "beyond_share_of_forecast", "beyond_band",
}  # fmt: skip
KIND = {"pvod.station01": "pv", "paddle_wind": "wind"}


def by_part(table: pd.DataFrame) -> pd.DataFrame:
    """Return the whole period's penalties, index [rule, part]: median, best, saved, unit."""
    return totals(table, ["rule", "part"])


def totals(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return penalties summed over months (and what `keys` leaves out): median, best, saved (a share), unit."""
    penalty = table.groupby([*keys, "model"], sort=False)["penalty"].sum(min_count=1).unstack("model")  # noqa: PD010
    saved = np.where(penalty["median"] > 0, 1 - penalty["best"] / penalty["median"], np.nan)
    return penalty.assign(saved=saved, unit=table.groupby(keys)["unit"].max())


def page(found: dict[str, pd.DataFrame], model: str, seconds: float | None) -> str:
    """Return the page in Markdown; `seconds` is None where backtests were kept and only read again."""
    cost = "" if seconds is None else f" in {seconds / 60:.1f} minutes of one core"
    lines = [
        "# Grid rules: what forecasts cost, and what a point made for the rule saves",
        "",
        f"Made by `python benchmarks/rules.py --data DATA --model {model}`{cost}. Trained on the first 70 % of",
        "each record, tested on the last 30 %: 16 leads every 15 minutes, and the next local day issued at 9 h.",
        "One distribution of the forecasts gives the median and, rule by rule, the point of least expected penalty",
        "(`best_point`), one point for all parts of a rule that look at the same forecasts.",
        f"Rules of version {fc.rules.version()}; **a rule is unverified** unless its status says otherwise: formulas",
        "from public code or recalled, not read in the official documents. Missing truth, curtailed and exempt points",
        "are left out and counted. Where a rule does not say which forecasts it means, those of the day ahead count;",
        "parts about the tenth day are not forecast here.",
        "",
    ]
    for name, table in found.items():
        lines += [f"## {name}", "", *rules(table, KIND[name]), "", *parts(table, KIND[name]), "", *months(table), ""]
    return "\n".join(lines) + "\n"


def rules(table: pd.DataFrame, kind: str) -> list[str]:
    """Return a row a rule: its penalty with the median and with the best point, or why there is nothing to compare."""
    total = totals(table, ["rule"])
    lines = ["### The point made for the rule against the plain median", ""]
    lines += ["| rule | status | median | best point | unit | saved | |", "|---|---|---|---|---|---|---|"]
    for key in fc.rules.list().index.unique("key"):
        rule = fc.rules.get(key)
        row = total.loc[key] if key in total.index else None
        lines.append(f"| {key} | {rule.status} | {cells(row)} | {verdict(rule, kind, row)} |")
    return lines


def parts(table: pd.DataFrame, kind: str) -> list[str]:
    """Return a row a part that has a penalty."""
    lines = ["### Part by part", ""]
    lines += ["| rule | part | formula | median | best point | unit | saved |", "|---|---|---|---|---|---|---|"]
    for (key, name), row in by_part(table).iterrows():
        part = next(part for part in fc.rules.get(key).parts[kind] if part.name == name)
        if row["unit"]:
            lines.append(f"| {key} | {name} | {part.measure or part.deviation} | {cells(row)} |")
    return lines


def cells(row: pd.Series | None) -> str:
    if row is None or not row["unit"]:
        return "– | – | – | –"
    saved = f"{100 * row['saved']:.1f} %" if np.isfinite(row["saved"]) else "–"
    return f"{row['median']:.4g} | {row['best']:.4g} | {row['unit']} | {saved}"


def verdict(rule: Rule, kind: str, row: pd.Series | None) -> str:
    """Return whether 5 % are saved where that is asked for, or why it is not asked for."""
    parts = rule.parts.get(kind, ())
    if not parts or row is None:
        return "not for such plants"
    if not row["unit"]:
        return "no penalty on record"
    if not row["median"] > 0:
        return "the median is not punished"
    uneven = [part for part in parts if part.penalty and (part.measure or part.deviation) in UNEVEN]
    if not uneven:
        return "not asked for: symmetric and not relative"
    if rule.month_cap is not None and abs(row["saved"]) < 1e-9:
        return "every month costs its cap with both"
    return "saved" if row["saved"] >= NEEDED else f"**below {100 * NEEDED:.0f} %**"


def months(table: pd.DataFrame) -> list[str]:
    """Return the monthly table of the median under every rule, with the penalty of the best point beside it."""
    names = ["rule", "part", "month"]
    lines = [
        "### By month",
        "",
        "Scores of the median. `n` points count; not counted: exempt / missing truth / curtailed.",
        "",
        "| rule | part | month | n | not counted | score % | threshold % | penalty | of the best point | status |",
        "|---" * 10 + "|",
    ]
    plain, best = (table.xs(model, level="model").reset_index().set_index(names) for model in ("median", "best"))
    for (key, part, month), row in plain.iterrows():
        threshold = "–" if np.isnan(row["threshold"]) else f"{100 * row['threshold']:g}"
        charged = [one["penalty"] for one in (row, best.loc[(key, part, month)])]
        costs = [f"{one:.4g} {row['unit']}" if row["unit"] and np.isfinite(one) else "–" for one in charged]
        score = f"{100 * row['score']:.1f}" if np.isfinite(row["score"]) else "–"
        left_out = f"{row['exempt']} / {row['missing_truth']} / {row['curtailed']}"
        lines.append(
            f"| {key} | {part} | {month} | {row['n']} | {left_out} | {score} | {threshold} | {' | '.join(costs)} "
            f"| {row['status']} |"
        )
    return lines
