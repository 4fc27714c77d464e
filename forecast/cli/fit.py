"""`quarterhour fit`: learn from a site's data and save the forecaster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.options import Horizon, Jobs, Site, Step, has_folder, moment


def fit(
    site: Site,
    out: Annotated[Path, typer.Option("--out", help="Where to save the forecaster, such as model.qh.")],
    model: Annotated[str, typer.Option("--model", help="Which model, such as lightgbm, blend or ridge.")] = "lightgbm",
    horizon: Horizon = "4h",
    step: Step = "15min",
    until: Annotated[
        str | None, typer.Option("--until", help="Learn only from what was known at this moment.")
    ] = None,
    jobs: Jobs = 1,
) -> None:
    """Learn from a site's data and save the forecaster."""
    from forecast.data import SiteData
    from forecast.forecaster import Forecaster

    has_folder(out, "--out")
    data = SiteData.from_toml(site)
    known = data if until is None else data.until(moment(until, "--until"))
    forecaster = Forecaster(model=model, horizon=horizon, step=step, n_jobs=jobs).fit(known)
    forecaster.save(out)
    seen = forecaster.trained_on_
    print(
        f"{out}: {model} for {data.site.name}, up to {horizon} ahead in steps of {step}, learned from {seen['rows']} "
        f"issue times, {seen['first_issue_time']} to {seen['last_issue_time']}"
    )
