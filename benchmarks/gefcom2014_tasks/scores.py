"""Mean pinball by task beside the winner's and the climatology's, and the page of results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.evaluation.metrics import pinball

# the competition's winning entry, tasks 4 to 15, all ten zones: Landry, Erlinger, Patschke and Varrichio 2016, "Probabilistic
# gradient boosting machines for GEFCom2014 wind forecasting"; scores as published by the organisers
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
    """Return the means by task, hours of zones weighted alike, with the winner's and the mean over tasks that have truth."""
    table = pd.DataFrame(rows).reindex(columns=["task", "zone", "hours", *COLUMNS])
    weighted = table[COLUMNS].mul(table["hours"], axis=0).assign(task=table["task"]).groupby("task").sum(min_count=1)
    out = weighted.div(table.groupby("task")["hours"].sum().replace(0, np.nan), axis=0)
    out.insert(0, "zones", table.groupby("task")["zone"].nunique())
    out["winner, ten zones"] = pd.Series(WINNER).reindex(out.index)
    rated = out[out.index >= min(WINNER)].dropna(subset="ours")
    for name, some in (("all", out), ("rated", rated)):
        if len(some) > 1:
            out.loc[name] = some.mean()
    out["to boosters %"] = 100 * (out["ours"] / out["boosters"] - 1)
    return out


def text(table: pd.DataFrame) -> str:
    """Return the table as text, empty columns left out."""
    return table.dropna(axis=1, how="all").round(5).to_string(na_rep="–")
