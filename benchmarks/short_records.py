"""Weeks of history at a site: one model for many sites beside the site's own.

python benchmarks/short_records.py --data ../shared/data      # writes docs/short_records.md

Each site in turn is known only from the last 2, 4, 8, 16 weeks before its test period (the last 30 % of its record), in
features and in fitting. `own`: the default model fitted on these weeks. `many`: the same model fitted on them and on
what the other sites of its group measured before the test period. `others`: fitted on the other sites alone.
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

GROUPS = {
    ("pvod.station01", "pvod.station02", "pvod.station04", "pvod.station07"): ("pvod.station00", "pvod.station05"),
    ("jilin_wind.first", "jilin_wind.second"): ("jilin_wind.ruifeng", "jilin_wind.dagang"),
}  # sites that are tested → others of their group
WEEKS = (2, 4, 8, 16)
TRAINING_SHARE = 0.7
STEP = pd.Timedelta("15min")
LEAST = 30 * 96  # values that another site must have by then, to be one to learn from
DOCS = Path(__file__).resolve().parents[1] / "docs" / "short_records.md"


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--leads", type=int, nargs="+", default=[4])
    parser.add_argument("--only", nargs="*", help="tested sites; all six otherwise")
    options = parser.parse_args()
    began, tables = time.monotonic(), []
    for tested, more in GROUPS.items():
        sites = {name: records.load_site(name, options.data) for name in (*tested, *more)}
        for name in (name for name in tested if name in (options.only or tested)):
            for lead in options.leads:
                tables.append(one_site(name, sites, lead))
                print(tables[-1].drop(columns=["losses"]).round(3).to_string(index=False), flush=True)
    text = page(pd.concat(tables), time.monotonic() - began)
    print(text)
    if not options.only:
        DOCS.write_text(text, encoding="utf-8")


def one_site(name: str, sites: dict[str, fc.SiteData], lead: int) -> pd.DataFrame:
    """Return the scores of one site and lead, a row a number of weeks."""
    data = sites[name]
    assert data.power is not None
    index = data.power.index
    start, end = index[int(len(index) * TRAINING_SHARE)], index[-1]
    others = [site.until(start) for other, site in sites.items() if other != name]
    others = [site for site in others if site.power is not None and len(site.power) > LEAST]
    blank = fc.Forecaster(horizon=lead * STEP, step=STEP, first_lead=lead)
    without = fc.Forecaster(**blank.get_params(deep=False)).fit(others)
    rows = []
    for weeks in WEEKS:
        since = start - pd.Timedelta(weeks=weeks)
        short = data.between(since, start)
        fitted = {
            "own": fc.Forecaster(**blank.get_params(deep=False)).fit(short),
            "many": fc.Forecaster(**blank.get_params(deep=False)).fit([short, *others]),
            "others": without,
        }
        result = fc.backtest(fitted, data.between(since, end), start, end, every="15min", refit="never", progress=False)
        rows.append({"site": name, "lead": lead, "weeks": weeks, **compared(result.frame(), data.site.capacity_kw)})
    return pd.DataFrame(rows)


def compared(frame: pd.DataFrame, capacity_kw: float) -> dict[str, object]:
    """Return RMSE [% of capacity] by model, and the daily sums of squares that intervals are drawn from."""
    frame = frame[frame["valid"] & frame["model"].isin(["own", "many", "others"])]
    square = ((frame["power"] - frame["actual"]) / capacity_kw) ** 2
    daily = frame.assign(square=square, day=frame["issue_time"].dt.floor("D"))
    table = daily.pivot_table(values="square", index="day", columns="model", aggfunc="sum")
    n = len(frame) / 3
    means = {model: 100 * float(np.sqrt(table[model].sum() / n)) for model in ("own", "many", "others")}
    return {**means, "losses": table[["own", "many", "others"]].to_numpy()}


def change(losses: np.ndarray, model: int) -> tuple[float, float, float]:
    """Return the change of RMSE against the site's own model [%], and its 90 % interval, days drawn again."""
    drawn = losses[np.random.default_rng(0).integers(0, len(losses), size=(1000, len(losses)))].sum(axis=1)
    low, high = np.quantile(100 * (np.sqrt(drawn[:, model] / drawn[:, 0]) - 1), [0.05, 0.95])
    total = losses.sum(axis=0)
    return 100 * float(np.sqrt(total[model] / total[0]) - 1), float(low), float(high)


def page(table: pd.DataFrame, seconds: float) -> str:
    """Return the page in Markdown."""
    lines = [
        "# Short records: one model for many sites beside the site's own",
        "",
        *(__doc__ or "").split("\n")[2:],
        "",
    ]
    lines += [
        f"Made in {seconds / 60:.0f} minutes. RMSE in % of capacity; change against `own` with its 90 % interval."
    ]
    lines += ["", "| site | lead | weeks | own | many | others | many against own % | others against own % |"]
    lines += ["|---" * 8 + "|"]
    for _, r in table.iterrows():
        cells = [f"{c:+.1f} ({low:+.1f} … {high:+.1f})" for c, low, high in (change(r["losses"], k) for k in (1, 2))]
        lines.append(
            f"| {r['site']} | {r['lead']} | {r['weeks']} | {r['own']:.2f} | {r['many']:.2f} | {r['others']:.2f} "
            f"| {' | '.join(cells)} |"
        )
    lines += ["", "| lead | weeks | many against own, mean over sites % | others against own % |", "|---" * 4 + "|"]
    for (lead, weeks), part in table.groupby(["lead", "weeks"]):
        means = [np.mean([change(losses, k)[0] for losses in part["losses"]]) for k in (1, 2)]
        lines.append(f"| {lead} | {weeks} | {means[0]:+.1f} | {means[1]:+.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
