"""What grid rules make of forecasts for a PV station and a wind farm, and what a point made for the rule saves.

python benchmarks/rules.py --data ../shared/data         # writes docs/rules.md

A forecaster a plant and horizon, trained on the first 70 % of the record; its quantiles of the last 30 % give the
median and, rule by rule, the point of least expected penalty (`best_point`). Nothing is fitted to the test months.
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
from forecast.objective import FINE_LEVELS  # noqa: E402
from forecast.rules.assess import choose_part  # noqa: E402
from forecast.rules.point import best_shares, hours_of_day  # noqa: E402

PLANTS = ("pvod.station01", "paddle_wind")
TRAINED = 0.7
NEEDED = 0.05
#: rules that charge relative errors, or over- and under-forecasts differently
UNEVEN = {
    "floor_relative_rmse", "floor_relative_mae", "relative", "harmonic", "largest_relative",
    "beyond_share_of_measured", "beyond_share_of_forecast", "beyond_band",
}  # fmt: skip
DOCS = Path(__file__).resolve().parents[1] / "docs" / "rules.md"


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--only", nargs="*", default=PLANTS)
    parser.add_argument("--keep", type=Path, help="folder for the backtests; those that lie there are not made again")
    options = parser.parse_args()
    began, found = time.monotonic(), {}
    for name in options.only:
        found[name] = one_plant(name, options)
        print(summary(found[name]).to_string(), flush=True)
    text = page(found, options.model, time.monotonic() - began)
    DOCS.write_text(text, encoding="utf-8")


def one_plant(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return the penalties of a plant: index [rule, part, month], columns of the median and of the best point."""
    data = records.load_site(name, options.data)
    tables = []
    for term in ("ultra-short", "day-ahead"):
        result = kept(data, term, name, options)
        print(f"{name}, {term}: {result}", flush=True)
        for key in fc.rules.list().index.unique("key"):
            table = by_month(result, key, data)
            if table is not None:
                tables.append(pd.concat({term: table}, names=["term"]))
    return pd.concat(tables)


def kept(data: fc.SiteData, term: str, name: str, options: argparse.Namespace) -> fc.BacktestResult:
    """Return a backtest, from the folder where it was kept."""
    path = options.keep / f"{name}-{term}-{options.model}.nc" if options.keep else None
    if path is not None and path.exists():
        return fc.load_backtest(path)
    result = backtest(data, term, options.model)
    if path is not None:
        result.save(path)
    return result


def backtest(data: fc.SiteData, term: str, model: str) -> fc.BacktestResult:
    """Return the last 30 % of a record, forecast with fine quantiles: every 15 minutes, or at 9 h for the next day."""
    power = data.power
    start, end = power.index[int(TRAINED * len(power))], power.index[-1]
    if term == "ultra-short":
        forecaster = fc.Forecaster.preset("ultra_short", model=model, quantiles=FINE_LEVELS)
        return fc.backtest({"ours": forecaster}, data, start, end, every="15min", refit=None, progress=False)
    # from 9 h to the end of the next day; learned at any time of day, so that no lead is always dark
    forecaster = fc.Forecaster(horizon="39h", step="15min", first_lead=61, model=model, quantiles=FINE_LEVELS)
    zone = data.site.timezone or str(data.timezone)
    first = start.tz_convert(zone).normalize() + pd.Timedelta("1D 9h")
    return fc.backtest({"ours": forecaster}, data, first, end, every="24h", refit=None, progress=False)


def by_month(result: fc.BacktestResult, key: str, data: fc.SiteData) -> pd.DataFrame | None:
    """Return the monthly table of a rule for the median and the point made for it; None where nothing is assessed."""
    rule = fc.rules.get(key)
    if data.site.kind not in rule.kinds:
        return None
    tables = []
    try:
        plain = result.rule(key, models=["ours"])
    except fc.errors.SettingsError:
        return None
    for part in plain.index.get_level_values("part").unique():
        table = both_points(result, key, part, data).rule(key, models=["median", "best"])
        tables.append(table.xs(part, level="part", drop_level=False).droplevel("site"))
    return pd.concat({key: pd.concat(tables)}, names=["rule"])


def both_points(result: fc.BacktestResult, key: str, part: str, data: fc.SiteData) -> fc.BacktestResult:
    """Return the backtest with two models: the median, and the best point for a part of a rule."""
    dataset, rule, kind = result.dataset, fc.rules.get(key), data.site.kind
    ours = dataset.sel(model="ours").isel(site=0)
    levels = ours["quantile"].values
    quantiles = ours["quantiles"].transpose("issue_time", "lead", "quantile").values / data.site.capacity_kw
    chosen = choose_part(rule, kind, part)
    costs = chosen.penalty is not None
    step = pd.Timedelta(dataset.attrs["step"]).as_unit("ns").value
    ahead = ours["lead"].values * step
    hour = hours_of_day(ours["issue_time"].values.astype(np.int64)[:, None] + ahead, step, str(ours["timezone"].values))
    here = looked_at(chosen.points, ahead)
    median = quantiles[..., int(np.searchsorted(levels, 0.5))] * data.site.capacity_kw
    power = median.copy()
    if costs:
        made = best_shares(quantiles[:, here], levels, rule, chosen, hour[:, here], data.site.capacity_kw)
        power[:, here] = made * data.site.capacity_kw
    both = np.stack([median, power])[:, None]
    wide = dataset.sel(model=["ours", "ours"]).assign_coords(model=["median", "best"])
    return fc.BacktestResult(wide.assign(power=(("model", "site", "issue_time", "lead"), both)))


def looked_at(points: str, ahead_ns: np.ndarray) -> np.ndarray:
    """Return the leads that a part looks at; all of them day-ahead."""
    hour = 3_600_000_000_000
    if ahead_ns.max() > 4 * hour:
        return np.ones(len(ahead_ns), dtype=bool)
    if points.startswith("hour "):
        return -(-ahead_ns // hour) == int(points.split()[1])
    return ahead_ns == 4 * hour if points in ("series", "four hours ahead") else ahead_ns > 0


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the penalties over all months: index [term, rule, part], median, best, what is saved."""
    keys = ["term", "rule", "part"]
    penalty = table.groupby([*keys, "model"], sort=False)["penalty"].sum(min_count=1).unstack("model")  # noqa: PD010
    score = table.groupby([*keys, "model"], sort=False)["score"].mean().unstack("model").add_prefix("score_")  # noqa: PD010
    out = penalty.join(score)
    out["unit"] = table.groupby(keys)["unit"].first()
    out["saved"] = np.where(out["median"] > 0, 1 - out["best"] / out["median"], np.nan)
    return out


def uneven(key: str, part: str) -> bool:
    """Return whether a part charges relative errors, or one side more than the other."""
    parts = [p for kind in fc.rules.get(key).kinds for p in fc.rules.get(key).parts[kind] if p.name == part]
    return (parts[0].measure or parts[0].deviation) in UNEVEN


def page(found: dict[str, pd.DataFrame], model: str, seconds: float) -> str:
    """Return the page in Markdown."""
    lines = [
        "# Grid rules: what forecasts cost, and what a point made for the rule saves",
        "",
        f"Made by `python benchmarks/rules.py --data DATA --model {model}` in {seconds / 60:.0f} minutes. Trained on",
        "the first 70 % of each record, tested on the last 30 %: 16 leads every 15 minutes, and the next local day",
        "issued at 9 h. One distribution of the forecasts gives the median and, rule by rule, the point of least",
        f"expected penalty (`best_point`). Rules of version {fc.rules.version()}; **a rule is unverified** unless its",
        "status says otherwise: formulas from public code or recalled, not read in the official documents. Missing",
        "truth,",
        "curtailed and exempt points are left out and counted.",
        "",
    ]
    for name, table in found.items():
        total = summary(table)
        lines += [f"## {name}", "", "### The point made for the rule against the plain median", ""]
        lines += [
            "| points | rule | part | median | best point | unit | saved | |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for (term, key, part), row in total.iterrows():
            cells = [f"{row['median']:.4g}", f"{row['best']:.4g}", row["unit"]] if row["unit"] else ["–", "–", "–"]
            saved = f"{100 * row['saved']:.1f} %" if np.isfinite(row["saved"]) else "–"
            lines.append(f"| {term} | {key} | {part} | {' | '.join(cells)} | {saved} | {verdict(key, part, row)} |")
        lines += ["", "### By month", "", *months(table), ""]
    return "\n".join(lines) + "\n"


def verdict(key: str, part: str, row: pd.Series) -> str:
    """Return whether 5 % are saved where that is asked for, or why it is not asked for."""
    if not row["unit"]:
        return "no penalty on record"
    if not row["median"] > 0:
        return "the median is not punished"
    if not uneven(key, part):
        return "even and not relative: the median or mean is near the best"
    return "saved" if row["saved"] >= NEEDED else f"**below {100 * NEEDED:.0f} %**"


def months(table: pd.DataFrame) -> list[str]:
    """Return the monthly table of the median under every rule, in Markdown."""
    rows = table[table.index.get_level_values("model") == "median"]
    lines = [
        "| points | rule | part | month | n | exempt | missing | curtailed | score % | threshold % | penalty | status |"
    ]
    lines.append("|---" * 12 + "|")
    for index, row in rows.iterrows():
        at = dict(zip(rows.index.names, index, strict=True))
        threshold = "–" if np.isnan(row["threshold"]) else f"{100 * row['threshold']:g}"
        penalty = "–" if not row["unit"] or np.isnan(row["penalty"]) else f"{row['penalty']:.4g} {row['unit']}"
        lines.append(
            f"| {at['term']} | {at['rule']} | {at['part']} | {at['month']} | {row['n']} | {row['exempt']} "
            f"| {row['missing_truth']} | {row['curtailed']} | {100 * row['score']:.1f} | {threshold} | {penalty} "
            f"| {row['status']} |"
        )
    return lines


if __name__ == "__main__":
    main()
