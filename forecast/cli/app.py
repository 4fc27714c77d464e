"""All commands together."""

from __future__ import annotations

from typing import Annotated

import typer

from forecast.cli.backtest import backtest
from forecast.cli.bench import bench
from forecast.cli.check import check
from forecast.cli.demo import demo
from forecast.cli.fit import fit
from forecast.cli.inspect import inspect
from forecast.cli.predict import predict
from forecast.version import VERSION

app = typer.Typer(
    name="quarterhour",
    help="Forecasts of wind and PV power, minutes to hours ahead, with honest uncertainty.",
    epilog="A site and its files are described once, in site.toml: see docs/site_toml.md.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"quarterhour {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


for _command, _brief in (
    (demo, "Train, backtest and score on the data inside."),
    (fit, "Learn from a site's data, save the forecaster."),
    (predict, "Forecast one site, as CSV."),
    (backtest, "Forecast the past as if live, and score it."),
    (check, "Tell what is wrong with data."),
    (inspect, "Tell what a saved forecaster is."),
    (bench, "Measure accuracy and speed; gate a change."),
):
    app.command(short_help=_brief)(_command)
