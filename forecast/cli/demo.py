"""`quarterhour demo`: the whole way on the data that ship inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.options import Jobs


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and page.")] = Path("quarterhour-demo"),
    model: Annotated[
        str, typer.Option("--model", help="Which model; 'lightgbm' is better and takes more than twice as long.")
    ] = "blend",
    jobs: Jobs = 2,
) -> None:
    """Train, backtest and score wind and PV on the data that ship inside; under 3 minutes on 2 cores."""
    from forecast.demo import run

    run(out, model=model, jobs=jobs)
