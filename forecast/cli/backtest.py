"""`quarterhour backtest`: what the forecasts would have been worth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.options import Horizon, Jobs, Site, Step, has_folder, moment

NO_REFIT = "none"


def backtest(
    site: Site,
    start: Annotated[str, typer.Option("--start", help="First issue time; models learn from what is before.")],
    end: Annotated[str, typer.Option("--end", help="Last issue time.")],
    every: Annotated[str, typer.Option("--every", help="Time between issue times.")] = "15min",
    refit: Annotated[str, typer.Option("--refit", help="How often to learn anew; 'none': only at the start.")] = "30D",
    window: Annotated[str | None, typer.Option("--window", help="How much of the past to learn from.")] = None,
    renew: Annotated[str | None, typer.Option("--renew", help="How often to learn on between, cheaply.")] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A model; may be given several times. [default: lightgbm]")
    ] = None,
    horizon: Horizon = "4h",
    step: Step = "15min",
    out: Annotated[Path | None, typer.Option("--out", help="Save all forecasts as netCDF.")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write an HTML page about it.")] = None,
    jobs: Jobs = 1,
) -> None:
    """Forecast a past period as if live, and print the scores by lead (PV: while the sun is up)."""
    from rich.console import Console

    from forecast.data import SiteData
    from forecast.evaluation import backtest as run
    from forecast.forecaster import Forecaster
    from forecast.plot.canvas import need_matplotlib
    from forecast.report.printed import printed

    has_folder(out, "--out")
    has_folder(report, "--report")
    if report is not None:
        need_matplotlib()
    names = list(dict.fromkeys(model or ["lightgbm"]))
    first, last = moment(start, "--start"), moment(end, "--end")
    data = SiteData.from_toml(site)
    models = {name: Forecaster(model=name, horizon=horizon, step=step, n_jobs=jobs) for name in names}
    again = None if refit == NO_REFIT else refit
    result = run(models, data, first, last, every=every, refit=again, window=window, renew=renew)
    if out is not None:
        result.save(out)
    if report is not None:
        result.report(report, reproduce=_command(site, names, start, end, every, refit, window, renew, horizon, step))
    # where the output is a file the width of a terminal means nothing
    console = Console() if Console().is_terminal else Console(width=120)
    console.print(printed(result, data.site.name))


def _command(
    site: Path, names: list[str], start: str, end: str, every: str, refit: str, window: str | None,
    renew: str | None, horizon: str, step: str,
) -> str:  # fmt: skip
    words = ["quarterhour", "backtest", "--site", str(site)]
    for name in names:
        words += ["--model", name]
    words += ["--horizon", horizon, "--step", step, "--start", start, "--end", end, "--every", every, "--refit", refit]
    for option, value in (("--window", window), ("--renew", renew)):
        words += [] if value is None else [option, value]
    return shlex.join(words)
