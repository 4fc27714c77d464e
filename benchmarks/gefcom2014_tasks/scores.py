"""Mean pinball by task beside the winner's and the climatology's, and the page of results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.evaluation.metrics import pinball

# the competition's winning entry (Landry et al. 2016), tasks 4 to 15, all ten zones, as the organisers published it
WINNER = dict(
    enumerate(
        [0.03562, 0.04080, 0.03888, 0.03069, 0.03889, 0.03190, 0.03635, 0.03710, 0.03879, 0.04168, 0.03917, 0.03915],
        start=4,
    )
)
COLUMNS = ["ours", "boosters", "climatology"]


def loss(truth: np.ndarray, made: np.ndarray, levels: np.ndarray) -> float:
    """Return the mean pinball loss of the hours that have power; NaN where none has."""
    here = np.isfinite(truth)
    return float(pinball(truth[here], made[here], levels=levels)) if here.any() else float("nan")


def by_task(rows: list[dict[str, float]]) -> pd.DataFrame:
    """Return the means by task, each hour of each zone alike, then those over tasks; a column with gaps has no mean."""
    table = pd.DataFrame(rows).reindex(columns=["task", "zone", "hours", *COLUMNS])
    weighted = table[COLUMNS].mul(table["hours"], axis=0).assign(task=table["task"]).groupby("task").sum(min_count=1)
    out = weighted.div(table.groupby("task")["hours"].sum().replace(0, np.nan), axis=0)
    out.insert(0, "zones", table.groupby("task")["zone"].nunique().astype(float))
    out["winner, ten zones"] = pd.Series(WINNER).reindex(out.index)
    known = out.dropna(subset="ours")
    for name, some in (("all", known), ("rated", known[known.index >= min(WINNER)])):
        if len(some) > 1:
            out.loc[name] = some.mean(skipna=False)
    out["to boosters %"] = 100 * (out["ours"] / out["boosters"] - 1)
    return out


def text(table: pd.DataFrame) -> str:
    """Return the table as text, empty columns left out."""
    return table.dropna(axis=1, how="all").round(5).to_string(na_rep="–")


def page(table: pd.DataFrame, rows: list[dict[str, float]], seconds: float) -> str:
    """Return the page of results in Markdown."""
    frame = pd.DataFrame(rows)
    zones = ", ".join(str(zone) for zone in sorted(frame["zone"].unique()))
    both = frame.reindex(columns=COLUMNS).dropna(subset=["ours", "boosters"])
    lines = [
        "# GEFCom 2014, wind: 99 quantiles of a month, as of its start",
        "",
        "Made by `python benchmarks/gefcom2014.py --data DATA/gefcom2014_wind --tasks … --compare … --page` in",
        f"{seconds / 60:.0f} minutes of one core ({seconds / max(len(rows), 1):.1f} s a zone and month, boosters and",
        f"the months before the first one included). Zones {zones}. Mean pinball of 99 quantiles, power as a share of",
        "capacity, on the power as the folder has it. Each month is forecast from power up to its start and winds",
        "published up to its end. *13 boosters*: quantile boosters on the same inputs and rows, sorted, linear between",
        "their levels. *Winner*: as published for all ten zones, so the same measure only where the folder holds all",
        "ten. *Climatology*: quantiles of the zone's past, the competition's benchmark. Tasks 4 to 15 were rated.",
        "",
        "| task | zones | ours | 13 boosters | change % | winner, ten zones | climatology |",
        "|---|---|---|---|---|---|---|",
    ]
    for task, row in table.iterrows():
        cells = [row["ours"], row["boosters"], row["winner, ten zones"], row["climatology"]]
        ours, boosters, winner, past = ("–" if np.isnan(cell) else f"{cell:.5f}" for cell in cells)
        count = "" if np.isnan(row["zones"]) else f"{row['zones']:.0f}"
        change = "–" if np.isnan(row["to boosters %"]) else f"{row['to boosters %']:+.1f}"
        lines.append(f"| {task} | {count} | {ours} | {boosters} | {change} | {winner} | {past} |")
    if len(both):
        low, high = noise(both)
        ours, boosters = both["ours"].mean(), both["boosters"].mean()
        lines += [
            "",
            f"Where the boosters ran ({len(both)} zones and months): {ours:.5f} against {boosters:.5f},",
            f"{100 * (ours / boosters - 1):+.1f} %; 90 % interval, months drawn again: {low:+.1f} … {high:+.1f} %.",
        ]
    return "\n".join([*lines, ""])


def noise(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the 90 % interval of the change to the boosters [%]: zones' months drawn again."""
    drawn = np.random.default_rng(0).integers(0, len(rows), size=(2000, len(rows)))
    ours, boosters = (rows[name].to_numpy()[drawn].sum(axis=1) for name in ("ours", "boosters"))
    low, high = np.quantile(100 * (ours / boosters - 1), [0.05, 0.95])
    return float(low), float(high)
