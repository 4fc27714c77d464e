"""The command `quarterhour`: demo, fit, predict, backtest, check, inspect, bench; a command a file, one line an error."""

from forecast.cli.run import main

__all__ = ["main"]
