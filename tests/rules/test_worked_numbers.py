"""Every worked number of the rules' reference: four points, C = 100, P = [50, 60, 40, 80], F = [55, 50, 45, 70]."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import forecast as fc
from forecast.errors import SettingsError
from forecast.rules import Assessment, assess, best_point, deviations, green_shares
from forecast.rules.book import read

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


@pytest.mark.parametrize("dtype", TYPES)
def test_root_mean_square_error_is_7906_hundredths_of_a_percent(dtype: Any) -> None:
    np.testing.assert_allclose(four("GBT-40607-2021", dtype=dtype).error, 0.07906, atol=5e-6)


@pytest.mark.parametrize("dtype", TYPES)
def test_mean_error_and_correlation_of_the_same_points(dtype: Any) -> None:
    p, f = MEASURED.astype(dtype), FORECAST.astype(dtype)
    # P − F in the standard, so its mean error has the other sign than our bias
    assert -fc.evaluation.metrics.mbe(p, f) / CAPACITY == pytest.approx(0.025)
    assert fc.evaluation.metrics.correlation(p, f) == pytest.approx(0.9035, abs=5e-5)


@pytest.mark.parametrize("dtype", TYPES)
def test_jiangsu_has_no_failing_point(dtype: Any) -> None:
    found = four("JS", dtype=dtype)
    assert (found.error == 0).all()
    assert (found.penalty == 0).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_the_harmonic_terms_are_as_worked(dtype: Any) -> None:
    p, f = ((v / CAPACITY).astype(dtype) for v in (MEASURED, FORECAST))
    loss, weight = fc.rules.measures.harmonic(p, f, 1.0)
    np.testing.assert_allclose(loss / weight / 2, [0.02381, 0.04545, 0.02941, 0.03333], atol=5e-6)
    np.testing.assert_allclose(weight / weight.sum(), [1 / 6, 1 / 3, 1 / 6, 1 / 3], rtol=1e-6)


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
def test_what_lies_beyond_the_allowed_is_as_worked(dtype: Any) -> None:
    p, f, c = (np.array([value], dtype) for value in (50e3, 20e3, CAPACITY))
    # Shandong: 12.5 MW are allowed, 17.5 MW lie beyond, at a ratio of 0.6 they count 0.3
    np.testing.assert_allclose(deviations.beyond_band(p, f, c, False), 17.5e3 * 0.3)
    # Northwest, wind: 20 MW over 40 MW, a quarter is allowed: 10 MW for a quarter of an hour are 2.5 MWh
    p, f = np.array([40e3], dtype), np.array([60e3], dtype)
    np.testing.assert_allclose(deviations.beyond_share_of_measured(p, f, c, False, share=0.25) * 0.25 / 1000, 2.5)


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


@pytest.mark.parametrize("dtype", TYPES)
def test_direct_green_power_uses_80_and_53_percent_and_exports_15(dtype: Any) -> None:
    found = green_shares(*(np.full((2, 3), value, dtype) for value in (100, 150, 15, 5)))
    for share, worked in zip(found[:3], (0.80, 0.533, 0.15), strict=True):
        np.testing.assert_allclose(share, worked, atol=5e-4)
    assert found.kept.all()
    assert not green_shares(100, 150, exported=25).kept
    assert not green_shares(100, 150, exported=15, curtailed=30).kept
    with pytest.raises(SettingsError, match="more was exported and curtailed than generated"):
        green_shares(100, 150, exported=80, curtailed=30)


def test_factors_of_5_and_15_make_the_quarter_quantile_the_best_point() -> None:
    # the load peak of the Northwest with nothing allowed: τ = 0.05 / (0.05 + 0.15) = 0.25
    _, rules = read(
        """
        version = "1"
        [[rule]]
        key = "tilted"
        region = "here"
        document = "ours"
        status = "unverified"
        source = "us"
        [[rule.part]]
        name = "energy"
        points = "all"
        deviation = "beyond_share_of_measured"
        params = { share = 0.0 }
        period = "day"
        penalty = { unit = "points", under = 0.05, over = 0.15 }
        """
    )
    levels = np.arange(1, 40) / 40
    quantiles = np.array([0.1, 0.3])[:, None] + np.array([0.4, 0.6])[:, None] * levels**2
    found = best_point(quantiles, rules["tilted"], levels=levels)
    np.testing.assert_allclose(found, quantiles[:, 9], atol=0.01)


@pytest.mark.parametrize(
    ("rule", "part", "wind", "pv"),
    [
        ("GBT-40607-2021", "ultra-short accuracy", 0.95, 0.95),
        ("GBT-40607-2021", "short accuracy", 0.90, 0.90),
        ("GBT-40607-2021", "medium accuracy", 0.80, 0.80),
        ("NBT-32011-2013", "ultra-short accuracy", None, 0.90),
        ("NBT-32011-2013", "short accuracy", None, 0.85),
        ("GBT-19963-2021", "ultra-short accuracy", 0.87, None),
        ("GBT-19963-2021", "ultra-short pass rate", 0.87, None),
        ("GBT-19963-2021", "short accuracy", 0.83, None),
        ("GBT-19963-2021", "short pass rate", 0.83, None),
        ("GBT-19963-2021", "medium accuracy", 0.70, None),
        ("GBT-19964-2024", "ultra-short accuracy", None, 0.90),
        ("GBT-19964-2024", "short accuracy", None, 0.85),
        ("GBT-19964-2024", "medium accuracy", None, 0.75),
        ("NC-2019", "short accuracy", 0.85, 0.85),
        ("NC-2019", "ultra-short accuracy", 0.90, 0.90),
        ("SX-2021", "largest deviation", 0.85, 0.85),
        ("CC", "wind accuracy", 0.80, None),
        ("CC", "PV accuracy", None, 0.85),
        ("SO-2022", "short accuracy", 0.60, 0.65),
        ("NW-2023", "hour 1 accuracy", 0.80, 0.85),
        ("NW-2023", "hour 2 accuracy", 0.75, 0.80),
        ("NW-2023", "hour 3 accuracy", 0.70, 0.75),
        ("NW-2023", "hour 4 accuracy", 0.65, 0.70),
        ("NW-older", "hour 2 accuracy", 0.75, 0.75),
        ("NE", "accuracy", 0.75, 0.85),
        ("NE", "pass rate", 0.80, 0.80),
        ("AH", "accuracy", 0.80, 0.80),
        ("ZJ", "accuracy", 0.80, 0.80),
        ("JS", "points within 10 %", 0.98, 0.98),
        ("FJ", "pass rate", 0.80, 0.80),
        ("north-wind-system", "short accuracy", 0.80, None),
        ("north-wind-system", "ultra-short accuracy", 0.85, None),
    ],
)
def test_thresholds_are_those_of_the_reference(rule: str, part: str, wind: float | None, pv: float | None) -> None:
    book = fc.rules.get(rule)
    found = {kind: [p.threshold for p in book.parts.get(kind, ()) if p.name == part] for kind in ("wind", "pv")}
    assert found == {"wind": [] if wind is None else [wind], "pv": [] if pv is None else [pv]}


@pytest.mark.parametrize(
    ("rule", "part", "kind", "score", "penalty"),
    [
        ("CC", "wind accuracy", "wind", 0.75, 0.05 * 100 * 1.0),
        ("CC", "PV accuracy", "pv", 0.80, 0.05 * 100 * 1.5),
        ("SO-2022", "short accuracy", "pv", 0.50, 0.15 * 100 * 1.0),
        ("AH", "accuracy", "wind", 0.50, 0.30 * 100 * 0.2),
        ("AH", "accuracy", "pv", 0.50, 0.30 * 100 * 0.1),
        ("ZJ", "accuracy", "pv", 0.50, 0.30 * 100 * 0.2),
        ("NE", "accuracy", "wind", 0.75, 0.0),
        ("NE", "accuracy", "pv", 0.75, 10.0),
        ("north-wind-system", "short accuracy", "wind", 0.75, 0.05 * 100 * 0.2),
        ("north-wind-system", "ultra-short accuracy", "wind", 0.75, 0.10 * 100 * 0.2),
    ],
)
@pytest.mark.parametrize("dtype", TYPES)
def test_a_shortfall_costs_what_the_reference_says(
    rule: str, part: str, kind: str, score: float, penalty: float, dtype: Any
) -> None:
    # one size of error at half load: its share of capacity, or twice that of the measured power
    relative = rule in ("SO-2022", "AH", "ZJ")
    p = np.full(96, 50e3, dtype)
    f = p + dtype((1 - score) * (50e3 if relative else CAPACITY))
    found = assess(p, f, rule, part=part, capacity_kw=CAPACITY, kind=kind)
    np.testing.assert_allclose([found.score, found.penalty], [score, penalty], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("hour", "factor"), [(12.0, 0.0015), (8.0, 0.0015), (2.0, 0.0003), (16.5, 0.0003)])
def test_northwest_hours_cost_by_percent_and_10_mw(hour: float, factor: float) -> None:
    # |e| / (P + F) = 0.3: 10 % short in the first hour of wind, 100 MW
    p, f = np.full(4, 35e3), np.full(4, 65e3)
    ask = {"part": "hour 1 accuracy", "capacity_kw": CAPACITY, "kind": "wind", "hours": np.full(4, hour)}
    np.testing.assert_allclose(assess(p, f, "NW-2023", **ask).penalty, 10 * 10 * factor)
    older = assess(p, f, "NW-older", capacity_kw=CAPACITY, kind="wind")
    np.testing.assert_allclose(older.penalty, 5 * 10 * 0.015)


def test_jiangsu_charges_points_beyond_2_percent_of_them() -> None:
    p, f = np.full(100, 50e3), np.full(100, 50e3)
    f[:7] += 11e3
    np.testing.assert_allclose(assess(p, f, "JS", capacity_kw=CAPACITY, kind="wind").penalty, (7 - 2) * 100 * 0.00015)
