"""Power by physics before there is any history, with two weeks of it, and with all, beside models that learn.

python benchmarks/cold_start.py --data ../shared/data                  # writes docs/cold_start.md
python benchmarks/cold_start.py --data ../shared/data --without-default  # two minutes

la_haute_borne from ERA5 (a reanalysis in the place of a forecast: no forecast is that good), the pvod stations from
their forecasts of unknown vintage.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402

import forecast as fc  # noqa: E402

RECORDS = (
    "pvod.station00", "pvod.station01", "pvod.station02", "pvod.station04", "pvod.station05", "pvod.station07",
    "la_haute_borne.R80711_era5",
)  # fmt: skip
TIMES = ("15min", "1h", "4h")
TRAINING_SHARE = 0.7
WEEKS = "14D"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "cold_start.md"
PLAIN = ("climatology", "persistence")


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", help="records; all seven otherwise")
    parser.add_argument("--without-default", action="store_true", help="leave out the default model: it takes longest")
    options = parser.parse_args()
    began = time.monotonic()
    tables = {}
    for name in options.only or RECORDS:
        tables[name] = one_record(records.load_site(name, options.data), not options.without_default)
        print(name, tables[name].round(2).to_string(), sep="\n", flush=True)
    text = report(pd.concat(tables, names=["record", "time"]), time.monotonic() - began)
    print("\n" + text)
    if not options.only:
        DOCS.write_text(text, encoding="utf-8")


def one_record(data: fc.SiteData, with_default: bool) -> pd.DataFrame:
    """Return nRMSE [% of capacity] and coverage of the 5-95 % interval [%] of the last 30 %, a row a time ahead."""
    assert data.power is not None
    index = data.power.index
    start, end = index[int(len(index) * TRAINING_SHARE)], index[-1]
    step = pd.Timedelta(data.power_step_ns, unit="ns")
    rows = {}
    for ahead in TIMES:
        lead = max(int(pd.Timedelta(ahead) / step), 1)
        rows[ahead] = one_lead(data, lead, step, start, end, with_default)
    return pd.DataFrame(rows).T


def one_lead(
    data: fc.SiteData, lead: int, step: pd.Timedelta, start: pd.Timestamp, end: pd.Timestamp, with_default: bool
) -> dict[str, float]:
    """Return the scores of one lead, an issue time an hour."""

    def task(model: str) -> fc.Forecaster:
        return fc.Forecaster(model=model, horizon=lead * step, step=step, first_lead=lead)

    cold = task("physical").fit(without_power(data))
    models = ["physical", *PLAIN, *(["lightgbm"] if with_default else [])]
    how = {"every": "1h", "progress": False}
    results = {
        "cold": fc.backtest({"physical": cold}, data, start, end, refit="never", **how),
        "2 weeks": fc.backtest(
            {m: task(m) for m in ("physical", "climatology")}, data, start, end, refit=None, window=WEEKS, **how
        ),
        "all": fc.backtest({m: task(m) for m in models}, data, start, end, refit=None, **how),
    }
    out = {}
    for history, result in results.items():
        # nights are no test of a PV plant
        scores = result.scores(by=[], where="daylight" if data.site.kind == "pv" else None)
        for model in scores.index.get_level_values(0):
            out[f"{model}, {history}"] = 100 * float(scores.loc[model, "nrmse"])
            out[f"coverage {model}, {history}"] = 100 * float(scores.loc[model, "coverage_90"])
    return out


def without_power(data: fc.SiteData) -> fc.SiteData:
    """Return the site and its weather forecasts, nothing measured."""
    label = {name: "instant" if data.labels[name] == "instant" else "end" for name in data.nwp}
    return fc.SiteData(data.site, nwp=dict(data.nwp), label=label)


def report(table: pd.DataFrame, seconds: float) -> str:
    """Return the page of results in Markdown."""
    shown = {
        "physics, no history": "physical, cold", "physics, 2 weeks": "physical, 2 weeks",
        "physics, all": "physical, all", "default, all": "lightgbm, all",
        "climatology, 2 weeks": "climatology, 2 weeks", "climatology, all": "climatology, all",
        "persistence": "persistence, all", "cover no history": "coverage physical, cold",
        "cover 2 weeks": "coverage physical, 2 weeks",
    }  # fmt: skip
    shown = {title: column for title, column in shown.items() if column in table}
    flag = "" if "default, all" in shown else " --without-default"
    lines = [
        "# Cold start: power by physics without any history, with two weeks, with all",
        "",
        f"Made by `python benchmarks/cold_start.py --data DATA{flag}` in {seconds / 60:.0f} minutes. nRMSE in % of",
        "capacity on the last 30 % of each record, an issue time an hour, PV with the sun up; fitted once, on what was",
        'known at the start of the test. "No history": `SiteData(site, nwp=…)` and the site\'s description, no power.',
        '"2 weeks": the fourteen days before the test. The default model is `lightgbm` on all history. Cover: share of',
        "the truth within the 5-95 % interval (without history: of stated widths).",
        "",
        "ERA5 at la_haute_borne is a reanalysis in the place of a forecast; its power has a step of 10 minutes, and",
        "its first row is 10 minutes ahead. The vintage of the pvod forecasts is not known.",
        "",
        "| record | ahead | " + " | ".join(shown) + " |",
        "|---" * (len(shown) + 2) + "|",
    ]
    for (name, ahead), row in table.iterrows():
        lines.append(f"| {name} | {ahead} | " + " | ".join(cell(title, row[c]) for title, c in shown.items()) + " |")
    mean = table.groupby(level="time", sort=False).mean()
    for ahead, row in mean.iterrows():
        lines.append(f"| **mean** | {ahead} | " + " | ".join(cell(title, row[c]) for title, c in shown.items()) + " |")
    far = table.xs("4h", level="time")
    beaten = far["physical, 2 weeks"] < far[["climatology, 2 weeks", "climatology, all", "persistence, all"]].min(
        axis=1
    )
    lines += ["", f"With two weeks of history physics beats climatology and persistence at 4 h on {beaten.sum()} of "
              f"{len(far)} records."]  # fmt: skip
    return "\n".join(lines) + "\n"


def cell(title: str, value: float) -> str:
    """Return a number for the table; coverage in whole per cent."""
    return f"{value:.0f}" if title.startswith("cover") else f"{value:.2f}"


if __name__ == "__main__":
    main()
