"""docs/peers.md from whatever forecasts have finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import records

from accuracy_tasks.runs import LIBRARIES, OURS, place
from accuracy_tasks.scores import SCORES, compared, daily, losses, of
from accuracy_tasks.task import LEADS

PEERS = LIBRARIES[len(OURS) :]
HEADS = {"rmse": "RMSE", "pinball": "pinball loss"}
HEAD_LINES = 2  # of a table
INTRODUCTION = """\
# Accuracy, beside the libraries people use today

Made by `make peers` and `python benchmarks/peers_accuracy.py --data DATA --keep FOLDER`, from the forecasts that had
finished in FOLDER. Trained once, on what was known at the first issue time of the stored test rows; an issue time every
step; leads in steps (15 minutes; 10 minutes at la_haute_borne and turkey_t1). RMSE and the mean pinball loss of the
levels 5, 10, 25, 50, 75, 90 and 95 %, in % of capacity, each first by record, then averaged over records. Ratio: ours
over theirs, below 1 is better; in brackets its 90 % interval (days drawn again inside each record, the same for both).

## What each is given

The same inputs, from one table a record: power (share of capacity, faulty values missing), measurements up to the issue
time, weather forecasts at the valid time, hour and day of year; for PV the 95 % quantile of power at the same time of
day over the 30 days before, and where the site's place is known the sun's elevation and a clear sky's irradiance in the
modules' plane. cuee_pv: also the newest 1 and 5 minutes of power and its spread within the step. The same rows count
for all; forecasts are cut to 0 … capacity and quantiles sorted.

The boosters' settings are the same for the peers: LightGBM, 200 trees of 31 leaves, else its defaults; none was tuned.
Lags of power: the newest 16 steps and a day before each valid time; mean, deviation, minimum and maximum of the newest
4 and 16 steps; measurements at the issue time and 4 steps before. Only leads 1, 4 and 16 are trained, each of them
directly: a model of one lead knows nothing of the others.

- **ours**: `Forecaster(model="lightgbm", adapt="60D")`, no refit, all else default.
- **ours, light**: `Forecaster(model="blend")`, all else default: one set of small boosters and a ridge regression, for
  where a model a site must be cheap; what it takes stands in [speed.md](speed.md).
- **skforecast** 0.26.0: `ForecasterDirect` with `RollingFeatures`, one forecaster a lead, exogenous columns at the
  valid time (measurements lagged by the lead). Quantiles: LightGBM with the quantile objective, a forecaster a level,
  one of the ways of its guide to probabilistic forecasting. Features are made once for all issue times by its
  `create_train_X_y` and `filter_train_X_y_for_step`.
- **mlforecast** 1.1.0: `fit(horizons=[1, 4, 16], horizon_features=…)`, lags and lag transforms; a LightGBM with the
  quantile objective a level (its conformal intervals need a series of refits and have one width for all weather).
  Features for all issue times by its `preprocess`. It takes no gaps: the value before, with weight 0.
- **darts** 0.41.0: `LightGBMModel(output_chunk_length=1, output_chunk_shift=lead - 1)`, measurements and rolling
  statistics as past covariates, the rest as future covariates; `likelihood="quantile"` for the quantiles;
  `historical_forecasts(retrain=False)`. It takes no gaps: the value before, with weight 0.
- **openstef** 3.4.93, the newest for Python 3.11 (4.x needs 3.12): its training pipeline, a prediction job a lead
  (`horizons=[lead]`), its own features and the newest lags by its names; `lgb` for the point forecast, `xgb_quantile`
  with its defaults for the quantiles (its `lgb` has none but a normal distribution). It holds 15 % of the days back.
"""


def text(data: Path, keep: Path) -> str:
    """Return the page."""
    days = {name: found for name in records.RECORDS if (found := finished(name, data, keep))}
    parts = [INTRODUCTION, *missing(keep)]
    pairs = [(own, score) for own in OURS for score in SCORES]
    tables = [(f"{HEADS[score]} of {own}, mean over records", means(days, score, own)) for own, score in pairs]
    tables += [(f"{HEADS[score]} by record", by_record(days, score)) for score in SCORES]
    for head, lines in tables:
        if len(lines) > HEAD_LINES:
            parts += [f"## {head}", "", *lines, ""]
    return "\n".join(parts).rstrip() + "\n"


def finished(name: str, data: Path, keep: Path) -> dict[tuple[int, str], np.ndarray]:
    """Return the daily sums of one record for the libraries that have finished it."""
    there = {library: place(name, library, keep) for library in LIBRARIES if place(name, library, keep).exists()}
    if not there:
        return {}
    rows = records.load_rows(name, data)
    rows["issue_time"] = pd.DatetimeIndex(rows["issue_time"]).as_unit("ns")
    return daily({library: losses(rows, _made(path)) for library, path in there.items()})


def _made(path: Path) -> pd.DataFrame:
    made = pd.read_parquet(path)
    return made.assign(issue_time=pd.DatetimeIndex(made["issue_time"]).as_unit("ns"))


def missing(keep: Path) -> list[str]:
    """Return what has not finished, in words."""
    lines = []
    for library in LIBRARIES:
        names = [name for name in records.RECORDS if not place(name, library, keep).exists()]
        if names:
            lines.append(f"- {library}: {', '.join(names)}")
    if not lines:
        return []
    return ["## Not finished", "", "Left out of the means, which are over the records that both have.", "", *lines, ""]


def means(days: dict[str, dict[tuple[int, str], np.ndarray]], score: str, own: str) -> list[str]:
    """Return the table of means over records of one of ours, a row a library."""
    lines = ["| library | records |" + "".join(f" lead {lead}: ours | theirs | ratio |" for lead in LEADS)]
    lines.append("|---|---|" + "---|---|---|" * len(LEADS))
    for library in PEERS:
        found = [compared(days, lead, own, library) for lead in LEADS]
        if not found[0]["records"]:
            continue
        cells = "".join(f" {a:.3f} | {b:.3f} | **{r:.3f}** ({low:.3f} … {high:.3f}) |" for a, b, r, low, high in (
            row[score] for row in found))  # fmt: skip
        lines.append(f"| {library} | {found[0]['records']} |{cells}")
    return lines


def by_record(days: dict[str, dict[tuple[int, str], np.ndarray]], score: str) -> list[str]:
    """Return the table of one score by record and lead, a column a library."""
    column = SCORES.index(score)
    lines = ["| record | lead | rows | " + " | ".join(LIBRARIES) + " |", "|---|---|---|" + "---|" * len(LIBRARIES)]
    for name, sums in days.items():
        for lead in LEADS:
            there = {who: of(sums[lead, who].sum(axis=0))[column] for who in LIBRARIES if (lead, who) in sums}
            count = next(sums[lead, who] for who in there)[:, 0].sum()
            best = min(there.values())
            cells = [_cell(there.get(who), best) for who in LIBRARIES]
            lines.append(f"| {name} | {lead} | {count:.0f} | " + " | ".join(cells) + " |")
    return lines


def _cell(value: float | None, best: float) -> str:
    if value is None:
        return "–"
    return f"**{value:.3f}**" if value == best else f"{value:.3f}"
