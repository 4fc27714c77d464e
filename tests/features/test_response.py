"""The curve from weather to power: rising, through the medians, and worth what it explains."""

from __future__ import annotations

import numpy as np
import plants
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.features.response import LEAST_ROWS, Curve, fit_curve


def turbine(seed: int, rows: int = 4000, noise: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    speed = np.abs(rng.normal(8, 3, size=rows)).astype(np.float32)
    power = plants.wind_power(speed.astype(float)) + noise * rng.normal(size=rows)
    return speed, power.astype(np.float32)


def test_the_curve_is_close_to_the_turbines_own() -> None:
    x, y = turbine(1)
    curve, worth = fit_curve(x, y)  # type: ignore[misc]
    at = np.linspace(3, 13, 30)
    assert np.abs(curve(at) - plants.wind_power(at)).max() < 0.06
    assert worth > 0.98


@given(st.integers(0, 50))
def test_the_curve_never_falls_and_its_worth_is_what_it_explains(seed: int) -> None:
    x, y = turbine(seed, rows=600, noise=0.4)
    curve, worth = fit_curve(x, y)  # type: ignore[misc]
    assert (np.diff(curve.y) >= 0).all() and (np.diff(curve.x) > 0).all()
    explained = 1 - np.var(y - np.interp(x, curve.x, curve.y)) / np.var(y)
    assert abs(worth - explained) < 0.02


def test_stops_do_not_bend_it() -> None:
    x, y = turbine(2)
    y[::4] = 0
    curve, _ = fit_curve(x, y)  # type: ignore[misc]
    assert abs(float(curve(np.array([10.0]))[0]) - float(plants.wind_power(np.array([10.0]))[0])) < 0.05


def test_missing_values_are_left_out_and_stay_missing() -> None:
    x, y = turbine(3)
    x[::3], y[1::3] = np.nan, np.nan
    curve, _ = fit_curve(x, y)  # type: ignore[misc]
    assert np.isfinite(curve.x).all() and np.isfinite(curve.y).all()
    assert np.isnan(curve(np.array([np.nan, 8.0]))).tolist() == [True, False]


def test_too_few_rows_or_too_few_different_values_give_no_curve() -> None:
    x, y = turbine(4)
    assert fit_curve(x[: LEAST_ROWS - 1], y[: LEAST_ROWS - 1]) is None
    assert fit_curve(np.full(4000, 5.0), y) is None
    assert fit_curve(np.full(4000, np.nan), y) is None


def test_a_constant_power_is_explained_by_nothing() -> None:
    x, _ = turbine(5)
    assert fit_curve(x, np.full(len(x), 0.25))[1] == 0.0  # type: ignore[index]


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(0, 40))
def test_a_curve_gives_the_same_bits_for_one_value_and_for_many(rows: int, at: int) -> None:
    x, y = turbine(6)
    curve, _ = fit_curve(x, y)  # type: ignore[misc]
    values = x[at : at + rows]
    alone = np.array([curve(values[i : i + 1])[0] for i in range(len(values))])
    assert alone.tobytes() == curve(values).tobytes()


def test_beyond_its_ends_a_curve_stays_level() -> None:
    curve = Curve(np.array([3.0, 12.0]), np.array([0.1, 0.9]))
    np.testing.assert_allclose(curve(np.array([-5.0, 7.5, 99.0])), [0.1, 0.5, 0.9])
