"""What each rung of the ladder is worth: every input removed or aged in turn over the last 30 % of real records.

python benchmarks/ladder.py --data ../shared/data            # writes docs/ladder.md

One forecaster a record, fitted once on the first 70 %, then the same issue times with other inputs gone. A set of
inputs is held against the next poorer one: the best of those that lack more. Intervals: moving blocks of days.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import gefcom2012  # noqa: E402
import records  # noqa: E402

import forecast as fc  # noqa: E402
from forecast.data.outages import as_faced, checked_outages, without_lost  # noqa: E402
from forecast.evaluation import block_bootstrap  # noqa: E402
from forecast.evaluation.collect import happened  # noqa: E402

DOCS = Path(__file__).resolve().parents[1] / "docs" / "ladder.md"
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SHARE = 0.7
LASTS, APART, CUT_OFF = pd.Timedelta("44h"), pd.Timedelta("66h"), pd.Timedelta("17h")
NOTHING = frozenset({"power", "observed", "nwp"})
# how poor an input is: gone is poorer than late, later poorer than late
RANK = {"power late": 1, "power later": 2, "power": 3, "nwp old": 1, "nwp older": 2, "nwp": 3, "observed": 3}
RECORDS = (
    "gefcom2012_wind.1", "gefcom2012_wind.2", "gefcom2012_wind.3", "gefcom2012_wind.5",
    "pvod.station01", "pvod.station02", "pvod.station04", "pvod.station07", "paddle_wind",
)  # fmt: skip
MOST_OFF = 3.0  # points of coverage


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", default=list(RECORDS))
    parser.add_argument("--model", default="ridge", help="of the complete inputs; the rungs are the same")
    options = parser.parse_args()
    began, tables = time.process_time(), []
    for name in options.only:
        tables.append(one_record(name, options))
        print(tables[-1].round(2).to_string(), flush=True)
    table = pd.concat(tables, ignore_index=True)
    text = page(table, options.model, time.process_time() - began)
    print(text)
    if options.only == list(RECORDS):
        DOCS.write_text(text)


def one_record(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return a row for each set of inputs that is left."""
    data, settings, every = load(name, options.data)
    times = data.times("power")
    start = pd.Timestamp(int(times[int(SHARE * len(times))]), tz="UTC")
    end = data.newest.tz_convert("UTC") - pd.Timedelta(settings["horizon"])
    began = time.process_time()
    fitted = fc.Forecaster(model=options.model, quantiles=QUANTILES, **settings).fit(data.until(start))
    print(f"{name}: fitted in {time.process_time() - began:.0f} s", flush=True)
    begins = pd.date_range(start + pd.Timedelta("1D"), end, freq=APART)
    issues = pd.date_range(start, end, freq=every)
    since = issues - begins[np.maximum(begins.searchsorted(issues, side="right") - 1, 0)]
    # what was known before an outage must no longer serve
    issues = issues[(since >= CUT_OFF) & (since <= LASTS)]
    found = {lost: one_set(fitted, data, lost, issues, begins) for lost in sets(data)}
    actual, days = truth(data, issues, settings), local_days(issues, settings)
    return pd.DataFrame([row(name, lost, found, actual, days, data.site.capacity_kw) for lost in found])


def load(name: str, folder: Path) -> tuple[fc.SiteData, dict[str, Any], str]:
    """Return a record, the forecaster's settings and the time between issue times (they pass through all hours)."""
    if name.startswith("gefcom2012_wind"):
        power, runs = gefcom2012.read(folder / "gefcom2012_wind")
        farm = int(name.split(".")[1])
        power, years = power[:"2010-12-31"], runs[farm].sel(init_time=slice("2010-12-31"))
        site = fc.WindSite(name, 1.0)
        return fc.SiteData(site, power[farm], nwp={"nwp": years}), {"horizon": "24h", "step": "1h"}, "7h"
    return records.load_site(name, folder), {"horizon": "4h", "step": "15min"}, "165min"


def sets(data: fc.SiteData) -> list[frozenset[str]]:
    """Return what is lost in turn: nothing, each input late and gone, all but one input, everything."""
    runs = bool(data.run_sources)
    states = {
        "power": ("power late", "power later", "power"),
        "nwp": ("nwp old", "nwp older", "nwp") if runs else ("nwp",),
        "observed": ("observed",) if data.observed is not None else (),
    }
    inputs = [name for name, some in states.items() if some]
    single = [frozenset({one}) for some in states.values() for one in some]
    pairs = [frozenset({a, b}) for i, a in enumerate(inputs) for b in inputs[i + 1 :]]
    if runs:
        pairs.append(frozenset({"power", "nwp old"}))
    return list(dict.fromkeys([frozenset(), *single, *pairs, frozenset(inputs)]))


def one_set(
    fitted: fc.Forecaster, data: fc.SiteData, lost: frozenset[str], issues: pd.DatetimeIndex, begins: pd.DatetimeIndex
) -> Any:
    """Return the forecasts at some issue times with inputs lost in outages, or late at these times.

    As `fc.backtest(..., outages=...)`, without the reference beside it and the issue times that are not scored.
    """
    step, rows = pd.Timedelta(fitted.step), [pd.DataFrame({"source": [], "start": [], "end": []})]
    for source in lost & {"power", "observed", "nwp"}:
        rows.append(pd.DataFrame({"source": source, "start": begins, "end": begins + LASTS}))
    for source, steps in {"power late": 2, "power later": 6}.items():
        if source in lost:
            rows.append(pd.DataFrame({"source": "power", "start": issues - steps * step, "end": issues}))
    older = {"nwp old": "12h", "nwp older": "24h"}
    for source in lost & set(older):
        data = fc.SiteData(
            data.site, data.power, observed=data.observed, nwp=data.nwp, delay={"power": "0min", "nwp": older[source]}
        )
    schedule = checked_outages(pd.concat(rows[1:] or rows), [data])
    left, issue_ns = without_lost(data, schedule), issues.as_unit("ns").asi8
    parts = [(at, fitted.forecasts(faced, issue_ns[at])[0]) for at, faced in as_faced(left, schedule, issue_ns)]
    order = np.argsort(np.concatenate([at for at, _ in parts]), kind="stable")
    names = ("power", "quantiles", "level")
    return SimpleNamespace(**{n: np.concatenate([getattr(made, n) for _, made in parts])[order] for n in names})


def truth(data: fc.SiteData, issues: pd.DatetimeIndex, settings: dict[str, Any]) -> np.ndarray:
    """Return what happened, (n, L), NaN where it is not scored: unknown, or dark."""
    step_ns = pd.Timedelta(settings["step"]).value
    leads = np.arange(1, pd.Timedelta(settings["horizon"]).value // step_ns + 1)
    seen = happened(data, issues.as_unit("ns").asi8[:, None] + leads * step_ns, step_ns)
    return np.where(seen["valid"] & seen["daylight"], seen["actual"], np.nan)


def local_days(issues: pd.DatetimeIndex, settings: dict[str, Any]) -> np.ndarray:
    """Return the day (n, L) of each valid time, UTC."""
    leads = pd.Timedelta(settings["horizon"]) // pd.Timedelta(settings["step"])
    day = (issues.as_unit("ns").asi8 // 86_400_000_000_000)[:, None]
    return np.broadcast_to(day, (len(issues), leads))


def row(
    name: str, lost: frozenset[str], found: dict[frozenset[str], Any], actual: np.ndarray, days: np.ndarray, kw: float
) -> dict[str, Any]:
    """Return the scores of one set of inputs, beside the next poorer one."""
    good, quantiles = np.isfinite(actual), found[lost].quantiles
    squares = {other: np.square(found[other].power - actual) for other in found}
    real = np.maximum(actual, 0)

    def inside(low: int, high: int) -> float:
        hit = (quantiles[..., low] <= real) & (real <= quantiles[..., high])
        return 100 * float(hit[good].mean())

    levels, counts = np.unique(found[lost].level[good], return_counts=True)
    out = {
        "record": name, "without": ", ".join(sorted(lost)) or "—", "level": int(levels[counts.argmax()]),
        "n": int(good.sum()), "RMSE": 100 / kw * float(np.sqrt(squares[lost][good].mean())),
        "80 %": inside(1, -2), "90 %": inside(0, -1),
    }  # fmt: skip
    poorer = [other for other in found if other != lost and lacks_more(lost, other)]
    if poorer:
        best = min(poorer, key=lambda other: squares[other][good].mean())
        interval = block_bootstrap((squares[lost] - squares[best])[good] / kw**2, days[good])
        share = 100 / float(squares[best][good].mean() / kw**2)
        out |= {"next poorer": ", ".join(sorted(best)), "MSE %": share * interval.mean}
        out |= {"from": share * interval.low, "to": share * interval.high}
    return out


def lacks_more(lost: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether the other set has nothing that this one lacks."""

    def ranks(some: frozenset[str]) -> dict[str, int]:
        return {one.split()[0]: RANK[one] for one in some}

    mine, theirs = ranks(lost), ranks(other)
    return all(theirs.get(name, 0) >= rank for name, rank in mine.items())


def by_data_set(table: pd.DataFrame) -> pd.DataFrame:
    """Return coverage by data set and missing inputs, the values of its records together."""
    table = table.assign(**{"data set": table["record"].str.split(".").str[0], "records": 1})
    shares = ["80 %", "90 %"]
    table[shares] = table[shares].mul(table["n"], axis=0)
    sums = table.groupby(["data set", "without"], sort=False)[["records", "n", *shares]].sum()
    sums[shares] = sums[shares].div(sums["n"], axis=0)
    return sums.reset_index()


def off_by_more(table: pd.DataFrame, name: str) -> str:
    """Return which sets of inputs have intervals that cover too much or too little."""
    off = ((table["80 %"] - 80).abs() > MOST_OFF) | ((table["90 %"] - 90).abs() > MOST_OFF)
    rows = table.loc[off, [name, "without", "80 %", "90 %"]].itertuples(index=False)
    return _listed([f"{r[0]} without {r[1]} ({r[2]:.1f} / {r[3]:.1f})" for r in rows])


def _markdown(table: pd.DataFrame) -> str:
    head = "| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns)
    return "\n".join([head, *("| " + " | ".join(map(_cell, row)) + " |" for row in table.itertuples(index=False))])


def page(table: pd.DataFrame, model: str, seconds: float) -> str:
    """Return the page in Markdown."""
    worse = table[table["from"] > 0]
    ends = zip(table["from"], table["to"], strict=True)
    intervals = [f"{low:.1f} … {high:.1f}" if np.isfinite(low) else "" for low, high in ends]
    shown = table.assign(interval=intervals).drop(columns=["from", "to"])
    names = [f"{r.record} without {r.without}" for r in worse.itertuples()]
    together = by_data_set(table)
    return TEXT.format(
        table=_markdown(shown), together=_markdown(together), model=model, minutes=seconds / 60, worse=_listed(names),
        off=off_by_more(together, "data set"), off_alone=off_by_more(table, "record"), sets=len(table),
        sets_together=len(together),
    )  # fmt: skip


def _listed(names: list[str]) -> str:
    return "none" if not names else f"{len(names)}: " + "; ".join(names)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.1f}"
    return str(value)


TEXT = """# The ladder: what is left when inputs are late or gone

`python benchmarks/ladder.py` ({minutes:.0f} minutes of one core). One forecaster a record (main model: `{model}`; the
rungs below it are the same for every model that learns), fitted once on the first 70 %; the rest is forecast again and
again through outages of 44 h every 66 h (as by `fc.backtest(..., outages=...)`), scored from their 17th hour on, or
with inputs late at those issue times: power by 2 and by 6 steps, weather runs by 12 and 24 h. (Power that is gone is
late by 17 to 44 h for the hourly gefcom2012, where that still says something.) Leads pooled (15 min … 4 h; gefcom2012:
1 … 24 h), PV with the sun up. RMSE in % of capacity; *level* is the commonest. *MSE %* is the change of the mean square
error against the next poorer set, the best of those that lack more, with its 95 % interval (moving blocks of days):
above 0 would mean that less is more. Coverage of the central 80 and 90 % intervals in %.

{table}

Of {sets} sets, worse than the next poorer one beyond noise: {worse}.

## Coverage by data set

The same values, records of a data set together: a level's widths are learned from all of a training record, and what
one season of one station needs differs from that.

{together}

Of {sets_together} sets, off by more than 3 points: {off}.
Of the single records' {sets}: {off_alone}.

Climatology alone knows neither a season that is not in the record (pvod.station02 learns from July to March and is
tested from March to June) nor turbines added since (the output of paddle_wind over its wind more than doubles between
training and test, which the other rungs are told by `forecast.features.inservice`).
"""


if __name__ == "__main__":
    main()
