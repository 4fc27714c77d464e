"""The next quarter hour to four hours on twelve real records, on stored test rows, beside an expert's script.

python benchmarks/ultra_short.py --data ../shared/data            # all records, writes docs/ultra_short.md
python benchmarks/ultra_short.py --data ../shared/data --quick    # four records, < 5 minutes

Leads are trained independently of one another, so a forecaster of one lead gives that lead's forecasts of the whole
horizon to the bit; only the three scored leads are trained unless --all-leads asks for the rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402

import forecast as fc  # noqa: E402

LEADS = (1, 4, 16)
QUICK = ("stategrid_pv.site3_30mw", "pvod.station02", "turkey_t1", "jilin_wind.second")
MINUTES = {"cuee_pv.15min": "cuee_pv.1min"}  # the same power, minute by minute
TEN_MINUTES = ("la_haute_borne.R80711", "turkey_t1")
DOCS = Path(__file__).resolve().parents[1] / "docs" / "ultra_short.md"


def main() -> None:
    """Run the benchmark and print, or write, its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--only", nargs="*", help="records; all twelve otherwise")
    parser.add_argument("--quick", action="store_true", help="four records")
    parser.add_argument("--all-leads", action="store_true", help="train all sixteen leads, as a user would")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    names = options.only or (QUICK if options.quick else records.RECORDS)
    began, tables = time.monotonic(), []
    for name in names:
        tables.append(one_record(name, options.data, options.model, options.all_leads, options.jobs))
        print(show(tables[-1]), flush=True)
    table = pd.concat(tables)
    text = report(table, options, time.monotonic() - began)
    print("\n" + text)
    if not options.quick and not options.only:
        DOCS.write_text(text)


def one_record(name: str, folder: Path, model: str, all_leads: bool, jobs: int) -> pd.DataFrame:
    """Return the scores of one record on its stored rows, a row a lead."""
    rows = records.load_rows(name, folder)
    data = records.load_site(MINUTES.get(name, name), folder)
    step = "10min" if name in TEN_MINUTES else "15min"
    times = pd.DatetimeIndex(rows["issue_time"])
    times = times.tz_localize("UTC") if times.tz is None else times
    began = time.monotonic()
    groups = [(1, LEADS[-1])] if all_leads else [(lead, lead) for lead in LEADS]
    made = pd.concat([forecasts(data, model, step, first, last, times, jobs) for first, last in groups])
    seconds = time.monotonic() - began
    rows = rows.assign(issue_time=times).merge(made, on=["issue_time", "lead"], how="left")
    table = rows.groupby("lead").apply(scores, include_groups=False)
    return table.assign(seconds=seconds).set_index(pd.MultiIndex.from_product([[name], table.index]))


def forecasts(
    data: fc.SiteData, model: str, step: str, first: int, last: int, times: pd.DatetimeIndex, jobs: int
) -> pd.DataFrame:
    """Return forecasts (share of capacity) for the issue times, trained once on what was known at the first."""
    forecaster = fc.Forecaster(
        model=model, horizon=last * pd.Timedelta(step), step=step, first_lead=first, n_jobs=jobs
    )
    result = fc.backtest(
        {"ours": forecaster, "reference": forecaster_like(forecaster, "reference")},
        data, times.min(), times.max(), every=step, refit=None, progress=False,
    )  # fmt: skip
    frame = result.frame()
    frame = frame[(frame["model"] == "ours") & frame["lead"].isin(LEADS)]
    values = frame[["power", "q05", "q50", "q95"]] / data.site.capacity_kw
    return pd.concat([frame[["issue_time", "lead"]], values.rename(columns={"power": "ours"})], axis=1)


def forecaster_like(forecaster: fc.Forecaster, model: str) -> fc.Forecaster:
    """Return the same task for another model."""
    return fc.Forecaster(**(forecaster.get_params(deep=False) | {"model": model}))


def scores(rows: pd.DataFrame) -> pd.Series:
    """Return the scores of one lead's rows, errors in % of capacity."""
    actual = rows["actual"].to_numpy()

    def rmse(column: str) -> float:
        return 100 * float(np.sqrt(np.mean((rows[column].to_numpy() - actual) ** 2)))

    def mae(column: str) -> float:
        return 100 * float(np.mean(np.abs(rows[column].to_numpy() - actual)))

    real = np.maximum(actual, 0)
    inside = (real >= rows["q05"]) & (real <= rows["q95"])
    return pd.Series(
        {
            "n": len(rows),
            "persistence": rmse("persistence"),
            "reference": rmse("reference"),
            "script": rmse("script"),
            "ours": rmse("ours"),
            "ours / script": rmse("ours") / rmse("script"),
            "skill": 100 * (1 - rmse("ours") / rmse("reference")),
            "MAE script": mae("script"),
            "MAE": mae("ours"),
            "MAE of median": mae("q50"),
            "coverage 90": 100 * float(np.mean(inside)),
        }
    )


def show(table: pd.DataFrame) -> str:
    """Return a table as text."""
    return table.round(3).to_string(header=True)


def report(table: pd.DataFrame, options: argparse.Namespace, seconds: float) -> str:
    """Return the page of results in Markdown."""
    leads = table.index.get_level_values(1)
    lines = [
        "# Ultra-short term: 15 minutes to 4 hours on twelve real records",
        "",
        f"Made by `python benchmarks/ultra_short.py --data DATA --model {options.model}"
        + (" --quick" if options.quick else "")
        + f"` in {seconds / 60:.0f} minutes. Trained on the first 70 % of each record, tested on stored rows of",
        "the last 30 %, an issue time every step, no refit. Errors in % of capacity; leads in steps (15 minutes;",
        "10 minutes at la_haute_borne and turkey_t1). `reference`, `script`: columns of the stored rows: the convex",
        "reference, and an expert's script. Skill: RMSE below that reference. Coverage: of the 5-95 % interval,",
        "truth clipped at 0.",
        "",
        "| record | lead | rows | persistence | reference | script | ours | ours / script | skill % "
        "| MAE script | MAE | MAE of median | coverage % |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (name, lead), r in table.iterrows():
        lines.append(
            f"| {name} | {lead} | {r['n']:.0f} | {r['persistence']:.2f} | {r['reference']:.2f} | {r['script']:.2f} "
            f"| **{r['ours']:.2f}** | {r['ours / script']:.3f} | {r['skill']:.1f} | {r['MAE script']:.2f} "
            f"| {r['MAE']:.2f} | {r['MAE of median']:.2f} | {r['coverage 90']:.0f} |"
        )
    lines += ["", "| lead | mean skill % | ours / script | records within 1.01 | below persistence | coverage % |"]
    lines += ["|---|---|---|---|---|---|"]
    for lead in sorted(set(leads)):
        part = table[leads == lead]
        within, below = (part["ours / script"] <= 1.01).sum(), (part["ours"] < part["persistence"]).sum()
        lines.append(
            f"| {lead} | {part['skill'].mean():.2f} | {part['ours / script'].mean():.3f} | {within} of {len(part)} "
            f"| {below} of {len(part)} | {part['coverage 90'].mean():.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
