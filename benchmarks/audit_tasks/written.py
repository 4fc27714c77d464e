"""docs/data.md: the three tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

KINDS = 7  # of faults put in: days are counted for each

HEAD = """# What `fc.check` finds

Made by `python benchmarks/audit.py`; do not edit. `fc.check(data)` and `quarterhour check FILE` look at the
whole record and only tell. What is done to values is decided by `data.flags` alone, by rules that never
look ahead and are the same in training, backtest and live use, and listed by `data.repairs()`: missing,
outside [-0.05, 1.3] of capacity, a sentinel, frozen for three hours (power, radiation), six (wind) or
twelve (temperature, pressure), impossible weather.

Two faults never get as far as a table: a naive clock, and labels of mixed offsets that pandas holds as
texts. Both are typed errors on the way in that name the fix. Of CUEE, the day that was in the source twice
and the 15-min file that is no mean of the 1-min one cannot be seen in one record; of Jilin, the dates of
the year 3912 were mended in the copy.
"""


CLEAN = """The stretches of `[{table}]` in benchmarks/sites.toml. False alarm days: days that a finding of medium or
high severity of a kind that the next table puts in, though nothing was put in; beside it with findings of
low severity, which these records' own short limits and small frozen runs make.
"""
PUT_IN = """At random days, counted as found at any severity. Shifts go into PV records (wind has no sun: see the clock
of La Haute Borne above), lost capacity into records with measured irradiance or wind. Hourly records take
no frozen value (three hours are four values) and no summer time (an hour is one). Lost capacity is found
more surely than placed: in dull weeks, and where the ratio of power to measured weather wanders as much,
the very day cannot be told.
"""
Found = tuple[pd.DataFrame, pd.DataFrame]


def write(path: Path, readme: pd.DataFrame, clean: Found, held_out: Found) -> None:
    found = (readme["finding"] != "NOT FOUND").sum()
    text = [
        HEAD,
        f"\n## Faults that the data's READMEs name: {found} of {len(readme)} found\n",
        _markdown(readme),
        *_section("Clean half-years", "clean", *clean),
        *_section("Held out: stretches on which no threshold was chosen", "held_out", *held_out),
    ]
    path.write_text("\n".join(text), encoding="utf-8")


def _section(title: str, table: str, clean: pd.DataFrame, injected: pd.DataFrame) -> list[str]:
    days = int(clean["days"].sum())
    alarms, all_alarms = int(clean["false alarm days"].sum()), int(clean["with those of low severity"].sum())
    rate = injected.groupby("fault", sort=False).agg(
        n=("found", "size"), records=("record", "nunique"), found=("found", "mean"), within=("within a day", "mean")
    )
    rate.columns = ["faults put in", "records", "found", "found within a day"]
    return [
        f"\n## {title}: {int(clean['high'].sum())} finding(s) of high severity in {len(clean)}\n",
        CLEAN.format(table=table),
        _markdown(clean),
        f"\nFalse alarm days: {alarms} of {days} days x {KINDS} faults = {alarms / days / KINDS:.2%}; "
        f"with findings of low severity {all_alarms / days / KINDS:.2%}.\n",
        "### Faults put in\n",
        PUT_IN,
        _markdown(rate.reset_index(), percent=("found", "found within a day")),
        f"\nAll together: {injected['within a day'].mean():.1%} of {len(injected)} found within a day.\n",
    ]


def _markdown(table: pd.DataFrame, percent: tuple[str, ...] = ()) -> str:
    shown = table.copy()
    for name in shown.columns:
        if name in percent:
            shown[name] = [f"{value:.0%}" for value in shown[name]]
        elif shown[name].dtype.kind == "f":
            shown[name] = ["" if pd.isna(value) else f"{value:.2f}" for value in shown[name]]
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + " --- |" * len(shown.columns)]
    lines += ["| " + " | ".join(str(value).replace("|", "/") for value in row) + " |" for row in shown.to_numpy()]
    return "\n".join(lines)
