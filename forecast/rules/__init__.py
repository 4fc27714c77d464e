"""Grid rules: how dispatch centres assess forecasts and what a shortfall costs.

`list()` shows all rules, `get(key)` returns one, `assess` applies it to arrays, `best_point` gives the point forecast
of least expected penalty; `result.rule(key)` of a backtest makes tables. Rules are data (`rules.toml`), formulas small
functions (`measures`, `deviations`).
"""

from forecast.rules.assess import Assessment, assess
from forecast.rules.book import get, keys, table, version
from forecast.rules.book import table as list
from forecast.rules.point import best_point
from forecast.rules.rule import Part, Penalty, Reporting, Rule, Slot

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
    "table",
    "version",
]
