"""Features of weather forecasts: around the valid time, turned into the site's power, and their error now."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from forecast.features.ahead import Ahead
from forecast.features.clearsky import DIM, ClearSky
from forecast.features.columns import Columns, with_ending
from forecast.features.known import Known
from forecast.features.knownpower import AHEAD
from forecast.features.response import Curve, fit_curve
from forecast.features.vintages import add_near_runs, add_region, add_vintages
from forecast.features.windows import Rolling, widths_up_to

HOUR_NS = 3_600_000_000_000
# share of the variance that a quantity must explain to be turned into power (PV: of the index, so little is a lot)
WORTH = {"wind": 0.2, "pv": 0.02}


def add_weather(columns: Columns, known: Known, sky: ClearSky | None, curves: dict[str, Curve]) -> None:
    """Add each forecast quantity at the valid time and around it, and the power expected from it."""
    per_hour = max(HOUR_NS // known.spec.step_ns, 1)
    seen, unit, group = known.weather, "as forecast", "weather forecast"
    add_near_runs(columns, known)
    add_region(columns, known)
    if not seen:
        return
    ahead = Ahead(known, per_hour, AHEAD)
    x, valid = seen.array, ahead.at()
    columns.add_block(seen.names, valid, unit, group)
    columns.add_block(with_ending(seen.names, "_step"), valid - x[known.issue][:, None], unit, group)
    columns.add_block(with_ending(seen.names, "_trend"), valid - ahead.at(-per_hour), unit, group)
    around = {offset: ahead.at(offset) for offset in (-per_hour, AHEAD)} | {0: valid}
    means = add_vintages(columns, known) if known.own_runs else None
    for i, name in enumerate(seen.names):
        if name in curves:
            _add_expected(columns, known, sky, name, curves[name], {o: values[..., i] for o, values in around.items()})
            if means is not None and name in known.as_of:
                place = np.clip(known.valid, 0, known.count - 1)
                of_runs = means[..., known.as_of.names.index(name)]
                expected = expected_power(known, sky, name, curves[name], of_runs, place, _first_day(known))
                columns.add(f"expected_run_mean:{name}", expected, "share of capacity", "weather to power")


def _first_day(known: Known) -> int:
    # clear-sky power of tomorrow must not come from a day that is not over yet at the issue time
    return -(-(int(known.leads[-1]) + AHEAD + known.late) // known.spec.per_day)


def _add_expected(
    columns: Columns, known: Known, sky: ClearSky | None, name: str, curve: Curve, around: dict[int, np.ndarray]
) -> None:
    """Power expected from one forecast quantity, and how wrong that was in the hours before the issue time."""
    at, valid = known.issue, known.valid
    per_hour = max(HOUR_NS // known.spec.step_ns, 1)
    group, unit = "weather to power", "share of capacity"
    first_day = _first_day(known)
    later = {
        offset: expected_power(
            known, sky, name, curve, values, np.clip(valid + offset, 0, known.count - 1), first_day
        )
        for offset, values in around.items()
    }  # fmt: skip
    now = expected_power(known, sky, name, curve, known.weather[name][at], at, first_day)
    columns.add(f"expected:{name}", later[0], unit, group)
    columns.add(f"expected_before:{name}", later[-per_hour], unit, group)
    columns.add(f"expected_after:{name}", later[AHEAD], unit, group)
    columns.add(f"expected_step:{name}", later[0] - now[:, None], unit, group)
    error, here = _error(known, sky, name, curve, 8 * per_hour + 1)
    columns.add(f"expected_error:{name}", error[here], unit, group, 0)
    widths = _widths(8 * per_hour)
    names = tuple(f"expected_error_mean{width}:{name}" for width in widths)
    columns.add_block(names, Rolling(error, widths, here).mean(), unit, group, 0)
    columns.add(f"expected_plus_error:{name}", later[0] + error[here][:, None], unit, group, 0)


def _error(
    known: Known, sky: ClearSky | None, name: str, curve: Curve, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much power was above what was expected of it, and the issue times' places, as `Known.tail`.

    Both sides are as old as each other: what was expected for the newest known interval.
    """
    reach = steps + known.age_ns // known.spec.step_ns + 1
    places, here = known.tail(np.arange(known.count), reach)
    past = expected_power(known, sky, name, curve, known.weather[name][places], places)
    return known.delayed[places] - delayed_like(known, past), here


@lru_cache(maxsize=256)
def _widths(eight_hours: int) -> tuple[int, ...]:
    """Return the doubled widths nearest to one, three and eight hours."""
    widths = widths_up_to(max(eight_hours, 2))
    return tuple(sorted({min(widths, key=lambda w: abs(w - hours * eight_hours / 8)) for hours in (1, 3, 8)}))


def delayed_like(known: Known, x: np.ndarray) -> np.ndarray:
    """Return a series on the grid as old as `Known.delayed` is at each label; between two labels linear."""
    step = known.spec.step_ns
    whole, part = divmod(known.age_ns, step)
    out = np.full_like(x, np.nan)
    out[whole:] = x[: len(x) - whole]
    if part:
        older = np.full_like(x, np.nan)
        older[whole + 1 :] = x[: len(x) - whole - 1]
        out = out + np.float32(part / step) * (older - out)
    return out


def expected_power(
    known: Known, sky: ClearSky | None, name: str, curve: Curve, x: np.ndarray, place: np.ndarray, first_day: int = 1
) -> np.ndarray:
    """Return power (share) expected from one forecast quantity `x` for the grid's intervals at `place`.

    PV with coordinates: curve of the forecast clearness times clear-sky power (`first_day` as in `ClearSky.over_grid`);
    else the curve of the quantity itself.
    """
    if sky is not None and known.sun is not None and _is_irradiance(name):
        clear = sky.over_grid(first_day)[place]
        clearness = _clearness(x, known.sun.ghi[place])
        return np.where(clear > DIM, curve(clearness) * clear, np.where(np.isnan(x), x, np.float32(0)))
    return curve(x)


def _clearness(x: np.ndarray, ghi: np.ndarray) -> np.ndarray:
    out = np.full_like(x, np.nan)
    np.divide(x, ghi, out=out, where=ghi > 20)
    return np.asarray(np.clip(out, np.float32(0), np.float32(2)))


def _is_irradiance(name: str) -> bool:
    return name.split(":")[-1].split("_")[0] in ("ghi", "dni", "dhi", "poa")


def _is_wind(name: str) -> bool:
    return name.split(":")[-1].startswith("wind_speed")


def curve_points(known: Known, sky: ClearSky | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return, by input, weather and what it should explain, over the grid's known power, to fit curves on.

    Wind: every wind speed, forecast or measured, and power. PV: forecast irradiance, as clearness and clear-sky
    index where the sun's place is known.
    """
    power = known.target
    if known.spec.kind == "wind":
        found = {n: (x, power) for n, x in known.weather.items() if _is_wind(n)}
        return found | {f"observed:{n}": (x, power) for n, x in known.observed.items() if _is_wind(n)}
    irradiance = {n: x for n, x in known.weather.items() if _is_irradiance(n)}
    if sky is None or known.sun is None:
        return {n: (x, power) for n, x in irradiance.items()}
    clear = sky.over_grid()
    index = np.full_like(power, np.nan)
    np.divide(power, clear, out=index, where=clear > 0.05)
    return {n: (_clearness(x, known.sun.ghi), index) for n, x in irradiance.items()}


def fit_curves(kind: str, points: list[dict[str, tuple[np.ndarray, np.ndarray]]]) -> dict[str, Curve]:
    """Return the curves worth having, fitted on the points of all sites together."""
    curves = {}
    for name in {n: None for site in points for n in site}:
        x = np.concatenate([site[name][0] for site in points if name in site])
        y = np.concatenate([site[name][1] for site in points if name in site])
        fitted = fit_curve(x, y)
        if fitted is not None and fitted[1] >= WORTH[kind]:
            curves[name] = fitted[0]
    return curves
