"""The next fifteen minutes at a PV plant measured every minute: minute by minute, and as one mean.

python benchmarks/minutes.py --data ../shared/data        # writes docs/minutes.md

cuee_pv, issued every 5 minutes, last 30 % as test, fitted once on what was known before. Scores count daylight only.
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
from forecast.agreement import agree  # noqa: E402

DOCS = Path(__file__).resolve().parents[1] / "docs" / "minutes.md"
RECORD, AVERAGED = "cuee_pv.1min", "cuee_pv.15min"
TESTED = 0.3
RESAMPLES = 1000


def main() -> None:
    """Run the benchmark, print its tables and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", default="lightgbm")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()
    data, averaged = (records.load_site(name, options.data) for name in (RECORD, AVERAGED))
    start, end = test_span(data)
    minutes = run(data, options, "1min", "15min", start, end, "5min", ("persistence", "smart_persistence"))
    by_lead = lead_table(minutes)
    print(by_lead.round(3).to_string(), flush=True)
    fives = lead_table(run(data, options, "5min", "15min", start, end, "5min", ("persistence", "smart_persistence")))
    print(fives.round(3).to_string(), flush=True)
    block = run(data, options, "15min", "15min", start, end, "5min", ("smart_persistence",))
    coarse = run(averaged, options, "15min", "15min", start.ceil("15min"), end, "15min", ("smart_persistence",))
    blocks = block_table(minutes, block, coarse, data.site.capacity_kw)
    print(blocks.round(3).to_string(), flush=True)
    DOCS.write_text(page(by_lead, fives, blocks, options.model, start, end, time.monotonic() - began))


def test_span(data: fc.SiteData) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last issue time of the test: the last 30 % of the record."""
    assert data.power is not None
    index = data.power.index
    first = index[int(len(index) * (1 - TESTED))].ceil("5min")
    return first, (index[-1] - pd.Timedelta("15min")).floor("15min")


def run(
    data: fc.SiteData, options: argparse.Namespace, step: str, horizon: str, start: pd.Timestamp, end: pd.Timestamp,
    every: str, beside: tuple[str, ...],
) -> pd.DataFrame:  # fmt: skip
    """Return the long frame of forecasts of the model (as `ours`) and of simpler ones, daylight and valid rows only."""
    models = {"ours": options.model} | {name: name for name in beside}
    forecasters = {
        name: fc.Forecaster(model=model, step=step, horizon=horizon, n_jobs=options.jobs if name == "ours" else 1)
        for name, model in models.items()
    }
    result = fc.backtest(forecasters, data, start, end, every=every, refit=None, progress=False)
    frame = result.frame()
    frame = frame[frame["valid"] & frame["model"].isin(models)]
    # the sun is down where every forecast is exactly zero
    shining = frame.groupby(["issue_time", "lead"])["power"].transform("max") > 0
    return frame[shining]


def lead_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return errors by lead [kW], ours beside persistence and smart persistence."""
    wide = frame.set_index(["issue_time", "lead", "model"])["power"].unstack()  # noqa: PD010  nothing to aggregate
    ours = frame[frame["model"] == "ours"].set_index(["issue_time", "lead"])
    actual, lead = ours["actual"], ours.index.get_level_values("lead")
    wide = wide.loc[ours.index]
    out = pd.DataFrame({"n": actual.groupby(lead).size()})
    for model in ("persistence", "smart_persistence", "ours"):
        out[f"RMSE {model}"] = rooted(wide[model] - actual, lead)
    for model in ("persistence", "smart_persistence"):
        out[f"MAE {model}"] = (wide[model] - actual).abs().groupby(lead).mean()
    out["MAE of median"] = (ours["q50"] - actual).abs().groupby(lead).mean()
    inside = (actual.clip(lower=0) >= ours["q05"]) & (actual <= ours["q95"])
    out["coverage 90"] = 100 * inside.groupby(lead).mean()
    return out


def rooted(error: pd.Series, by: pd.Index) -> pd.Series:
    """Return the root of the mean square by group."""
    return np.sqrt((error**2).groupby(by).mean())


def block_table(minutes: pd.DataFrame, block: pd.DataFrame, coarse: pd.DataFrame, capacity_kw: float) -> pd.DataFrame:
    """Return RMSE of the next 15-min mean on the quarter hours that all have, and how far each is from 15-min data."""
    mine = block[block["model"] == "ours"].set_index("issue_time")
    far = coarse[coarse["model"] == "ours"].set_index("issue_time")
    fine = minutes[minutes["model"] == "ours"].set_index(["issue_time", "lead"])["power"]
    fine = fine.unstack().dropna()  # noqa: PD010  nothing to aggregate
    smart = coarse[coarse["model"] == "smart_persistence"].set_index("issue_time")
    at = mine.index.intersection(far.index).intersection(fine.index).intersection(smart.index)
    actual = far.loc[at, "actual"]
    curves = fine.loc[at].to_numpy()
    agreed = agree(curves[:, None, :], mine.loc[at, "power"].to_numpy(), np.full(curves.shape, capacity_kw))
    made = {
        "smart persistence, 15-min data": smart.loc[at, "power"],
        "15-min data": far.loc[at, "power"],
        "1-min data, mean of the 15 minutes": pd.Series(curves.mean(axis=1), index=at),
        "1-min data, one block": mine.loc[at, "power"],
        "1-min data, minutes reconciled with the block": pd.Series(agreed[:, 0].mean(axis=-1), index=at),
    }
    base = (far.loc[at, "power"] - actual) ** 2
    rows = {}
    for name, power in made.items():
        loss = (power - actual) ** 2
        rows[name] = {
            "n": len(at), "RMSE": np.sqrt(loss.mean()), "MAE": (power - actual).abs().mean(),
            "change %": 100 * (np.sqrt(loss.mean() / base.mean()) - 1), **bounds(loss, base),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def bounds(loss: pd.Series, base: pd.Series) -> dict[str, float]:
    """Return the 90 % interval of the change of RMSE [%]: days drawn again."""
    sums = pd.DataFrame({"a": loss, "b": base}).groupby(loss.index.floor("D")).sum().to_numpy()
    rng = np.random.default_rng(0)
    drawn = sums[rng.integers(0, len(sums), size=(RESAMPLES, len(sums)))].sum(axis=1)
    low, high = np.quantile(100 * (np.sqrt(drawn[:, 0] / drawn[:, 1]) - 1), [0.05, 0.95])
    return {"from": float(low), "to": float(high)}


def page(
    by_lead: pd.DataFrame, fives: pd.DataFrame, blocks: pd.DataFrame, model: str, start: pd.Timestamp,
    end: pd.Timestamp, seconds: float,
) -> str:  # fmt: skip
    """Return the page of results in Markdown."""
    lines = [
        "# The next fifteen minutes",
        "",
        f"Made by `python benchmarks/minutes.py --data DATA` in {seconds / 60:.0f} minutes: cuee_pv (5.8 kW, Bangkok),",
        f"a value a minute, model `{model}`, fitted once on the first 70 %, issued every 5 minutes from",
        f"{start:%Y-%m-%d} to {end:%Y-%m-%d}. Errors in kW, daylight only; skill: RMSE below smart persistence",
        "(the clear-sky index stays); coverage: of the 5-95 % interval.",
        "",
        '## Minute by minute (`step="1min", horizon="15min"`)',
        "",
        *markdown(by_lead),
        "",
        '## Five minutes by five minutes (`step="5min"`, from the same minutes)',
        "",
        *markdown(fives),
        "",
        "## As one mean over 15 minutes, issued at the quarter hours",
        "",
        "Change: of RMSE against the forecast from 15-min data, with its 90 % interval (days drawn again).",
        "`forecast.reconcile(minutes, block, data)` moves the minutes so that their mean is the block's forecast.",
        "",
        "| forecast from | rows | RMSE | MAE | change of RMSE % | 90 % interval |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {r['n']:.0f} | {r['RMSE']:.4f} | {r['MAE']:.4f} | {r['change %']:+.1f} "
            f"| {r['from']:+.1f} … {r['to']:+.1f} |"
            for name, r in blocks.iterrows()
        ),
        "",
    ]
    return "\n".join(lines)


def markdown(table: pd.DataFrame) -> list[str]:
    """Return the table of errors by lead as lines of Markdown."""
    lines = [
        "| lead | rows | RMSE persistence | smart persistence | ours | skill % | MAE persistence | smart persistence "
        "| MAE of median | coverage % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for lead, r in table.iterrows():
        skill = 100 * (1 - r["RMSE ours"] / r["RMSE smart_persistence"])
        lines.append(
            f"| {lead} | {r['n']:.0f} | {r['RMSE persistence']:.4f} | {r['RMSE smart_persistence']:.4f} "
            f"| **{r['RMSE ours']:.4f}** | {skill:.1f} | {r['MAE persistence']:.4f} | {r['MAE smart_persistence']:.4f} "
            f"| **{r['MAE of median']:.4f}** | {r['coverage 90']:.0f} |"
        )
    return lines


if __name__ == "__main__":
    main()
