"""Grid rules applied to backtests; the rules themselves are `forecast.rules`, shown again here."""

from forecast.evaluation.rules.table import rule_table
from forecast.rules import (
    Assessment,
    Part,
    Penalty,
    Reporting,
    Rule,
    Slot,
    assess,
    best_point,
    get,
    keys,
    list,  # noqa: A004  as fc.datasets.list
    table,
    version,
)

__all__ = [
    "Assessment",
    "Part",
    "Penalty",
    "Reporting",
    "Rule",
    "Slot",
    "assess",
    "best_point",
    "get",
    "keys",
    "list",
    "rule_table",
    "table",
    "version",
]
