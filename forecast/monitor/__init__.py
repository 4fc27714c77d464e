"""Live forecasts watched: scores beside what a backtest promised, alarms, counters, and a log of what served them.

`Watch` takes forecasts and outcomes and gives `status()` and `prometheus()`; `served` describes what a forecast was
made from, `append` writes that to a log, `replay` makes the forecast again.
"""

from forecast.monitor.replaying import Replay, replay
from forecast.monitor.served import append, served
from forecast.monitor.watch import Watch

__all__ = ["Replay", "Watch", "append", "replay", "served"]
