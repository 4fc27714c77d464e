"""RMSE and pinball loss by record, lead and library, and their means over records with redrawn days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from accuracy_tasks.task import COLUMNS, LEVELS

SCORES = ("rmse", "pinball")
DRAWS = 1000
Sums = dict[tuple[str, int, str], np.ndarray]  # record, lead, library → (days, 3)


def losses(rows: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return issue_time, lead, and each row's squared error and mean pinball loss over the levels.

    `rows`: issue_time, lead, actual (share of capacity). The point forecast is judged on the power as measured, as
    the stored rows' own forecasts are; quantiles on the power cut at 0. A row without forecast is missing.
    """
    both = rows[["issue_time", "lead", "actual"]].merge(made, on=["issue_time", "lead"], how="left")
    actual = both["actual"].to_numpy()
    below = np.maximum(actual, 0)[:, None] - both[list(COLUMNS[1:])].to_numpy()
    pinball = np.maximum(np.array(LEVELS) * below, (np.array(LEVELS) - 1) * below).mean(axis=1)
    squared = (both["power"].to_numpy() - actual) ** 2
    return both[["issue_time", "lead"]].assign(squared=squared, pinball=pinball)


def daily(tables: dict[str, pd.DataFrame]) -> dict[tuple[int, str], np.ndarray]:
    """Return by lead and library the sums a day of count, squared error and pinball loss, (days, 3).

    Tables of one record by library; only rows that every library forecast count, so that all are judged on the same.
    """
    there = np.logical_and.reduce([table[["squared", "pinball"]].notna().all(axis=1) for table in tables.values()])
    out = {}
    for library, table in tables.items():
        kept = table[there].assign(n=1.0, day=table.loc[there, "issue_time"].dt.floor("D"))
        for lead, part in kept.groupby("lead"):
            out[int(lead), library] = part.groupby("day")[["n", "squared", "pinball"]].sum().to_numpy()
    return out


def of(sums: np.ndarray) -> np.ndarray:
    """Return RMSE and pinball loss [% of capacity] of sums over days, (…, 3) → (…, 2)."""
    count = sums[..., 0]
    return 100 * np.stack([np.sqrt(sums[..., 1] / count), sums[..., 2] / count], axis=-1)


def compared(
    days: dict[str, dict[tuple[int, str], np.ndarray]], lead: int, own: str, library: str
) -> dict[str, object]:
    """Return the means over records of one of ours and of a library, and their ratio with its 90 % interval.

    `days`: `daily` by record; the records are those where both have finished. Days are drawn again inside each record,
    the same for both.
    """
    names = [name for name, sums in days.items() if {(lead, own), (lead, library)} <= sums.keys()]
    if not names:
        return {"records": 0}
    rng, ours, theirs = np.random.default_rng(0), [], []
    for name in names:
        pair = [days[name][lead, who] for who in (own, library)]
        drawn = rng.integers(0, len(pair[0]), size=(DRAWS, len(pair[0])))
        for values, sums in zip((ours, theirs), pair, strict=True):
            again = sums[drawn].sum(axis=1)
            values.append(of(np.concatenate([sums.sum(axis=0)[None], again])))
    mean_ours, mean_theirs = np.mean(ours, axis=0), np.mean(theirs, axis=0)
    ratio = mean_ours / mean_theirs
    low, high = np.quantile(ratio[1:], [0.05, 0.95], axis=0)
    result: dict[str, object] = {"records": len(names)}
    for place, score in enumerate(SCORES):
        result[score] = (mean_ours[0, place], mean_theirs[0, place], ratio[0, place], low[place], high[place])
    return result
