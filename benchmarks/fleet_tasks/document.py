"""Writes docs/fleet.md and docs/scale.md from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleet_tasks.growth import HISTORY

FLAT = 0.2
SITES = 100_000
WORDS = {"sites": "More sites", "months": "Longer backtests", "step": "Finer data"}


def fleet(found: dict[str, Any]) -> str:
    parts = [
        "# Fleets: many sites on one machine and on a cluster",
        "Written by `python benchmarks/fleet.py --data FOLDER`. Sites are made from four measured wind records\n"
        "(blocks of four days drawn anew, shifted, scaled), power only. Model: the convex reference; these tables are\n"
        "about how sites are worked through, not how good a model is. Times are CPU seconds of the process.",
    ]
    if "cluster" in found:
        parts += ["## On a cluster that loses a worker", _cluster(found["cluster"])]
    grown = [name for name in WORDS if name in found]
    if grown:
        parts += ["## Growth", _growth_text()] + [_growth(name, found[name]) for name in grown]
    if "costs" in found:
        parts += ["## One shared model", _shared(found["costs"])]
    return "\n\n".join(parts) + "\n"


def _cluster(c: dict[str, Any]) -> str:
    failed = "; ".join(f"`{name}`: {why.split(': ')[0]}" for name, why in c["cluster_failed"].items())
    return f"""{c["sites"]} sites and one with rubbish on a `dask.distributed.LocalCluster` of two worker processes,
one thread each: a fit a site, a backtest of 30 days (an issue time an hour, 16 leads), and a forecast of all sites;
one worker was killed (SIGKILL) when {c["killed_after"]} backtests were written.

| | |
|---|---|
| worker killed | {"yes" if c["killed"] else "no"} |
| backtests identical to those of one process | {c["same_backtests"]} of {c["sites"]} |
| forecasts equal to those of one process | {"yes" if c["same_predictions"] else "no"} |
| reported as failed | {failed} |
| peak memory of a worker | {c["worker_mb"]:.0f} MB |
| peak memory of the single process | {c["one_process_mb"]:.0f} MB |
| fit, CPU a site | {c["fit_cpu"]:.2f} s |
| backtest, CPU a site | {c["backtest_cpu"]:.2f} s |
| whole run killed when so many sites were finished | {c["finished_before"]} |
| of these made again by the restart | {c["made_twice"]} |
| finished after the restart | {c["finished_after"]} of 40 |

A worker holds one site, its models and its result at a time; what is sent to it is the way to read the site, and what
comes back is a name."""


def _growth_text() -> str:
    return f"""Backtests of the reference ({HISTORY} days of history before them), each line a process of its own; a
unit is an issue time of a site (finer data: a value of the record that is read). Memory: peak of the process, which
holds one site and its whole result at a time. "To the first" compares a line with the first of its table. A backtest
without refit pays its fit once, so longer ones and more issue times cost less a unit."""


def _growth(name: str, cases: list[dict[str, Any]]) -> str:
    lines = [
        f"### {WORDS[name]}",
        "",
        "| sites | days | data | issue times a site | CPU a unit, ms | to the first | peak MB | to the first | "
        "stored, B a unit |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    units = [c["sites"] * (c["rows"] if name == "step" else c["issues"]) for c in cases]
    peaks = [c["peak_mb"] for c in cases]
    cpu = [c["cpu"] / unit * 1e3 for c, unit in zip(cases, units, strict=True)]
    for c, ms, unit in zip(cases, cpu, units, strict=True):
        lines.append(
            f"| {c['sites']} | {c['days']} | {c['step']} | {c['issues']} | {ms:.4f} | {_change(ms, cpu[0])} | "
            f"{c['peak_mb']:.0f} | {_change(c['peak_mb'], cases[0]['peak_mb'])} | {c['stored'] / unit:.1f} |"
        )
    said = "; ".join(_worst(what, values) for what, values in (("CPU a unit", cpu), ("peak memory", peaks)))
    return "\n".join([*lines, "", f"Most above the first line: {said}."])


def _worst(what: str, values: list[float]) -> str:
    """Return how far the worst line is above the first, in bold where that is more than `FLAT`."""
    worst = max(values) / values[0] - 1
    return f"{what} {worst:+.1%}" if worst <= FLAT else f"**{what} {worst:+.1%}, above 20 %**"


def _change(value: float, first: float) -> str:
    return f"{value / first - 1:+.0%}"


def _shared(c: dict[str, Any]) -> str:
    lines = [
        "`predict_fleet` with one shared default forecaster (LightGBM, seven quantiles, 16 leads, power only);\n"
        "median of three, CPU. Data made from one long table (`SiteData.from_long`), or each alone. Every\n"
        "first call sees new data; the second call sees the same again.",
        "",
        "| sites | one table, ms | each alone, ms | first call, ms | second call, ms | a site, ms (first) | must, ms |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for number, must in ((200, 40), (2000, 300)):
        first = c[f"first_{number}"] * 1e3
        lines.append(
            f"| {number} | {c[f'make_{number}'] * 1e3:.1f} | {c[f'make_each_{number}'] * 1e3:.0f} | "
            f"{first:.0f} | {c[f'again_{number}'] * 1e3:.0f} | "
            f"{first / number:.3f} | {must} |"
        )
    rest = f"""
One site through its own `predict` takes {c["single"] * 1e3:.1f} ms in the same process, so a site of 2,000 costs
{c["single"] * 2000 / c["first_2000"]:.1f} times less. "Must" is the goal set on a quiet machine where skforecast needs
101 ms for 200 sites; absolute times do not travel (as ratios, in one run with others: [speed.md](speed.md))."""
    return "\n".join([*lines, rest])


def scale(found: dict[str, Any]) -> str:
    c, grown = found["costs"], found.get("sites", [])
    each = c["first_2000"] / 2000 + c["make_2000"] / 2000
    cores, cores_own = SITES * each / 60, SITES * (c["single"] + c["make_each_2000"] / 2000) / 60
    loaded, models = SITES * c["load"] / 60, SITES * c["loaded"] / 1e9
    held, written = SITES * c["held"] / 1e9, SITES * c["frame"] * 1440 / 1e9
    window = SITES * c["window_sent"] / 60 / 1e6
    stored = grown[0]["stored"] / (grown[0]["sites"] * grown[0]["issues"]) if grown else float("nan")
    together, refits = SITES * c["first_2000"] / 2000 / 60, SITES * c["fit_own"] / 86400
    limits = {
        f"CPU: {cores:.1f} cores with a shared model, {cores_own:.0f} with a model a site": cores / 32,
        f"memory: {held:.1f} GB of newest power, {models:.0f} GB of models (a model a site)": (held + models) / 128,
        f"storage: {written:.0f} GB a day, if every minute's forecast is kept uncompressed": written / 1000,
        f"network: {window:.1f} MB/s, if whole windows are sent to where forecasts are made": window / 1250,
    }  # fmt: skip
    first = max(limits, key=lambda text: limits[text])
    ranked = sorted(limits, key=lambda text: -limits[text])
    order = "\n".join(f"{i}. {text} — {limits[text]:.0%} of it." for i, text in enumerate(ranked, 1))
    return f"""# 100,000 sites each minute

Written by `python benchmarks/fleet.py --data FOLDER` from what it measured (see [fleet.md](fleet.md)); power-only
sites of 15 minutes, the default model, 16 leads, seven quantiles. CPU seconds of a machine with two
cores.

## What one site costs

| | measured | for {SITES:,} sites each minute |
|---|---:|---:|
| CPU: its `SiteData`, from one long table | {c["make_2000"] / 2:.3f} ms | {SITES * c["make_2000"] / 12e4:.2f} cores |
| CPU: its `SiteData`, alone | {c["make_each_2000"] / 2:.3f} ms | {SITES * c["make_each_2000"] / 12e4:.1f} cores |
| CPU: forecast, shared model, 2,000 at a time | {c["first_2000"] / 2:.3f} ms | {together:.1f} cores |
| CPU: forecast, a model a site | {c["single"] * 1e3:.2f} ms | {SITES * c["single"] / 60:.1f} cores |
| CPU: loading a bundle each time | {c["load"] * 1e3:.1f} ms | {loaded:.1f} cores |
| CPU: a fit, a model a site (60 days of 15 min) | {c["fit_own"]:.1f} s | {refits:.1f} cores, if daily |
| CPU: a fit, one model on four sites | {c["fit_shared"]:.1f} s | – |
| memory: twelve days of power | {c["held"] / 1e3:.0f} kB | {held:.1f} GB |
| memory: a forecaster that is loaded and has forecast | {c["loaded"] / 1e6:.1f} MB | {models:.0f} GB (a model a site) |
| storage: a bundle | {c["bundle"] / 1e6:.2f} MB | {SITES * c["bundle"] / 1e9:.0f} GB (a model a site) |
| storage: one forecast as a frame | {c["frame"] / 1e3:.1f} kB | {written:.0f} GB a day |
| storage: one issue time of a backtest in Parquet | {stored:.0f} B | {SITES * stored * 1440 / 1e9:.0f} GB a day |
| network: a window of twelve days sent anew | {c["window_sent"] / 1e3:.1f} kB | {window:.0f} MB/s |
| network: only the newest value (time and power, 16 B) | 0.016 kB | {SITES * 16 / 60 / 1e6:.2f} MB/s |
| network: one forecast back | {c["sent"] / 1e3:.1f} kB | {SITES * c["sent"] / 60 / 1e6:.1f} MB/s |

## Where it breaks first

Against a machine of 32 cores, 128 GB, 1 TB a day and 10 Gbit/s:

{order}

First: {first}.

With a shared model the sites split over processes that need not talk to each other (a process takes any share of the
names), so cores are added, not changed. A model a site multiplies the CPU by
{cores_own / cores:.0f}, needs its bundles in memory ({loaded:.1f} cores would do nothing but load them), and its
daily refit is a job of its own: shared models by region and technology are what scales. Sites with weather runs,
neighbours or own features are made one by one today, and cost what a model a site costs.
"""


def write(found: dict[str, Any], docs: Path) -> None:
    (docs / "fleet.md").write_text(fleet(found), encoding="utf-8")
    if "costs" in found:
        (docs / "scale.md").write_text(scale(found), encoding="utf-8")
