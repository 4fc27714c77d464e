"""Grid rules: how dispatch centres assess forecasts and what a shortfall costs.

`list()` shows all rules, `get(key)` returns one, `assess` applies it to arrays, `best_point` gives the point forecast
of least expected penalty, `green_shares` the yearly shares of direct green power; `result.rule(key)` of a backtest
makes tables. Rules are data (`rules.toml`), formulas small
functions (`measures`, `deviations`).
"""

from forecast.rules.assess import Assessment, assess
from forecast.rules.book import get, keys, table, version
from forecast.rules.book import table as list
from forecast.rules.green import GreenShares, green_shares
from forecast.rules.point import best_point
from forecast.rules.rule import Part, Penalty, Reporting, Rule, Slot

__all__ = [
    "Assessment",
    "GreenShares",
    "Part",
    "Penalty",
    "Reporting",
    "Rule",
    "Slot",
    "assess",
    "best_point",
    "get",
    "green_shares",
    "keys",
    "list",
    "table",
    "version",
]
