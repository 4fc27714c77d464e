"""Features of local measurements: newest values, steps and means; irradiance over clear sky; wind over its curve."""

from __future__ import annotations

import numpy as np

from forecast.features.columns import Columns
from forecast.features.known import Known
from forecast.features.response import Curve
from forecast.features.windows import Rolling

IRRADIANCE = ("ghi", "dni", "dhi", "poa_global")
REACH = 20  # steps back that these features read
BRIGHT = 40.0  # W/m² of clear sky below which a clearness says nothing


def add_observed(columns: Columns, known: Known, curves: dict[str, Curve]) -> None:
    """Add each measured column: newest known value, steps over 1 and 4, means of 4 and 16 steps."""
    age = _age(known)
    for name, x in known.observed.items():
        x = known.tail(x, REACH)[0]
        _add_series(columns, known, f"observed:{name}", x, "observed", age, (4, 16))
        if known.sun is not None and name.split("_")[0] in ("ghi", "poa"):
            clear = known.tail(known.sun.ghi, REACH)[0]
            clearness = np.full_like(x, np.nan)
            np.divide(x, clear, out=clearness, where=clear > BRIGHT)
            clearness = np.minimum(clearness, np.float32(2))
            _add_series(columns, known, f"clearness:{name}", clearness, "observed", age, (4,))
        if f"observed:{name}" in curves:
            expected = curves[f"observed:{name}"](x)
            power, at = known.tail(known.delayed, REACH)
            beside = power - expected
            columns.add(f"curve:{name}", expected[at], "share of capacity", "power curve", age)
            columns.add(f"beside_curve:{name}", beside[at], "share of capacity", "power curve", age)
            mean = Rolling(beside, 16, at).mean(16)
            columns.add(f"beside_curve_mean16:{name}", mean, "share of capacity", "power curve", age)


def _age(known: Known) -> int:
    return 0 if known.data.delays["observed"] == 0 else -known.spec.power_step_ns


def _add_series(
    columns: Columns, known: Known, name: str, x: np.ndarray, group: str, age: int, widths: tuple[int, ...]
) -> None:
    """Add a series that was cut to `REACH` steps before the issue times."""
    at = known.issue - max(int(known.issue.min()) - REACH, 0)
    columns.add(name, x[at], "as measured", group, age)
    for lag in (1, 4):
        columns.add(f"{name}_step{lag}", x[at] - x[at - lag], "as measured", group, age)
    rolling = Rolling(x, max(widths), at)
    for width in widths:
        columns.add(f"{name}_mean{width}", rolling.mean(width), "as measured", group, age)


def add_neighbours(columns: Columns, known: Known) -> None:
    """Add the newest known power of other sites, its steps and means."""
    for name, x in known.neighbours.items():
        _add_series(columns, known, f"neighbour:{name}", known.tail(x, REACH)[0], "neighbours", 0, (4,))
