"""Features of local measurements: newest values, steps and means; irradiance over clear sky; wind over its curve."""

from __future__ import annotations

import numpy as np

from forecast.features.columns import Columns, with_ending, with_start
from forecast.features.known import Known
from forecast.features.response import Curve
from forecast.features.windows import Rolling, rows_at

REACH = 20  # steps back that these features read
WIDTHS = (4, 16)
BRIGHT = 40.0  # W/m² of clear sky below which a clearness says nothing


def add_observed(columns: Columns, known: Known, curves: dict[str, Curve]) -> None:
    """Add each measured column: newest known value, steps over 1 and 4, means of 4 and 16 steps."""
    seen = known.observed
    if not seen:
        return
    age = _age(known)
    x, at = known.tail(seen.array, REACH)
    _add_series(columns, with_start("observed:", seen.names), x, at, "observed", age)
    _add_clearness(columns, known, seen.names, x, age)
    for name in seen.names:
        if f"observed:{name}" in curves:
            _add_beside_curve(columns, known, name, curves[f"observed:{name}"], x[:, seen.names.index(name)], age)


def _add_clearness(columns: Columns, known: Known, names: tuple[str, ...], x: np.ndarray, age: int) -> None:
    """Add measured irradiance over clear-sky irradiance."""
    bright = tuple(name for name in names if name.split("_")[0] in ("ghi", "poa"))
    if not bright or known.sun is None:
        return
    ghi, at = known.tail(known.sun.ghi, REACH)
    clear = ghi[:, None]
    irradiance = x[:, [names.index(name) for name in bright]]
    clearness = np.full_like(irradiance, np.nan)
    np.divide(irradiance, clear, out=clearness, where=np.broadcast_to(clear > BRIGHT, irradiance.shape))
    _add_series(columns, with_start("clearness:", bright), np.minimum(clearness, np.float32(2)), at, "observed", age)


def _add_beside_curve(columns: Columns, known: Known, name: str, curve: Curve, x: np.ndarray, age: int) -> None:
    """Add the power that the measured wind gives by the site's own curve, and how far the real one is from it."""
    power, at = known.tail(known.delayed, REACH)
    expected = curve(x)
    beside = power - expected
    unit, group = "share of capacity", "power curve"
    columns.add(f"curve:{name}", expected[at], unit, group, age)
    columns.add(f"beside_curve:{name}", beside[at], unit, group, age)
    columns.add(f"beside_curve_mean16:{name}", Rolling(beside, (16,), at).mean()[:, 0], unit, group, age)


def _age(known: Known) -> int:
    return 0 if known.data.delays["observed"] == 0 else -known.spec.power_step_ns


def _add_series(
    columns: Columns, names: tuple[str, ...], x: np.ndarray, at: np.ndarray, group: str, age: int
) -> None:
    """Add series (time, k) that were cut to `REACH` steps before the issue times, which are at the places `at`."""
    newest = rows_at(x, at)
    columns.add_block(names, newest, "as measured", group, age)
    for lag in (1, 4):
        columns.add_block(with_ending(names, f"_step{lag}"), newest - rows_at(x, at - lag), "as measured", group, age)
    means = Rolling(x, WIDTHS, at).mean()
    for i, width in enumerate(WIDTHS):
        columns.add_block(with_ending(names, f"_mean{width}"), means[:, i], "as measured", group, age)


def add_neighbours(columns: Columns, known: Known) -> None:
    """Add the newest known power of other sites, its steps and means."""
    if known.neighbours:
        x, at = known.tail(known.neighbours.array, REACH)
        _add_series(columns, with_start("neighbour:", known.neighbours.names), x, at, "neighbours", 0)
