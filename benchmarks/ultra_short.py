"""The next quarter hour to four hours on twelve real records, on stored test rows, beside an expert's script.

python benchmarks/ultra_short.py --data ../shared/data            # all records, writes docs/ultra_short.md
python benchmarks/ultra_short.py --data ../shared/data --quick    # four records
python benchmarks/ultra_short.py --data ../shared/data --refit none --adapt none   # what the two corrections bring

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
QUANTILES = {0.05: "q05", 0.1: "q10", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.9: "q90", 0.95: "q95"}
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
    parser.add_argument("--adapt", default="60D", help="window of newest outcomes that correct; none: no correction")
    parser.add_argument("--refit", default="30D", help="how often models are fitted again; none: fitted once")
    parser.add_argument("--out", type=Path, help="parquet file of record, issue_time, lead, actual, ours, q05 … q95")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    names = options.only or (QUICK if options.quick else records.RECORDS)
    began, tables, kept = time.monotonic(), [], []
    for name in names:
        kept.append(one_record(name, options))
        tables.append(by_lead(name, kept[-1]))
        print(show(tables[-1]), flush=True)
    table, forecast_rows = pd.concat(tables), pd.concat(kept)
    if options.out is not None:
        forecast_rows.to_parquet(options.out)
    text = report(table, options, time.monotonic() - began) + rates(forecast_rows)
    print("\n" + text)
    usual = options.adapt == "60D" and options.refit == "30D"
    if usual and not options.quick and not options.only:
        DOCS.write_text(text)


def one_record(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return the stored rows of one record with our forecasts (share of capacity) beside them."""
    rows = records.load_rows(name, options.data)
    data = records.load_site(MINUTES.get(name, name), options.data)
    step = "10min" if name in TEN_MINUTES else "15min"
    times = pd.DatetimeIndex(rows["issue_time"])
    groups = [(1, LEADS[-1])] if options.all_leads else [(lead, lead) for lead in LEADS]
    adapt, refit = (None if value == "none" else value for value in (options.adapt, options.refit))
    made = pd.concat(
        [forecasts(data, options.model, step, first, last, times, options.jobs, adapt, refit) for first, last in groups]
    )
    rows = rows.merge(made, on=["issue_time", "lead"], how="left")
    return rows.assign(record=name)


def by_lead(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one record, a row a lead."""
    table = rows.groupby("lead").apply(scores, include_groups=False)
    return table.set_index(pd.MultiIndex.from_product([[name], table.index]))


def forecasts(
    data: fc.SiteData, model: str, step: str, first: int, last: int, times: pd.DatetimeIndex, jobs: int,
    adapt: str | None = None, refit: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return forecasts (share of capacity) for the issue times, first trained on what was known at the first."""
    forecaster = fc.Forecaster(
        model=model, horizon=last * pd.Timedelta(step), step=step, first_lead=first, n_jobs=jobs, adapt=adapt
    )
    result = fc.backtest(
        {"ours": forecaster, "reference": forecaster_like(forecaster, "reference")},
        data, times.min(), times.max(), every=step, refit=refit, progress=False,
    )  # fmt: skip
    frame = result.frame()
    frame = frame[(frame["model"] == "ours") & frame["lead"].isin(LEADS)]
    values = frame[list(QUANTILES.values()) + ["power"]] / data.site.capacity_kw
    return pd.concat([frame[["issue_time", "lead"]], values.rename(columns={"power": "ours"})], axis=1)


def forecaster_like(forecaster: fc.Forecaster, model: str) -> fc.Forecaster:
    """Return the same task for another model."""
    return fc.Forecaster(**(forecaster.get_params(deep=False) | {"model": model, "adapt": None}))


def scores(rows: pd.DataFrame) -> pd.Series:
    """Return the scores of one lead's rows, errors in % of capacity."""
    actual = rows["actual"].to_numpy()

    def rmse(column: str) -> float:
        return 100 * float(np.sqrt(np.mean((rows[column].to_numpy() - actual) ** 2)))

    def mae(column: str) -> float:
        return 100 * float(np.mean(np.abs(rows[column].to_numpy() - actual)))

    real = np.maximum(actual, 0)

    def inside(low: str, high: str) -> float:
        return 100 * float(np.mean((real >= rows[low]) & (real <= rows[high])))

    def pinball(level: float, column: str) -> float:
        below = real - rows[column].to_numpy()
        return 100 * float(np.mean(np.maximum(level * below, (level - 1) * below)))

    low, high = skill_interval(rows)
    return pd.Series(
        {
            "n": len(rows),
            "persistence": rmse("persistence"),
            "reference": rmse("reference"),
            "script": rmse("script"),
            "ours": rmse("ours"),
            "ours / script": rmse("ours") / rmse("script"),
            "skill": 100 * (1 - rmse("ours") / rmse("reference")),
            "from": low,
            "to": high,
            "MAE persistence": mae("persistence"),
            "MAE script": mae("script"),
            "MAE": mae("ours"),
            "MAE of median": mae("q50"),
            "pinball": float(np.mean([pinball(level, column) for level, column in QUANTILES.items()])),
            "coverage 50": inside("q25", "q75"),
            "coverage 80": inside("q10", "q90"),
            "coverage 90": inside("q05", "q95"),
        }
    )


def skill_interval(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the 90 % interval of the skill [%]: days drawn again."""
    losses = pd.DataFrame(
        {name: (rows[name] - rows["actual"]) ** 2 for name in ("ours", "reference")}
        | {"day": rows["issue_time"].dt.floor("D")}
    )
    sums = losses.groupby("day")[["ours", "reference"]].sum().to_numpy()
    drawn = sums[np.random.default_rng(0).integers(0, len(sums), size=(1000, len(sums)))].sum(axis=1)
    low, high = np.quantile(100 * (1 - np.sqrt(drawn[:, 0] / drawn[:, 1])), [0.05, 0.95])
    return float(low), float(high)


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
        f"the last 30 %, an issue time every step; `adapt={options.adapt}`, refit: {options.refit}. Errors in % of",
        "capacity; leads in steps (15 minutes; 10 minutes at la_haute_borne and turkey_t1). `reference`, `script`:",
        "columns of the stored rows: the convex reference, and an expert's script. Skill: RMSE below that reference,",
        "with its 90 % interval (days drawn again). Coverage: of the 25-75, 10-90 and 5-95 % intervals, truth clipped",
        "at 0; pinball: mean of the seven levels.",
        "",
        "| record | lead | rows | persistence | reference | script | ours | ours / script | skill % | 90 % interval "
        "| MAE persistence | MAE script | MAE | MAE of median | pinball | coverage 50 | 80 | 90 |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (name, lead), r in table.iterrows():
        lines.append(
            f"| {name} | {lead} | {r['n']:.0f} | {r['persistence']:.2f} | {r['reference']:.2f} | {r['script']:.2f} "
            f"| **{r['ours']:.2f}** | {r['ours / script']:.3f} | {r['skill']:.1f} | {r['from']:.1f} … {r['to']:.1f} "
            f"| {r['MAE persistence']:.2f} | {r['MAE script']:.2f} | {r['MAE']:.2f} | {r['MAE of median']:.2f} "
            f"| {r['pinball']:.3f} | {r['coverage 50']:.0f} | {r['coverage 80']:.0f} | {r['coverage 90']:.0f} |"
        )
    lines += ["", "| lead | mean skill % | ours / script | records within 1.01 | below persistence: RMSE "]
    lines[-1] += "| MAE of median | coverage 50 | 80 | 90 |"
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for lead in sorted(set(leads)):
        part = table[leads == lead]
        within, below = (part["ours / script"] <= 1.01).sum(), (part["ours"] < part["persistence"]).sum()
        lines.append(
            f"| {lead} | {part['skill'].mean():.2f} | {part['ours / script'].mean():.3f} | {within} of {len(part)} "
            f"| {below} of {len(part)} | {(part['MAE of median'] < part['MAE persistence']).sum()} of {len(part)} "
            + "".join(f"| {pooled(part, f'coverage {nominal}'):.1f} " for nominal in (50, 80, 90))
            + "|"
        )
    return "\n".join(lines) + "\n"


def rates(rows: pd.DataFrame) -> str:
    """Return the table of how often the outcome fell below, and at or below, each quantile, all records pooled.

    Where outcomes lie on a bound (a turbine at rest) an interval that ends there covers more than its nominal rate; a
    quantile of level a is right where the share below it is at most a, and the share at or below it at least a.
    """
    lines = ["", "Share [%] of outcomes below, and at or below, each quantile, all records pooled. A quantile of level"]
    lines += ["a is right where a lies between the two; they differ where outcomes lie on a bound (turbines at rest)."]
    lines += ["", "| lead | " + " | ".join(f"{100 * level:g}" for level in QUANTILES) + " |", "|---" * 8 + "|"]
    for lead, part in rows.groupby("lead"):
        real = part["actual"].clip(lower=0).to_numpy()
        cells = []
        for column in QUANTILES.values():
            quantile = part[column].to_numpy()
            cells.append(f"{100 * np.mean(real < quantile):.1f} … {100 * np.mean(real <= quantile):.1f}")
        lines.append(f"| {lead} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def pooled(part: pd.DataFrame, column: str) -> float:
    """Return the mean over all rows of the records."""
    return float(np.average(part[column], weights=part["n"]))


if __name__ == "__main__":
    main()
