"""How often do the alarms of fc.monitor ring for nothing, and how soon for a fault? Writes docs/monitor.md.

python benchmarks/monitor.py --data DATA                 # a few minutes
python benchmarks/monitor.py --data DATA --keep FOLDER   # backtests are stored there, and taken from there

Each record's backtest is cut into fortnights. Every other one is the promise, from which thresholds are derived; the
ones between are the live time, which the promise has not seen, in the same seasons. Then the other way round. "Next
half" instead promises by the first half of the record and lives in the second, whose season it never saw.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import records

import forecast as fc
from forecast.evaluation import BacktestResult
from forecast.monitor import charts
from forecast.monitor.days import day_numbers, day_sums, measures
from forecast.monitor.limits import Limits, drawn, false_alarms
from forecast.monitor.losses import Rows
from forecast.monitor.promised import Promised, expected_elsewhere
from forecast.monitor.promising import rows_of

DOCS = Path(__file__).resolve().parents[1] / "docs" / "monitor.md"
NAMES = ("la_haute_borne.R80711", "paddle_wind", "jilin_wind.first", "turkey_t1", "pvod.station01",
         "stategrid_pv.site1_50mw")  # fmt: skip
RATES = (0.5, 1.0, 4.0)
DAYS, TRAINED = "560D", 0.3
FORTNIGHT, YEARS = 14, 200
LONGEST = 60  # days that a fault may last


TEXT = """\
# Alarms: how often for nothing, how soon for a fault

Made by `python benchmarks/monitor.py --data DATA`. Hourly issue times, 16 leads,
`model="ridge"` fitted once, on six measured records; `fc.monitor.Watch` holds each local day against what the
backtest promised for its leads, stated widths, part of the day and season, and derives its thresholds from the
backtest's own days, drawn in blocks. An alarm is any of five: errors, forecasts too high or too low, intervals too
narrow or too wide; the stated rate is that of all five together.

## False alarms a year and site

{rates}

Fortnights: every other one of a record is the promise, the ones between are live, then the other way round; nothing
has changed but chance. The last column is what happens to a promise of half a year, when the other half of the year
comes: errors and calibration do change with the season, and the alarms say so. A backtest of a whole year is the
remedy; a lower stated rate helps little.

## Days until a fault is found

Median / 9 of 10, and the share not found within {longest} days; faults begin on every fifth live day.

{delays}

## By record

Median days until each fault is found, at one stated false alarm a year.

{records}
"""


class Trial(NamedTuple):
    """A promise, what its own days were like (days, 3), usual hours, and the rows of the live time."""

    name: str
    promised: Promised
    own: np.ndarray
    hours: float
    live: Rows


def backtest(name: str, data_dir: Path, keep: Path | None) -> BacktestResult:
    stored = None if keep is None else keep / f"{name}.nc"
    if stored is not None and stored.exists():
        return fc.load_backtest(stored)
    data = records.load_site(name, data_dir)
    last = data.power.index[-1]
    data = data.between(max(data.power.index[0], last - pd.Timedelta(DAYS)), last)
    index = data.power.index
    start = index[int(len(index) * TRAINED)].ceil("D")
    step = pd.Timedelta(data.power_step_ns, unit="ns")
    forecaster = fc.Forecaster(model="ridge", step=step, horizon=16 * step).fit(data.until(start))
    result = fc.backtest({"ridge": forecaster}, data, start, last, every="1h", refit="never", progress=False)
    if stored is not None:
        result.save(stored)
    return result


def trials(name: str, result: BacktestResult, fortnights: bool) -> Iterator[Trial]:
    rows, zone = rows_of(result, "ridge", 0).counted(), str(result.dataset["timezone"].values[0])
    levels, leads = result.dataset["quantile"].values.astype(float), result.dataset.sizes["lead"]
    day = day_numbers(rows.valid_ns, zone) - day_numbers(rows.valid_ns, zone).min()
    odd = day // FORTNIGHT % 2 == 1 if fortnights else day > day.max() // 2
    for live in (odd, ~odd) if fortnights else (odd,):
        past = rows.only(~live)
        each = expected_elsewhere(past, levels, zone, leads)
        sums = day_sums(past, each, levels, zone, np.zeros(leads, dtype=np.int64))
        hours = float(np.median([one.hours for one in sums.values()]))
        own = np.array([measures(one) for _, one in sorted(sums.items()) if one.hours >= hours / 2])
        yield Trial(name, Promised.of(past, levels, zone, leads), own, hours, rows.only(live))


def live_days(trial: Trial, rows: Rows) -> np.ndarray:
    """Return the measures (days, 3) of live days."""
    promised = trial.promised
    group = np.zeros(len(promised.edges), dtype=np.int64)
    sums = day_sums(rows, promised.expected(rows), promised.levels, promised.zone, group)
    return np.array([measures(one) for _, one in sorted(sums.items()) if one.hours >= trial.hours / 2])


def doubled(rows: Rows) -> Rows:
    return _moved(rows, rows.power - rows.actual)


def biased(rows: Rows) -> Rows:
    return _moved(rows, np.full(len(rows.power), 0.5 * np.abs(rows.power - rows.actual).mean()))


def narrowed(rows: Rows) -> Rows:
    middle = rows.quantiles[:, [rows.quantiles.shape[1] // 2]]
    return rows._replace(quantiles=middle + 0.5 * (rows.quantiles - middle))


def _moved(rows: Rows, by: np.ndarray) -> Rows:
    return rows._replace(power=rows.power + by, quantiles=rows.quantiles + by[:, None])


FAULTS: dict[str, Callable[[Rows], Rows]] = {
    "errors doubled, intervals as they were": doubled,
    "too high by half the MAE": biased,
    "intervals half as wide": narrowed,
}


def raised(days: np.ndarray, limits: Limits) -> np.ndarray:
    """Return (days, …, charts), which alarms each day raised, of measures (days, …, 3)."""
    path, out = charts.start((*days.shape[1:-1], len(charts.CHARTS))), []
    for day in charts.standardised(days, limits.spread):
        path, new = charts.step(path, day, limits.thresholds)
        out.append(new)
    return np.array(out)


def delays(days: np.ndarray, limits: Limits) -> list[float]:
    """Return the days from a fault's start to the first alarm, for a start on every fifth day."""
    padded = np.concatenate([days, np.full((LONGEST, 3), np.nan)])
    starts = np.arange(0, len(days) - LONGEST // 2, 5)
    rung = raised(padded[starts + np.arange(LONGEST)[:, None]], limits).any(axis=-1)
    return np.where(rung.any(axis=0), np.argmax(rung, axis=0) + 1.0, np.inf).tolist()


def drawn_rate(days: np.ndarray, limits: Limits) -> float:
    """Return the false alarms a year on years drawn from live days in blocks."""
    years = days[drawn(len(days), (425, YEARS), np.random.default_rng(1))]
    return float(false_alarms(charts.standardised(years, limits.spread), limits.thresholds).sum())


def measured(found: list[Trial]) -> list[dict[str, object]]:
    out = []
    for trial in found:
        healthy = live_days(trial, trial.live)
        for rate in RATES:
            limits = Limits.of(trial.own, trial.hours, rate)
            rings = raised(healthy, limits)
            row: dict[str, object] = {
                "name": trial.name, "rate": rate, "days": len(healthy), "alarms": int(rings.sum()),
                "drawn": drawn_rate(healthy, limits),
            }  # fmt: skip
            row |= {fault: delays(live_days(trial, spoil(trial.live)), limits) for fault, spoil in FAULTS.items()}
            out.append(row)
        print(
            trial.name,
            len(trial.own),
            [(row["rate"], row["alarms"], row["drawn"]) for row in out[-len(RATES) :]],
            flush=True,
        )
    return out


def rate_lines(same: list[dict], later: list[dict]) -> list[str]:
    head = (
        "stated",
        "years drawn from unseen fortnights",
        "unseen fortnights as they came",
        "the next half, unseen season",
    )
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|"]
    for rate in RATES:
        cells = []
        for rows in (same, later):
            these = [row for row in rows if row["rate"] == rate]
            years = sum(row["days"] for row in these) / 365
            alarms = sum(row["alarms"] for row in these)
            cells.append(f"{alarms / years:.1f} ({alarms} in {years:.1f} years)")
        years = [row["drawn"] for row in same if row["rate"] == rate]
        spread = f"{np.mean(years):.1f} (records {min(years):.1f} … {max(years):.1f})"
        lines.append(f"| {rate:g} | {spread} | {cells[0]} | {cells[1]} |")
    return lines


def delay_lines(rows: list[dict]) -> list[str]:
    lines = ["| fault | " + " | ".join(f"stated {rate:g}" for rate in RATES) + " |", "|---" * (len(RATES) + 1) + "|"]
    for fault in FAULTS:
        cells = []
        for rate in RATES:
            found = np.array([delay for row in rows if row["rate"] == rate for delay in row[fault]])
            late = 100 * np.mean(np.isinf(found))
            ninth = np.quantile(found, 0.9, method="lower")
            ninth_text = f"{ninth:.0f}" if np.isfinite(ninth) else f"over {LONGEST}"
            cells.append(f"{np.median(found):.0f} / {ninth_text} ({late:.0f} %)")
        lines.append(f"| {fault} | " + " | ".join(cells) + " |")
    return lines


def record_lines(rows: list[dict]) -> list[str]:
    lines = ["| record | live days | alarms, stated 1 | drawn years, stated 1 | " + " | ".join(FAULTS) + " |",
             "|---" * (4 + len(FAULTS)) + "|"]  # fmt: skip
    for name in NAMES:
        these = [row for row in rows if row["name"] == name and row["rate"] == 1.0]
        if these:
            middle = [f"{np.median([d for row in these for d in row[fault]]):.0f}" for fault in FAULTS]
            counts = [f"{sum(row[what] for row in these)}" for what in ("days", "alarms")]
            years = f"{np.mean([row['drawn'] for row in these]):.1f}"
            lines.append(f"| {name} | {' | '.join(counts)} | {years} | {' | '.join(middle)} |")
    return lines


def page(same: list[dict], later: list[dict]) -> str:
    return TEXT.format(
        longest=LONGEST, rates="\n".join(rate_lines(same, later)), delays="\n".join(delay_lines(same)),
        records="\n".join(record_lines(same)),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--records", nargs="*", default=list(NAMES))
    options = parser.parse_args()
    same, later = [], []
    for name in options.records:
        result = backtest(name, options.data, options.keep)
        same += list(trials(name, result, True))
        later += list(trials(name, result, False))
    text = page(measured(same), measured(later))
    if set(options.records) == set(NAMES):
        DOCS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
