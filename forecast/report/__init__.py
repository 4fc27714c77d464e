"""Reports that people read: `write` makes one HTML page of one or several backtests, whole and offline."""

from forecast.report.write import write

__all__ = ["write"]
