"""Every worked number of the rules' reference: four points, C = 100, P = [50, 60, 40, 80], F = [55, 50, 45, 70]."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import forecast as fc
from forecast.rules import Assessment, assess

MEASURED = np.array([50e3, 60e3, 40e3, 80e3])
FORECAST = np.array([55e3, 50e3, 45e3, 70e3])
CAPACITY = 100e3
TYPES = [np.float32, np.float64]


def four(rule: str, part: str | None = None, dtype: Any = np.float64) -> Assessment:
    """The four points a rule, as 3 sites × 5 days at once, all the same."""
    p, f = (np.broadcast_to(v.astype(dtype), (3, 5, 4)) for v in (MEASURED, FORECAST))
    return assess(p, f, rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=np.full(4, 12.0))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("rule", "part", "score"),
    [
        ("GBT-40607-2021", "ultra-short accuracy", 0.9209),
        ("GBT-40607-2021", "ultra-short pass rate", 1.0),
        ("ENTSO-E", "nMAE", 0.925),
        ("NC-2019", "short accuracy", 0.9134),
        ("SO-2022", "short accuracy", 0.8686),
        ("SO-2025", "ultra-short accuracy", 0.8708),
        ("NW-2023", "hour 4 accuracy", 0.9297),
        ("AH", "accuracy", 0.8686),
        ("ZJ", "accuracy", 0.8686),
    ],
)
def test_the_four_points_score_as_worked(rule: str, part: str, score: float, dtype: Any) -> None:
    found = four(rule, part, dtype)
    assert found.score.shape == (3, 5)
    np.testing.assert_allclose(found.score, score, atol=5e-5)
    assert (found.n == 4).all()
    np.testing.assert_allclose(found.score, four(rule, part, np.float64).score, rtol=1e-12)


def test_root_mean_square_error_is_7906_hundredths_of_a_percent() -> None:
    np.testing.assert_allclose(four("GBT-40607-2021").error, 0.07906, atol=5e-6)


def test_mean_error_and_correlation_of_the_same_points() -> None:
    # P − F in the standard, so its mean error has the other sign than our bias
    assert -fc.evaluation.metrics.mbe(MEASURED, FORECAST) / CAPACITY == pytest.approx(0.025)
    assert fc.evaluation.metrics.correlation(MEASURED, FORECAST) == pytest.approx(0.9035, abs=5e-5)


def test_jiangsu_has_no_failing_point() -> None:
    found = four("JS")
    assert (found.error == 0).all()
    assert (found.penalty == 0).all()


def test_the_harmonic_terms_are_as_worked() -> None:
    p, f = MEASURED / CAPACITY, FORECAST / CAPACITY
    loss, weight = fc.rules.measures.harmonic(p, f, 1.0)
    np.testing.assert_allclose(loss / weight / 2, [0.02381, 0.04545, 0.02941, 0.03333], atol=5e-6)
    np.testing.assert_allclose(weight / weight.sum(), [1 / 6, 1 / 3, 1 / 6, 1 / 3])


@pytest.mark.parametrize("dtype", TYPES)
def test_north_china_at_80_percent_costs_2_mwh_a_day(dtype: Any) -> None:
    # one size of error: its own weighted mean is that size
    p, f = np.full((2, 96), 60e3, dtype=dtype), np.full((2, 96), 40e3, dtype=dtype)
    found = assess(p, f, "NC-2019", capacity_kw=CAPACITY, kind="wind")
    np.testing.assert_allclose(found.score, 0.80)
    np.testing.assert_allclose(found.penalty, 2.0)
    np.testing.assert_allclose(found.point_penalty.sum(axis=-1), 2.0)
    assert found.unit == "MWh"


@pytest.mark.parametrize("dtype", TYPES)
def test_south_wind_at_55_percent_costs_1_mwh_a_day(dtype: Any) -> None:
    p, f = np.full(96, 40e3, dtype=dtype), np.full(96, 22e3, dtype=dtype)
    found = assess(p, f, "SO-2022", capacity_kw=CAPACITY, kind="wind")
    np.testing.assert_allclose([found.score, found.penalty], [0.55, 1.0])


@pytest.mark.parametrize("dtype", TYPES)
def test_shandong_charges_the_excess_by_its_ratio(dtype: Any) -> None:
    found = assess(np.array([50e3], dtype), np.array([20e3], dtype), "SD", capacity_kw=CAPACITY, kind="wind")
    np.testing.assert_allclose(found.penalty, 1.3125)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("hour", "points"), [(12.0, 0.0125), (8.0, 0.0375), (20.5, 0.0375), (2.0, 0.0125)])
def test_northwest_charges_deviation_energy_by_slot(hour: float, points: float, dtype: Any) -> None:
    p, f = np.array([40e3], dtype), np.array([60e3], dtype)
    part = "short deviation energy"
    found = assess(p, f, "NW-2023", part=part, capacity_kw=CAPACITY, kind="wind", hours=[hour])
    np.testing.assert_allclose(found.penalty, points)
    under = assess(f, p, "NW-2023", part=part, capacity_kw=CAPACITY, kind="wind", hours=[hour])
    # 20 MW under 60 MW: 5 MW beyond 25 %, 1.25 MWh
    factor = {12.0: 0.10, 8.0: 0.05, 20.5: 0.05, 2.0: 0.05}[hour]
    np.testing.assert_allclose(under.penalty, 0.125 * factor)
