"""What following lost and added capacity brings, where a record shows it: errors with the estimate and without.

python benchmarks/capacity.py --data ../shared/data        # writes docs/capacity.md

Without: `available_kw=` states the site's full capacity for the whole record, which switches the estimate off. Two
questions: the stored test rows, long after the change (the training time holds both states); and the three months
after the change with a model that has seen only what was before it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
import ultra_short  # noqa: E402

import forecast as fc  # noqa: E402

LEADS = (1, 4, 16)
#: when the output over the weather changed for good; the audit's finding
CHANGED = {"cuee_pv.15min": "2023-08-05", "paddle_wind": "2020-10-01"}
DOCS = Path(__file__).resolve().parents[1] / "docs" / "capacity.md"


def main() -> None:
    """Run the comparison and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    lines = []
    for name, day in CHANGED.items():
        told = records.load_site(name, options.data)
        stated = without(told)
        rows = records.load_rows(name, options.data)
        times = pd.DatetimeIndex(rows["issue_time"])
        for lead in LEADS:
            late = [on_rows(data, rows, times, lead) for data in (stated, told)]
            soon = [after(data, pd.Timestamp(day, tz="UTC"), lead) for data in (stated, told)]
            cells = " | ".join(f"{a:.2f} | {b:.2f} | {100 * (b / a - 1):+.1f} %" for a, b in (late, soon))
            lines.append(f"| {name} | {lead} | {cells} |")
            print(lines[-1], flush=True)
    DOCS.write_text(page(lines))


def without(data: fc.SiteData) -> fc.SiteData:
    """Return the data with the full capacity stated."""
    assert data.power is not None
    delay = {name: pd.Timedelta(value, unit="ns") for name, value in data.delays.items()}
    full = pd.Series(data.site.capacity_kw, index=data.power.index[:1])
    return fc.SiteData(
        data.site, data.power, observed=data.observed, nwp=data.nwp or None, available_kw=full, delay=delay
    )


def on_rows(data: fc.SiteData, rows: pd.DataFrame, times: pd.DatetimeIndex, lead: int) -> float:
    """Return the RMSE [% of capacity] on the stored rows of one lead."""
    made = ultra_short.forecasts(data, "lightgbm", "15min", lead, lead, times, 1)
    both = rows.merge(made, on=["issue_time", "lead"])
    return 100 * float(((both["ours"] - both["actual"]) ** 2).mean() ** 0.5)


def after(data: fc.SiteData, change: pd.Timestamp, lead: int) -> float:
    """Return the RMSE [% of capacity] of the three months after a change, fitted four days before it."""
    step = pd.Timedelta("15min")
    forecaster = fc.Forecaster(horizon=lead * step, step=step, first_lead=lead)
    start = change - pd.Timedelta("4D")
    result = fc.backtest(
        {"m": forecaster}, data, start, start + pd.Timedelta("92D"), every="15min", refit=None, progress=False
    )
    return 100 * float(result.scores(by="lead")["nrmse"].loc["m"].iloc[0])


def page(lines: list[str]) -> str:
    """Return the page of results in Markdown."""
    return "\n".join(
        [
            "# Capacity that changed, told from output over weather",
            "",
            "Made by `python benchmarks/capacity.py --data DATA`. RMSE in % of the stated capacity, default model;",
            "leads in steps of 15 minutes. *Stated*: the full capacity is stated throughout (`available_kw=`), so",
            "nothing is estimated. *Told*: the capacity in service as `features/inservice.py` tells it,",
            "causally, day by day.",
            "Test rows: the stored ones of the last 30 %. After the change: 92 days from four days before it, with a",
            "model fitted before.",
            "",
            "| record | lead | test rows, stated | told | change | after the change, stated | told | change |",
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
