"""What dominates now: shares of the CPU time of our predict, backtest and fit, by part of the package."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from speed_tasks.race import environment_for

DOMINATING = "What dominates now"
CALLS = {"predict": 200, "backtest": 2, "train": 1}  # of the tasks in speed_tasks.ours
TITLES = {"predict": "predict()", "backtest": "backtest, no refit", "train": "fit"}
INSIDE = "of this inside "


def dominating(plant: Path, source: str) -> str:
    """Return the section: each task sampled in a process of its own."""
    shares = pd.DataFrame({TITLES[task]: _sampled(task, plant) for task in CALLS}).fillna(0.0)
    inside = shares.index.str.startswith(INSIDE)
    parts = shares[~inside].sort_values(list(shares), ascending=False)
    rows = pd.concat([parts, shares[inside].sort_index()])
    rows = rows[rows.max(axis=1) >= 0.005]
    lines = [f"| {part} | " + " | ".join(f"{share:.0%}" for share in row) + " |" for part, *row in rows.itertuples()]
    text = f"""`python benchmarks/speed.py --profile`: of each task's CPU time the share of every part, by the innermost
function of ours that was running (sampled each millisecond; what pandas, numpy or LightGBM did for it counts as its
own, and once more in the last lines). predict: {CALLS["predict"]} calls on one site; backtest: thirty days; fit: a
year, the whole forecaster."""
    head = f"| part | {' | '.join(shares)} |\n|---|{'---|' * len(shares.columns)}"
    return "\n\n".join([f"## {DOMINATING}", text, "\n".join([head, *lines]), f"{datetime.date.today()}, {source}."])


def _sampled(task: str, plant: Path) -> dict[str, float]:
    command = [sys.executable, "-P", "-m", "speed_tasks.sampled", task, str(CALLS[task])]
    ended = subprocess.run(command, env=environment_for(plant, True), stdout=subprocess.PIPE, text=True, check=True)
    seconds: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    whole = sum(spent for part, spent in seconds.items() if not part.startswith(INSIDE))
    return {part: spent / whole for part, spent in seconds.items()}
