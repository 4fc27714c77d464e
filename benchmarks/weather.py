"""What weather forecasts bring, 15 minutes to 4 hours ahead: the same model with and without them.

python benchmarks/weather.py --data ../shared/data        # writes docs/weather_gain.md

The stored test rows of the PVOD stations and of paddle_wind; everything else (history, measurements, model) is
the same.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
import ultra_short  # noqa: E402

import forecast as fc  # noqa: E402

LEADS = (1, 4, 16)
RECORDS = tuple(name for name in records.RECORDS if name.startswith("pvod") or name == "paddle_wind")
DOCS = Path(__file__).resolve().parents[1] / "docs" / "weather_gain.md"


def main() -> None:
    """Run the comparison and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    rows = []
    for name in RECORDS:
        data = records.load_site(name, options.data)
        truth = records.load_rows(name, options.data)
        times = pd.DatetimeIndex(truth["issue_time"])
        for lead in LEADS:
            without, with_ = (one(site, truth, times, lead) for site in (bare(data), data))
            rows.append({"record": name, "lead": lead, **compared(without, with_)})
            print(rows[-1], flush=True)
    DOCS.write_text(page(pd.DataFrame(rows)))


def bare(data: fc.SiteData) -> fc.SiteData:
    """Return the data without weather forecasts."""
    delay = {name: pd.Timedelta(value, unit="ns") for name, value in data.delays.items() if name not in data.nwp}
    return fc.SiteData(data.site, data.power, observed=data.observed, neighbours=data.neighbours, delay=delay)


def one(data: fc.SiteData, truth: pd.DataFrame, times: pd.DatetimeIndex, lead: int) -> pd.DataFrame:
    """Return the squared errors [% of capacity squared] on the stored rows of one lead, by issue time."""
    made = ultra_short.forecasts(data, "lightgbm", "15min", lead, lead, times, 1)
    both = truth.merge(made, on=["issue_time", "lead"])
    return pd.DataFrame(
        {
            "day": both["issue_time"].dt.floor("D"),
            "loss": (100 * (both["ours"] - both["actual"])) ** 2,
            "reference": (100 * (both["reference"] - both["actual"])) ** 2,
        }
    )


def compared(without: pd.DataFrame, with_: pd.DataFrame) -> dict[str, float]:
    """Return both RMSE [% of capacity], the change [%] and its 90 % interval: days drawn again."""
    sums = np.column_stack([part.groupby("day")["loss"].sum() for part in (without, with_)])
    drawn = np.random.default_rng(0).integers(0, len(sums), size=(2000, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.quantile(100 * (np.sqrt(totals[:, 1] / totals[:, 0]) - 1), [0.05, 0.95])
    root = [float(np.sqrt(part["loss"].mean())) for part in (without, with_)]
    reference = float(np.sqrt(without["reference"].mean()))
    change = 100 * (root[1] / root[0] - 1)
    return {
        "reference": reference, "without": root[0], "with": root[1], "change": change, "from": low, "to": high,
    }  # fmt: skip


def page(table: pd.DataFrame) -> str:
    """Return the page of results in Markdown."""
    lines = [
        "# What weather forecasts bring",
        "",
        "Made by `python benchmarks/weather.py --data DATA`. RMSE in % of capacity on the stored test rows (the last",
        "30 % of each record), default model, the same history and measurements, with the record's weather forecasts",
        "and without. `reference`: the convex reference of the stored rows. Leads in steps of 15 minutes;",
        "intervals 90 %,",
        "days drawn again. The vintage of these forecasts is not in the data: every value counts as known, as a user",
        "without issue times would have it.",
        "",
        "| record | lead | reference | without | with | change % | 90 % interval |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {r['record']} | {r['lead']} | {r['reference']:.2f} | {r['without']:.2f} | {r['with']:.2f} "
            f"| {r['change']:+.1f} | {r['from']:+.1f} … {r['to']:+.1f} |"
            for _, r in table.iterrows()
        ),
        "",
        "| group | lead | mean change % |",
        "|---|---|---|",
    ]
    group = table["record"].str.split(".").str[0]
    for (name, lead), part in table.groupby([group, "lead"]):
        lines.append(f"| {name} | {lead} | {part['change'].mean():+.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
