"""GEFCom 2014, wind: 99 quantiles of every hour of a month, strictly as of the month's start.

python benchmarks/gefcom2014.py --data ../shared/data/gefcom2014_wind --out predictions.parquet
python benchmarks/gefcom2014.py --data DATA/gefcom2014_wind --zones 1 4 6 --tasks 6 9 --compare

`--compare` runs 13 quantile boosters on the same inputs beside it; with numbers behind it, in these tasks only.

Reads every parquet file in the folder (zone, timestamp, power_norm, four wind columns). Task 1 is October 2012; every
month from there on that has power before it is forecast: power up to its start, winds published up to its end, nothing
later.
Tasks 4 to 15 were the rated ones. `--page` writes docs/gefcom2014.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from gefcom2014_tasks import scores
from gefcom2014_tasks.distributions import month_quantiles, shared_ridge
from gefcom2014_tasks.points import LEAST_HOURS, boosted_quantiles, points
from gefcom2014_tasks.records import Records, months, read, without_false_zeros

LEVELS = np.arange(1, 100) / 100
NAMES = [f"q{level:02d}" for level in range(1, 100)]
DOCS = Path(__file__).resolve().parents[1] / "docs" / "gefcom2014.md"


def main() -> None:
    """Forecast the months asked for, write them, and print their scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/gefcom2014_wind"))
    parser.add_argument("--out", type=Path, help="parquet file of zone, timestamp, q01 … q99")
    parser.add_argument("--zones", type=int, nargs="+", help="default: all in the folder")
    parser.add_argument("--tasks", type=int, nargs="+", help="default: all that the folder allows, from 1")
    parser.add_argument("--compare", type=int, nargs="*", metavar="TASK", help="13 boosters; default: all tasks")
    parser.add_argument("--page", action="store_true", help="write docs/gefcom2014.md")
    options = parser.parse_args()
    began, records = time.process_time(), read(options.data)
    zones = options.zones or records.zones
    tasks = options.tasks or [task for task, _, _ in months(records)]
    unknown = [f"zone {zone}" for zone in zones if zone not in records.zones]
    unknown += [f"task {task}" for task in tasks if task not in [task for task, _, _ in months(records)]]
    if unknown:
        parser.error(f"not in {options.data}: {', '.join(unknown)}")
    compare = [] if options.compare is None else options.compare or tasks
    made, rows = forecasts(records, zones, tasks, compare)
    if options.out is not None:
        made.to_parquet(options.out)
        print(f"{len(made)} forecasts written to {options.out}")
    seconds = time.process_time() - began
    table = scores.by_task(rows)
    print(scores.text(table))
    if options.page:
        DOCS.write_text(scores.page(table, rows, seconds))


def forecasts(
    records: Records, zones: list[int], tasks: list[int], compare: list[int]
) -> tuple[pd.DataFrame, list[dict[str, float]]]:
    """Return the quantiles of all months asked for, and the scores by zone and task.

    The boosters' own forecasts of earlier months are what the second stage learns from, so they are made for all months
    up to the last one asked for.
    """
    frames, rows = [], []
    said: dict[int, np.ndarray] = {}
    for task, start, end in months(records):
        if task > max(tasks):
            break
        known = without_false_zeros(records.as_of(start, end))
        shared = shared_ridge(known, start) if task in tasks else None
        for zone in zones:
            place = records.zones.index(zone)
            count = np.isfinite(known.power[:, place]).sum()
            if count >= LEAST_HOURS:
                said[zone] = points(known, start, place, said.get(zone))
            if shared is None or count == 0:
                continue
            frame = month(known, start, place, said.get(zone), shared)
            frames.append(frame)
            rows.append(scored(records, known, start, frame, {"task": task, "zone": zone}, task in compare))
            print(" ".join(f"{name} {value:.5g}" for name, value in rows[-1].items()), flush=True)
    return pd.concat(frames, ignore_index=True), rows


def month(known: Records, start: pd.Timestamp, place: int, said: np.ndarray | None, shared: np.ndarray) -> pd.DataFrame:
    """Return the month's quantiles of one zone; those of its past where that is too short to learn from."""
    ahead = known.hours[known.hours > start]
    if said is None:
        past = known.power[:, place]
        made = np.tile(np.nanquantile(past, LEVELS), (len(ahead), 1))
    else:
        made = month_quantiles(known, start, place, said, shared, LEVELS)
    head = pd.DataFrame({"zone": known.zones[place], "timestamp": ahead})
    return pd.concat([head, pd.DataFrame(made, columns=NAMES)], axis=1)


def scored(
    records: Records, known: Records, start: pd.Timestamp, frame: pd.DataFrame, row: dict[str, float], compare: bool
) -> dict[str, float]:
    """Return the row with the scores of one zone's month; on the power as the folder has it, its false zeros too."""
    place = records.zones.index(int(row["zone"]))
    truth = records.power[(records.hours > start) & (records.hours <= known.hours[-1]), place]
    past = records.power[records.hours <= start, place]
    row = {**row, "hours": float(np.isfinite(truth).sum())}
    climatology = np.tile(np.nanquantile(past, LEVELS), (len(truth), 1))
    candidates = {"ours": frame[NAMES].to_numpy(), "climatology": climatology}
    if compare:
        candidates["boosters"] = boosted_quantiles(known, start, place, LEVELS)
    return {**row, **{name: scores.loss(truth, made, LEVELS) for name, made in candidates.items()}}


if __name__ == "__main__":
    main()
