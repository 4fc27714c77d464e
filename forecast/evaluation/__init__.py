"""Backtests and scores: rolling-origin forecasts, what they are worth, and whether a difference is real.

`backtest` makes a `BacktestResult`, `score` does so from forecasts made elsewhere, `load_backtest` reads a
saved one; `diebold_mariano` and `block_bootstrap` judge differences; single scores are in
`forecast.evaluation.metrics`.
"""

from forecast.evaluation.backtest import backtest
from forecast.evaluation.blocks import block_sums, local_days, resampled_means
from forecast.evaluation.comparing import (
    BootstrapInterval,
    DieboldMariano,
    block_bootstrap,
    diebold_mariano,
    holm,
    more_blocks,
)
from forecast.evaluation.elsewhere import score
from forecast.evaluation.fleet import FleetBacktest, backtest_fleet
from forecast.evaluation.result import BacktestResult, load_backtest
from forecast.evaluation.scoring import score_table

__all__ = [
    "BacktestResult",
    "BootstrapInterval",
    "DieboldMariano",
    "FleetBacktest",
    "backtest",
    "backtest_fleet",
    "block_bootstrap",
    "block_sums",
    "diebold_mariano",
    "holm",
    "load_backtest",
    "local_days",
    "more_blocks",
    "resampled_means",
    "score",
    "score_table",
]
