"""Forecasts in operation: each new value is told once, and the history need not be handed over again."""

from forecast.live.live import Live
from forecast.live.storing import restore_live

__all__ = ["Live", "restore_live"]
