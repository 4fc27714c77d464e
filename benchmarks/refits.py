"""Learning on instead of learning again: accuracy and cost of `renew`, on stored test rows of real records.

python benchmarks/refits.py --data ../shared/data            # writes docs/refits.md
python benchmarks/refits.py --data ../shared/data --quick    # one record, thirty days, smaller models

The first 60 days of the test rows of benchmarks/ultra_short.py, an issue time each step. What `renew` does, and how
fast it learns, was chosen on rows before these (50 to 70 % of each record), see the page.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402

import forecast as fc  # noqa: E402
from forecast.evaluation.blocks import block_sums, local_days, resampled_means, usual_length  # noqa: E402
from forecast.models import Blend, Boosted  # noqa: E402

RECORDS = ("pvod.station01", "paddle_wind", "turkey_t1", "stategrid_pv.site3_30mw")
TEN_MINUTES = ("turkey_t1",)
LEADS = (16, 1, 4)  # in steps
AGAIN = 30  # days between fits
QUANTILES = ["q05", "q10", "q25", "q50", "q75", "q90", "q95"]
DOCS = Path(__file__).resolve().parents[1] / "docs" / "refits.md"
WORDS = """
*Once*: fitted at the first of the test rows; *refit 30D*: fitted anew on all rows each 30 days; *renew*: between the
fits, or without any, the leaves of the boosters learn on from the newest outcomes (`Forecaster.renewed`,
`models/relearning.py`): no split is made anew and no older row is read. RMSE and pinball (mean of seven levels) in %
of capacity; behind them by how many % they differ from *once*, with the 95 % interval (days drawn with replacement,
the cube root of their number together): less than 0 is better. `adapt` is off.
"""
CHOSEN = """
## How it was chosen

On 50 to 70 % of the same four records (fitted at 50 %, leads 1, 4 and 16), RMSE of the blend against *once*, %; mean of
the twelve record-leads:

| | RMSE % |
|---|---|
| refit on all rows, three times | -2.23 |
| as LightGBM's `refit`, a day on the last 7 days, decay 0.95 | -2.29 |
| as LightGBM's `refit`, a day on the last 30 days, decay 0.9 | -2.98 |
| stage by stage, each leaf by the weight it has, new rows counting 1, 2, 4, 8 | -2.48, -2.95, -3.26, -3.42 |
| **what the whole forecast is wrong by, tree by tree**, new rows 1, 4, **8**, 16 | -2.44, -3.53, **-3.87**, -4.04 |

From four to sixteen it is nearly flat, and eight was taken. (There a new row went on counting so much among the old
ones; now it counts as one of them once it is learned.) A refit each month knows all rows, a month late.

Letting the boosters that tell the sizes of errors learn on too: pinball of *renew 1D* there -3.6 % (pvod.station01,
lead 16), -0.1 % (paddle_wind, 16), -0.2 % (turkey_t1, 1). With `adapt="60D"`, which corrects by the same outcomes,
*renew 1D* changed RMSE and pinball by -5.2 and -6.3 % (pvod.station01, 4), +0.4 and -0.5 % (paddle_wind, 16), -0.7 and
-0.6 % (turkey_t1, 1).

## What it does not do

Splits, references, the network, the boosters of the 10, 50 and 90 % quantiles, the shape of the distribution, the
site's curves and the ladder stay as the last fit left them, and so does a model without boosters (`model="ridge"`).
"""


def main() -> None:
    """Run the benchmark and print, or write, its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", help="records; all four otherwise")
    parser.add_argument("--quick", action="store_true", help="one record, thirty days, smaller models")
    parser.add_argument(
        "--keep", type=Path, help="folder where finished parts are kept: a run goes on where it stopped"
    )
    options = parser.parse_args()
    names = options.only or (RECORDS[:1] if options.quick else RECORDS)
    parts = []
    for lead in LEADS:
        for name in names:
            parts.append(kept(options.keep, f"{name}.{lead}", lambda n=name, k=lead: one_lead(n, k, options)))
            print("\n".join(rows_of(parts[-1])), flush=True)
    text = page(parts)
    print(text)
    if not options.quick and not options.only:
        DOCS.write_text(text)


def kept(folder: Path | None, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a part that was finished before, or make it and keep it."""
    path = None if folder is None else folder / f"{name}.json"
    if path is not None and path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    part = make()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(part))
    return part


def forecaster_of(name: str, first: int, last: int, quick: bool) -> fc.Forecaster:
    """Return the default forecaster of some leads."""
    step = "10min" if name in TEN_MINUTES else "15min"
    model: Any = Blend([Boosted(trees=20), Boosted(trees=20, random_splits=True)]) if quick else "lightgbm"
    return fc.Forecaster(model=model, first_lead=first, horizon=last * pd.Timedelta(step), step=step)


def one_lead(name: str, lead: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a lead's scores by way, and the CPU seconds a day that learning takes."""
    data, rows = records.load_site(name, options.data), records.load_rows(name, options.data)
    start = rows["issue_time"].min()
    middle = start + pd.Timedelta(days=AGAIN // 2 if options.quick else AGAIN)
    end = start + 2 * (middle - start)
    before, fits = time.process_time(), []
    for moment in (start, middle):
        fits.append(forecaster_of(name, lead, lead, options.quick).fit(data.until(moment)))
    fit = (time.process_time() - before) / 2
    served(fits[0], data, start, end, None)  # what is made once a process is not counted
    made, cost = {}, {}
    for way, renew in (("once", None), ("once, renew 7D", "7D"), ("once, renew 1D", "1D")):
        made[way], seconds = served(fits[0], data, start, end, renew)
        cost[way] = seconds / ((end - start) / pd.Timedelta("1D"))
    for way, renew in (("refit 30D", None), ("refit 30D, renew 1D", "1D")):
        first = made[way.replace("refit 30D", "once")]  # until the second fit they are the same
        made[way] = pd.concat([first[first.index < middle], served(fits[1], data, middle, end, renew)[0]])
    renewing = {way: cost.get(way.replace("refit 30D", "once"), 0.0) - cost["once"] for way in made}
    common = made["once"].index.intersection(pd.Index(rows.loc[rows["lead"] == lead, "issue_time"]))
    losses = {way: row_losses(frame.loc[common], data.site.capacity_kw) for way, frame in made.items()}
    days = local_days(pd.DatetimeIndex(common), data.timezone)
    return {
        "name": name, "lead": lead, "rows": len(common), "fit": fit,
        "ways": {
            way: {
                "rmse": 100 * float(np.sqrt(found[:, 0].mean())),
                "pinball": 100 * float(found[:, 1].mean()),
                "against": against_once(found, losses["once"], days),
                "seconds": max(renewing[way], 0.0) + (fit / AGAIN if way.startswith("refit") else 0.0),
            }
            for way, found in losses.items()
        },
    }  # fmt: skip


def served(
    forecaster: fc.Forecaster, data: fc.SiteData, start: pd.Timestamp, end: pd.Timestamp, renew: str | None
) -> tuple[pd.DataFrame, float]:
    """Return the scored forecasts of the steps from start to before end, by issue time, and the CPU seconds."""
    before, step = time.process_time(), forecaster.step
    result = fc.backtest(
        {"ours": forecaster}, data, start, end - pd.Timedelta(step), every=step, refit="never", renew=renew,
        progress=False,
    )  # fmt: skip
    seconds = time.process_time() - before
    return result.frame().query("model == 'ours' and valid").set_index("issue_time"), seconds


def row_losses(frame: pd.DataFrame, capacity_kw: float) -> np.ndarray:
    """Return (rows, 2): squared error and mean pinball, of shares of capacity."""
    actual = frame["actual"].to_numpy() / capacity_kw
    real, levels = np.maximum(actual, 0)[:, None], np.array([float("0." + name[1:]) for name in QUANTILES])
    below = real - frame[QUANTILES].to_numpy() / capacity_kw
    pinball = np.maximum(levels * below, (levels - 1) * below).mean(axis=1)
    return np.stack([(frame["power"].to_numpy() / capacity_kw - actual) ** 2, pinball], axis=1)


def against_once(losses: np.ndarray, once: np.ndarray, days: np.ndarray) -> list[tuple[float, float, float]]:
    """Return by how many % RMSE and pinball differ from those of *once*, with the ends of the 95 % interval."""
    sums, counts = block_sums(np.concatenate([losses, once], axis=1), days)
    drawn = resampled_means(sums, counts, length=usual_length(len(counts)))
    whole = sums.sum(axis=0, keepdims=True)
    out = []
    for i, power in ((0, 0.5), (1, 1.0)):
        share, some = (100 * ((x[:, i] / x[:, i + 2]) ** power - 1) for x in (whole, drawn))
        out.append((float(share[0]), *map(float, np.quantile(some, [0.025, 0.975]))))
    return out


def rows_of(part: dict[str, Any]) -> list[str]:
    """Return the rows of the table of one record and lead, one a way."""
    lines = []
    for way, found in part["ways"].items():
        rmse, pinball = (f"{d:+.1f} ({a:+.1f} … {b:+.1f})" if way != "once" else "" for d, a, b in found["against"])
        cheaper = f"{part['fit'] / found['seconds']:.0f}" if found["seconds"] else ""
        cells = [part["name"], part["lead"], way, f"{found['rmse']:.2f}", rmse, f"{found['pinball']:.3f}", pinball]
        lines.append("| " + " | ".join(map(str, [*cells, cheaper])) + " |")
    return lines


def page(parts: list[dict[str, Any]]) -> str:
    """Return the page of results in Markdown."""
    means = []
    for way in parts[0]["ways"]:
        told = np.array([part["ways"][way]["against"] for part in parts])[..., 0].mean(axis=0)
        cheaper = np.mean([part["ways"][way]["seconds"] / part["fit"] for part in parts])
        means.append(f"| {way} | {told[0]:+.2f} | {told[1]:+.2f} | {f'{1 / cheaper:.0f}' if cheaper else ''} |")
    return "\n".join(
        [
            "# Learning on instead of learning again",
            "",
            "Made by `python benchmarks/refits.py --data DATA`. The first 60 days of the stored test rows, an issue",
            "time each step, leads in steps.",
            WORDS,
            "| mean of records and leads | RMSE % of once | pinball % of once | times cheaper |",
            "|---|---|---|---|",
            *means,
            "",
            "Times cheaper: CPU of a full fit each day over that of learning, fits and renewals, a lead alone.",
            "",
            "| record | lead | way | RMSE | % of once | pinball | % of once | times cheaper |",
            "|---|---|---|---|---|---|---|---|",
            *(row for part in parts for row in rows_of(part)),
            CHOSEN.rstrip(),
            "",
        ]
    )


if __name__ == "__main__":
    main()
