"""Grid rules applied to backtests (`rule_table`), beside everything that `forecast.rules` itself offers."""

import forecast.rules
from forecast.evaluation.rules.table import rule_table
from forecast.rules import *  # noqa: F403

__all__ = ["rule_table"]
__all__ += forecast.rules.__all__
