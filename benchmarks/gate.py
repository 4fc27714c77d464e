"""Does the gate of `quarterhour bench` stay quiet when nothing changed, and fire when something did? docs/gate.md.

python benchmarks/gate.py             # 20 seeds unchanged, 10 seeds damaged in three ways; about 10 minutes
python benchmarks/gate.py --seeds 4   # a first look; writes nothing

The suite is `quick`; the model is a single set of boosters (`Boosted`), which is noisier from seed to seed than the
default, an average of several. Damage is done at full size and then mixed with the undamaged forecast, so that RMSE
rises by 3 % in the mean over records and leads: (1 - w) good + w damaged, w the same for all.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

import forecast as fc
from forecast.bench import Workload, judged, quick
from forecast.bench.gate import TOLERANCE
from forecast.bench.measuring import OURS, daily_losses
from forecast.design import Design
from forecast.evaluation import BacktestResult
from forecast.models import Boosted
from forecast.params import Params, copy_unfitted

DOCS = Path(__file__).resolve().parents[1] / "docs" / "gate.md"
KEPT = ("power",)
WORSE_BY = 0.03
Results = dict[str, dict[int, BacktestResult]]  # by record and lead


class Without(Params):
    """A model that sees only the groups of features that are kept."""

    name: ClassVar[str] = "without"
    learns: ClassVar[bool] = True

    def __init__(self, model: Any, kept: tuple[str, ...]) -> None:
        self.model, self.kept = model, kept

    def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> Self:
        self.model_ = copy_unfitted(self.model).fit(self._seen(design), random_state=random_state, n_jobs=n_jobs)
        return self

    def point(self, design: Design) -> np.ndarray:
        out: np.ndarray = self.model_.point(self._seen(design))
        return out

    def _seen(self, design: Design) -> Design:
        common, lead = (
            [i for i, column in enumerate(columns) if column.group in self.kept]
            for columns in (design.common_columns, design.lead_columns)
        )
        return replace(
            design,
            common=np.ascontiguousarray(design.common[:, common]),
            lead=np.ascontiguousarray(design.lead[:, :, lead]),
            common_columns=tuple(design.common_columns[i] for i in common),
            lead_columns=tuple(design.lead_columns[i] for i in lead),
        )

    def importance(self, design: Design) -> np.ndarray:
        return np.zeros(len(design.names))

    def to_parts(self) -> Any:
        raise NotImplementedError("a damaged model is not for saving")

    @classmethod
    def from_parts(cls, values: Any, arrays: Any, texts: Any) -> Self:
        raise NotImplementedError("a damaged model is not for saving")


def good(seed: int) -> Results:
    return forecasts(Boosted(), seed)


def trees_dropped(seed: int) -> Results:
    return forecasts(Boosted(trees=6), seed)


def group_lost(seed: int) -> Results:
    return forecasts(Without(Boosted(), KEPT), seed)


def lag_shifted(seed: int) -> Results:
    return forecasts(Boosted(), seed, late=True)


DAMAGES: dict[str, Callable[[int], Results]] = {
    "trees dropped (120 → 6)": trees_dropped,
    "features lost (all but those of power)": group_lost,
    "lags shifted (power seen one step late)": lag_shifted,
}


def forecasts(model: Any, seed: int, late: bool = False) -> Results:
    out: Results = {}
    for workload in quick(model, seed):
        data, start, end = workload.data()
        if late:
            data = fc.SiteData(data.site, data.power, observed=data.observed, delay=workload.step)
        out[workload.name] = {lead: one_lead(workload, lead, data, start, end) for lead in workload.leads}
    return out


def one_lead(workload: Workload, lead: int, data: fc.SiteData, start: pd.Timestamp, end: pd.Timestamp) -> Any:
    forecaster = fc.Forecaster(
        model=copy_unfitted(workload.model), horizon=lead * pd.Timedelta(workload.step), step=workload.step,
        first_lead=lead, random_state=workload.random_state,
    )  # fmt: skip
    return fc.backtest({OURS: forecaster}, data, start, end, every=workload.every, refit=None, progress=False)


def found(results: Results) -> dict[str, Any]:
    """Return what `forecast.bench.run` would, without its time and memory."""
    records = {
        name: {"leads": {str(lead): daily_losses(result, OURS) for lead, result in leads.items()}}
        for name, leads in results.items()
    }
    return {
        "suite": "quick",
        "hashes": {"code": "", "data": "same", "settings": "same"},
        "work": {"time": None, "memory": None},
        "records": records,
    }


def mixed(one: Results, other: Results, weight: float) -> Results:
    """Return (1 - weight) · one + weight · other, points and quantiles."""

    def mix(a: BacktestResult, b: BacktestResult) -> BacktestResult:
        changed = {name: (1 - weight) * a.dataset[name] + weight * b.dataset[name] for name in ("power", "quantiles")}
        return BacktestResult(a.dataset.assign(changed))

    return {name: {lead: mix(result, other[name][lead]) for lead, result in one[name].items()} for name in one}


def rmse(results: Results) -> np.ndarray:
    """Return the RMSE of each record and lead."""
    tables = [table for record in found(results)["records"].values() for table in record["leads"].values()]
    return np.array([np.sqrt(sum(table["rmse"]) / sum(table["n"])) for table in tables])


def worse_by(one: Results, other: Results) -> float:
    return float((rmse(other) / rmse(one) - 1).mean())


def scaled(one: Results, other: Results) -> tuple[Results, float]:
    """Return the mixture that is worse by `WORSE_BY`, and its weight, by halving."""
    low, high = 0.0, 1.0
    while worse_by(one, mixed(one, other, high)) < WORSE_BY and high < 64:
        high *= 2
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if worse_by(one, mixed(one, other, middle)) < WORSE_BY else (low, middle)
    return mixed(one, other, high), high


def alarms(before: Results, now: Results) -> list[str]:
    return [line.text for line in judged(found(before), found(now)) if line.worse]


def quiet(baseline: Results, seeds: int) -> Iterator[tuple[float, list[str], Results]]:
    """Yield the change of RMSE and the alarms of each seed of the unchanged model."""
    for seed in range(1, seeds + 1):
        now = good(seed * 1000)  # seeds apart: the members of a model take neighbouring ones
        yield worse_by(baseline, now), alarms(baseline, now), now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    began, baseline, rows = time.monotonic(), good(0), []
    undamaged = []
    changes, fired = [], 0
    for change, texts, now in quiet(baseline, options.seeds):
        changes.append(change)
        fired += bool(texts)
        undamaged.append(now)
        print(f"unchanged, RMSE {100 * change:+.2f} %: {texts or 'quiet'}", flush=True)
    spread = f"{100 * min(changes):+.2f} to {100 * max(changes):+.2f}"
    rows.append(f"| nothing, another seed | {options.seeds} | – | {spread} | **{fired}** |")
    for name, damage in DAMAGES.items():
        full, weights, fired, after = [], [], 0, []
        count = max(options.seeds // 2, 1)
        for seed in range(1, count + 1):
            one, other = undamaged[seed - 1], damage(seed * 1000)
            worse, weight = scaled(one, other)
            full.append(worse_by(one, other))
            weights.append(weight)
            texts = alarms(baseline, worse)
            after.append(worse_by(baseline, worse))
            fired += bool(texts)
            print(f"{name}: full size {100 * full[-1]:+.2f} %, {texts[-1:] or 'quiet'}", flush=True)
        spread = f"{100 * min(after):+.2f} to {100 * max(after):+.2f}"
        size = f"{100 * np.mean(full):+.1f} (weight {np.mean(weights):.2f})"
        rows.append(f"| {name} | {count} | {size} | {spread} | **{fired}** |")
    text = page(rows, time.monotonic() - began)
    print(text)
    if options.seeds >= 20:
        DOCS.write_text(text)


def page(rows: list[str], seconds: float) -> str:
    lines = [
        "# The gate: quiet when nothing changed, loud when something did",
        "",
        f"Made by `python benchmarks/gate.py` in {seconds / 60:.0f} minutes. The baseline is one seed of a single set",
        "of boosters on the suite `quick` (two records that ship inside, three leads each, 60 days tested); every",
        "other run is held against it as `quarterhour bench --gate` does: the same days drawn with replacement for",
        "both, an alarm where a score (RMSE and CRPS of each record and lead, of each record's mean, of all) is worse",
        f"by more than {100 * TOLERANCE:g} % beyond chance (one-sided, Holm, 5 %). Those {100 * TOLERANCE:g} % are for",
        "what is no fault: another seed, another machine, another build of a library. On one machine the scores are",
        "the same with one job or two.",
        "",
        "Damaged runs have a seed of their own too. Damage is done at full size and mixed with the undamaged forecast",
        f"of the same seed, so that RMSE rises by {100 * WORSE_BY:g} % in the mean over records and leads; the weight",
        "says how much of the full damage that is (above 1: more than it).",
        "",
        "| what changed | runs | full size, RMSE % | as compared with the baseline, RMSE % | alarms |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
