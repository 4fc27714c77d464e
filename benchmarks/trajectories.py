"""Trajectories of the next 15 minutes and alarms of ramps, cuee_pv minute by minute.

python benchmarks/trajectories.py --data ../shared/data      # writes docs/trajectories.md

Fitted once on the first 70 %; issue times 11 minutes apart over the last 30 %, those whose next 15 minutes are measured
and by day. A hundred trajectories each. *Persistence*: the newest power plus what persistence was wrong by, all 15
minutes together, at a hundred issue times of the training days at the same time of day (± 1 h), cut to 0 … capacity.
A ramp: a change of at least 30 % of the capacity in service within 15 minutes, from the newest power or a later minute.
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
from forecast.data.available import available_kw  # noqa: E402
from forecast.evaluation.metrics.trajectory import energy_score, variogram_score  # noqa: E402
from forecast.ramping import largest_rise  # noqa: E402
from forecast.timegrid import index_ns  # noqa: E402

RECORD, TRAINING_SHARE, LEADS = "cuee_pv.1min", 0.7, 15
NUMBER, SIZE = 100, 0.3
APART, NEAR_MIN = 11, 60
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
DOCS = Path(__file__).resolve().parents[1] / "docs" / "trajectories.md"


def main() -> None:
    """Run the benchmark and write its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--most", type=int, default=1000, help="issue times")
    options = parser.parse_args()
    began = time.process_time()
    data = records.load_site(RECORD, options.data)
    power = data.clean.asfreq("1min").clip(lower=0)
    start = power.index[int(len(power) * TRAINING_SHARE)]
    forecaster = fc.Forecaster.preset("minutes", model=options.model).fit(data.until(start))
    ahead = windows(power)
    issue = issue_times(power, ahead, start, data.site.capacity_kw, options.most)
    rows = [one(forecaster, data, power, ahead, at, start) for at in issue]
    text = page(pd.DataFrame(rows), options.model, time.process_time() - began)
    print(text)
    DOCS.write_text(text, encoding="utf-8")


def windows(power: pd.Series) -> np.ndarray:
    """Return the newest power and the next 15 minutes (n, 16) at each minute, missing beyond the end."""
    padded = np.r_[power.to_numpy(), np.full(LEADS, np.nan)]
    return np.lib.stride_tricks.sliding_window_view(padded, LEADS + 1)


def issue_times(
    power: pd.Series, ahead: np.ndarray, start: pd.Timestamp, capacity_kw: float, most: int
) -> pd.DatetimeIndex:
    """Return the issue times of the test: measured throughout, and not in the dark."""
    good = np.isfinite(ahead).all(axis=1) & (ahead.max(axis=1) > 0.02 * capacity_kw)
    times = power.index[good & (power.index >= start)][::APART]
    return times[:: len(times) // most + 1]


def one(
    forecaster: fc.Forecaster, data: fc.SiteData, power: pd.Series, ahead: np.ndarray, at: pd.Timestamp,
    start: pd.Timestamp,
) -> dict[str, object]:  # fmt: skip
    """Return the scores [% of capacity] of both kinds of trajectories at an issue time, and what ramps they tell of."""
    capacity, place = data.site.capacity_kw, power.index.get_loc(at)
    truth = ahead[place]
    ours = forecaster.scenarios(data, at, NUMBER).to_numpy().T
    past = 100 * persisted(power, ahead, at, start, capacity) / capacity
    actual, made = 100 * truth[1:] / capacity, 100 * ours / capacity
    least = SIZE * float(available_kw(data, index_ns(pd.DatetimeIndex([at])))[0])
    rising = np.c_[np.full(NUMBER, truth[0]), ours]
    return {
        "day": at.floor("D"),
        "energy": energy_score(actual, made), "energy of persistence": energy_score(actual, past),
        "variogram": variogram_score(actual, made), "variogram of persistence": variogram_score(actual, past),
        **{
            f"{name} {what}": (largest_rise(sign * paths, LEADS) >= least).any(axis=1).mean()
            for name, sign in (("up", 1), ("down", -1)) for what, paths in (("told", rising), ("was", truth[None]))
        },
    }  # fmt: skip


def persisted(
    power: pd.Series, ahead: np.ndarray, at: pd.Timestamp, start: pd.Timestamp, capacity_kw: float
) -> np.ndarray:
    """Return trajectories (100, 15) of persistence with its past errors."""
    minute = power.index.hour * 60 + power.index.minute
    apart = np.abs(minute - (at.hour * 60 + at.minute)).to_numpy()
    near = np.minimum(apart, 1440 - apart) <= NEAR_MIN
    known = np.isfinite(ahead).all(axis=1) & near & (power.index <= start - pd.Timedelta(LEADS, unit="min"))
    rows = np.flatnonzero(known)
    chosen = rows[np.linspace(0, len(rows) - 1, NUMBER).astype(int)]
    error = ahead[chosen, 1:] - ahead[chosen, :1]
    return np.clip(power[at] + error, 0, capacity_kw)


def page(rows: pd.DataFrame, model: str, seconds: float) -> str:
    """Return the page in Markdown."""
    lines = ["# Trajectories and ramps: the next 15 minutes of cuee_pv", "", *(__doc__ or "").split("\n")[4:]]
    lines += [f"Model `{model}`, {len(rows)} issue times, {seconds / 60:.0f} minutes of one core. % of capacity.", ""]
    lines += ["| score | ours | persistence with its past errors | change % | 90 % interval |", "|---" * 5 + "|"]
    for score in ("energy", "variogram"):
        pair = rows[[score, f"{score} of persistence"]].mean()
        low, high = interval(rows, score)
        lines.append(
            f"| {score} | {pair.iloc[0]:.3f} | {pair.iloc[1]:.3f} | {100 * (pair.iloc[0] / pair.iloc[1] - 1):+.1f} "
            f"| {low:+.1f} … {high:+.1f} |"
        )
    for name in ("up", "down"):
        told, was = rows[f"{name} told"], rows[f"{name} was"]
        lines += ["", f"Ramps {name}: Brier score {((told - was) ** 2).mean():.4f}, climatology"]
        lines += [f"{was.mean() * (1 - was.mean()):.4f}; {int(was.sum())} ramps.", ""]
        lines += ["| told, from | to | issue times | told, mean | happened |", "|---" * 5 + "|"]
        bins = np.clip(np.searchsorted(EDGES, told, side="right") - 1, 0, len(EDGES) - 2)
        for b in range(len(EDGES) - 1):
            some = bins == b
            if some.any():
                lines.append(
                    f"| {EDGES[b]:g} | {EDGES[b + 1]:g} | {some.sum()} | {told[some].mean():.3f} "
                    f"| {was[some].mean():.3f} |"
                )
    return "\n".join(lines) + "\n"


def interval(rows: pd.DataFrame, score: str) -> tuple[float, float]:
    """Return the 90 % interval of the change [%]: days drawn again."""
    sums = rows.groupby("day")[[score, f"{score} of persistence"]].sum().to_numpy()
    drawn = sums[np.random.default_rng(0).integers(0, len(sums), size=(1000, len(sums)))].sum(axis=1)
    low, high = np.quantile(100 * (drawn[:, 0] / drawn[:, 1] - 1), [0.05, 0.95])
    return float(low), float(high)


if __name__ == "__main__":
    main()
