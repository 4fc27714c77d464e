"""The command `quarterhour`: demo, fit, predict, backtest, check, inspect, bench; one command a file."""

from forecast.cli.run import main

__all__ = ["main"]
