"""Stated widths: quantiles of the error models, by drawing from them."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.physics import generic_curve, pv_errors, smoothed, wind_errors
from forecast.physics.turbine import SPEEDS

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


def test_quantiles_of_wind_power_are_those_of_winds_around_the_forecast() -> None:
    expected, table = wind_errors(LEVELS)
    rising = np.maximum.accumulate(generic_curve())
    rng = np.random.default_rng(0)
    for v in (6.0, 9.0, 12.0):
        winds = np.maximum(v + (0.6 + 0.2 * v) * rng.normal(size=200_000), 0)
        mean = np.interp(v, SPEEDS, smoothed(rising))
        wanted = np.quantile(np.interp(winds, SPEEDS, rising), LEVELS)
        found = mean + [np.interp(mean, expected, table[:, i]) for i in range(len(LEVELS))]
        np.testing.assert_allclose(found, wanted, atol=0.02)


def test_the_clear_sky_index_is_surest_under_closed_and_clear_skies() -> None:
    expected, table = pv_errors(LEVELS)
    assert (np.diff(table, axis=1) > 0).all()
    assert ((expected[:, None] + table >= 0) & (expected[:, None] + table <= 1.3 + 1e-9)).all()
    width = table[:, -1] - table[:, 0]
    middle = int(np.argmax(width))
    assert 0.4 < expected[middle] < 0.9 and width[0] < 0.5 * width[middle] and width[-1] < 0.8 * width[middle]
    assert width[middle] == pytest.approx(2 * 1.645 * np.hypot(0.06 + 0.8 * 0.25, 0.15 * 0.55), rel=0.15)
