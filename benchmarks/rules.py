"""What grid rules make of forecasts for a PV station and a wind farm, and what a point made for the rule saves.

python benchmarks/rules.py --data ../shared/data         # writes docs/rules.md

A forecaster a plant and horizon, trained on the first 70 % of the record; its quantiles of the last 30 % give the
median and, rule by rule, the point of least expected penalty (`best_point`). Nothing is fitted to the test months.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
import rules_page  # noqa: E402

import forecast as fc  # noqa: E402
from forecast.evaluation.rules.clock import Runs, read_runs  # noqa: E402
from forecast.evaluation.rules.points import chosen_points  # noqa: E402
from forecast.evaluation.rules.table import tables_of_runs  # noqa: E402
from forecast.objective import FINE_LEVELS  # noqa: E402
from forecast.rules import Part, Rule  # noqa: E402
from forecast.rules.point import best_shares, usual_part  # noqa: E402

PLANTS = ("pvod.station01", "paddle_wind")
TERMS = ("ultra-short", "day-ahead")
TRAINED = 0.7


@dataclass
class Made:
    """A plant's forecasts of one horizon: measured runs, quantiles as shares of capacity (issue time, lead, level).

    Attributes:
        points: best points by what they depend on; rules that differ in thresholds only share them.
    """

    result: fc.BacktestResult
    runs: Runs
    quantiles: np.ndarray
    points: dict[Any, np.ndarray] = field(default_factory=dict)


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="reference")
    parser.add_argument("--only", nargs="*", default=PLANTS)
    parser.add_argument("--keep", type=Path, help="folder for the backtests; those that lie there are not made again")
    options = parser.parse_args()
    began, found = time.process_time(), {}
    for name in options.only:
        found[name] = one_plant(name, options)
        print(rules_page.by_part(found[name]).round(4).to_string(), flush=True)
        took = None if options.keep else time.process_time() - began
        rules_page.DOCS.write_text(rules_page.page(found, options.model, took), encoding="utf-8")


def one_plant(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return what every rule makes of a plant's forecasts: index [term, rule, model, part, month]."""
    data = records.load_site(name, options.data)
    tables = []
    for term in TERMS:
        made = read(kept(data, term, name, options))
        print(f"{name}, {term}: {made.result}", flush=True)
        for key in fc.rules.list().index.unique("key"):
            table = by_month(made, fc.rules.get(key), data.site, term)
            if table is not None:
                tables.append(pd.concat({(term, key): table}, names=["term", "rule"]))
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


def read(result: fc.BacktestResult) -> Made:
    """Return the backtest's forecasts with what all rules need of them, read once."""
    ours = result.dataset.sel(model="ours").isel(site=0)
    quantiles = ours["quantiles"].transpose("issue_time", "lead", "quantile").values
    return Made(result, read_runs(result.dataset, 0), quantiles / float(ours["capacity_kw"].values))


def by_month(made: Made, rule: Rule, site: Any, term: str) -> pd.DataFrame | None:
    """Return the monthly table of the median and of the point made for the rule; None where no part is for the term."""
    parts = tuple(part for part in rule.parts.get(site.kind, ()) if term_of(part) == term)
    if not parts:
        return None
    here = replace(rule, parts={site.kind: parts}, kinds=(site.kind,))
    dataset = both(made, here, site).dataset
    (table,) = tables_of_runs(dataset, [made.runs], here, ["month"], models=["median", "best"])
    return table.droplevel("site")


def term_of(part: Part) -> str | None:
    """Return which forecasts a part is held against; None for the tenth day, which is not forecast here."""
    if part.points == "tenth day":
        return None
    return "day-ahead" if part.points in ("day ahead", "series") else "ultra-short"


def both(made: Made, rule: Rule, site: Any) -> fc.BacktestResult:
    """Return the backtest with two models: the median, and the best point for the rule, one for all of its parts."""
    dataset = made.result.dataset
    levels = dataset["quantile"].values
    median = made.quantiles[..., int(np.searchsorted(levels, 0.5))]
    best = median.copy()
    for part, leads in used(made, rule, site.kind):
        made_for = point_key(rule, part, leads)
        if made_for not in made.points:
            hour = made.runs.hour[np.searchsorted(made.runs.issue_ns, dataset["issue_time"].values.astype(np.int64))]
            made.points[made_for] = best_shares(
                made.quantiles[:, leads], levels, rule, part, hour[:, leads], site.capacity_kw
            )
        best[:, leads] = made.points[made_for]
    power = site.capacity_kw * np.stack([median, best])[:, None]
    wide = dataset.sel(model=["ours", "ours"]).assign_coords(model=["median", "best"])
    return fc.BacktestResult(wide.assign(power=(("model", "site", "issue_time", "lead"), power)))


def used(made: Made, rule: Rule, kind: str) -> Iterator[tuple[Part, np.ndarray]]:
    """Return the parts that points are made for, and the leads that they and their like look at."""
    looked_at = np.zeros(len(made.runs.lead_ns), dtype=bool)
    for part in rule.parts[kind]:
        if part.penalty is not None:
            looked_at |= chosen_points(made.runs, part, rule.reported_by).any(axis=0)
    usual = np.array([usual_part(rule, kind, int(ahead)).name for ahead in made.runs.lead_ns])
    for part in rule.parts[kind]:
        leads = looked_at & (usual == part.name)
        if leads.any():
            yield part, leads


def point_key(rule: Rule, part: Part, leads: np.ndarray) -> Any:
    """Return what a best point depends on."""
    slots = (part.penalty.under, part.penalty.over, part.penalty.slots) if part.deviation and part.penalty else ()
    params = tuple(sorted(part.params.items()))
    formula = (
        part.measure,
        part.deviation,
        params,
        part.threshold,
        part.least_kw,
        part.least_share,
        rule.both_below,
        rule.negative,
    )
    return formula, slots, leads.tobytes()


if __name__ == "__main__":
    main()
