"""`quarterhour predict`: one forecast as CSV."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.options import Site, has_folder, moment


def predict(
    site: Site,
    model: Annotated[Path, typer.Option("--model", help="The forecaster that `fit` saved.")],
    at: Annotated[
        str | None, typer.Option("--at", help="The issue time; the newest moment in the data if not stated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A CSV file to write; standard output if not stated.")
    ] = None,
) -> None:
    """Forecast one site and write it as CSV: power and quantiles in kW, a row a lead."""
    from forecast.bundle import load
    from forecast.data import SiteData

    has_folder(out, "--out")
    issue = None if at is None else moment(at, "--at")
    frame = load(model).predict(SiteData.from_toml(site), issue)
    table = frame.reset_index()
    # the file must say by itself what it is: attrs do not travel in a CSV
    table.insert(0, "site", frame.attrs["site"])
    table.insert(1, "issue_time", frame.attrs["issue_time"])
    table["valid_time"] = [time.isoformat() for time in frame.index]
    text = table.to_csv(index=False, lineterminator="\n")
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
