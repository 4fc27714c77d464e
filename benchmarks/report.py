"""How long the report of a year takes, and how large it is: docs/report.md.

python benchmarks/report.py                 # a year, 3 models, 16 leads; writes docs/report.md
python benchmarks/report.py --days 30       # a first look; writes nothing
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from scipy.signal import lfilter

from forecast.bench.memory import peak_mb
from forecast.evaluation import BacktestResult
from forecast.evaluation.excluding import REASONS
from forecast.report.texts import LANGUAGES

DOCS = Path(__file__).resolve().parents[1] / "docs" / "report.md"
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MODELS = {"boosters": 0.9, "ridge": 1.0, "reference": 1.1}  # sizes of their errors
KINDS = ("pv",)
DAYS, LEADS, PER_DAY, CAPACITY = 365, 16, 96, 20_000.0
MOST_SECONDS, MOST_MB = 20.0, 5.0


class Took(NamedTuple):
    """What one page took: wall and CPU seconds, size and the process's largest memory so far [MB]."""

    kind: str
    lang: str
    wall: float
    cpu: float
    size: float
    memory: float


def made_up(kind: str, days: int) -> BacktestResult:
    """Return forecasts of three models every quarter hour, whose errors wander and grow with the lead.

    The plant stands on China's clock, so that the page judges by all of China's rules; 3 % of the truth is missing,
    1 % curtailed, and a run in a thousand was not made.
    """
    import xarray as xr

    rng = np.random.default_rng(0)
    issues, ahead = days * PER_DAY, np.arange(1, LEADS + 1)
    places = np.arange(issues)[:, None] + ahead
    hour = (np.arange(issues + LEADS + 1) / 4) % 24
    sun = np.sin(np.pi * np.clip((hour - 6) / 12, 0, 1)) if kind == "pv" else np.ones(len(hour))
    truth = (sun / (1 + np.exp(0.5 - wandering(rng, len(hour), 0.99)))).astype(np.float32)
    size = 0.04 * np.sqrt(ahead) * sun[places]
    errors = np.stack([scale * wandering(rng, issues + LEADS, 0.9)[places - 1] for scale in MODELS.values()])
    z = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
    power = np.clip(truth[places] + size * errors, 0, 1)
    quantiles = np.clip(power[..., None] + size[..., None] * z, 0, 1)
    power[0, rng.random(issues) < 0.001] = np.nan
    why = rng.choice([0, REASONS.index("missing"), REASONS.index("curtailed")], p=[0.96, 0.03, 0.01], size=len(hour))
    rows = ("site", "issue_time", "lead")
    dataset = xr.Dataset(
        {
            "power": (("model", *rows), CAPACITY * power[:, None].astype(np.float32)),
            "quantiles": (("model", *rows, "quantile"), CAPACITY * quantiles[:, None].astype(np.float32)),
            "level": (("model", *rows), np.zeros((len(MODELS), 1, *places.shape), dtype=np.int8)),
            "actual": (rows, CAPACITY * truth[places][None]),
            "valid": (rows, (why == 0)[places][None]),
            "daylight": (rows, (sun > 0)[places][None]),
            "reason": (rows, why.astype(np.int8)[places][None], {"labels": "|".join(REASONS)}),
        },
        coords={
            "model": list(MODELS),
            "site": [f"made-up {kind} plant"],
            "issue_time": pd.date_range("2024-12-31 16:00", periods=issues, freq="15min").to_numpy(),
            "lead": ahead,
            "quantile": list(LEVELS),
            "capacity_kw": ("site", [CAPACITY]),
            "kind": ("site", [kind]),
            "timezone": ("site", ["Asia/Shanghai"]),
        },
        attrs={"step": "15min"},
    )
    return BacktestResult(dataset)


def wandering(rng: np.random.Generator, n: int, keeps: float) -> np.ndarray:
    """Return an autoregressive series of standard deviation 1."""
    drawn = rng.standard_normal(n) * np.sqrt(1 - keeps**2)
    return np.asarray(lfilter([1.0], [1.0, -keeps], drawn))


def measured(result: BacktestResult, kind: str, lang: str, folder: Path) -> Took:
    """Write one page and tell what it took."""
    path = folder / f"{kind}-{lang}.html"
    began, worked = time.perf_counter(), time.process_time()
    result.report(path, lang=lang)
    took = time.perf_counter() - began, time.process_time() - worked
    out = Took(kind, lang, *took, path.stat().st_size / 1e6, peak_mb() or float("nan"))
    print(out, flush=True)
    return out


def main() -> None:
    """Write the pages and, for a whole year, the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--keep", type=Path, help="folder for the pages; None: they are not kept")
    options = parser.parse_args()
    table = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            result = made_up(kind, options.days)
            table += [measured(result, kind, lang, options.keep or Path(folder)) for lang in LANGUAGES]
    text = page(table)
    print(text)
    if options.days == DAYS:
        DOCS.write_text(text, encoding="utf-8")


def page(table: list[Took]) -> str:
    """Return the page in Markdown."""
    kept = all(row.wall < MOST_SECONDS and row.size < MOST_MB for row in table)
    lines = [
        "# How long the report of a year takes",
        "",
        f"Made by `python benchmarks/report.py`: a year of made-up forecasts, {DAYS * PER_DAY:,} issue times a",
        f"quarter hour apart, {len(MODELS)} models, {LEADS} leads, {len(LEVELS)} quantiles, PV on China's clock,",
        "so that all of China's rules are in it. `result.report(path, lang=…)` in one process, the first page's",
        "imports included; memory is the process's largest so far, data included; wall time above CPU time is other",
        "people's work on the same cores.",
        f"Asked for: each within {MOST_SECONDS:g} s and {MOST_MB:g} MB: **{'kept' if kept else 'missed'}**.",
        "",
        "| plant | language | wall, s | CPU, s | page, MB | peak memory, MB |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.kind} | {row.lang} | {row.wall:.1f} | {row.cpu:.1f} | {row.size:.2f} | {row.memory:.0f} |"
            for row in table
        ),
        "",
        f"Python {platform.python_version()}, pandas {pd.__version__}, matplotlib {matplotlib.__version__}, "
        f"{platform.machine()}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
