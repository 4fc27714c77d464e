"""Corrections from the newest outcomes: sums as by hand, levels as counted, and errors that are really taken back."""

from __future__ import annotations

from dataclasses import replace

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast.errors import SettingsError
from forecast.models.online import (
    RIDGE_ROWS,
    UNIT,
    Made,
    Online,
    _over_windows,
    at_levels,
    moved_levels,
    on_a_bound,
    ranks,
    shares_below,
)
from forecast.models.reference import Reference
from forecast.models.residuals import GRID


def made(rows: int = 60, leads: int = 2, seed: int = 1) -> Made:
    rng = np.random.default_rng(seed)
    point = rng.uniform(0.1, 0.9, (rows, leads)).astype(np.float32)
    terms = np.stack([np.ones_like(point), point, point**2, point[::-1]], axis=2)
    actual = (point + rng.normal(0.05, 0.1, point.shape)).astype(np.float32)
    actual[rng.random(actual.shape) < 0.1] = np.nan
    issue = np.arange(rows, dtype=np.int64) * 900 * 10**9
    return Made(point, np.full_like(point, 0.1), terms, actual, rng.random(point.shape) < 0.9,
                np.ones((rows, 1), dtype=np.float32), issue)  # fmt: skip


def test_the_correction_is_the_ridge_on_the_windows_known_outcomes() -> None:
    some, known, window = made(), np.array([1, 4]), 30
    online = Online(Reference(), np.full((2, 4), 0.3))
    rows = np.array([0, 17, 45, 59])
    got = online.corrected(some, rows, known, window)
    for i, row in enumerate(rows):
        for k in range(2):
            counted = [j for j in range(max(row - window + 1, 0), row - known[k] + 1)
                       if np.isfinite(some.actual[j, k]) and some.up[j, k]]  # fmt: skip
            z = np.rint(some.terms[counted, k] * UNIT) / UNIT
            e = np.rint((some.actual - some.point)[counted, k].astype(np.float64) * UNIT) / UNIT
            beta = np.linalg.solve(z.T @ z + RIDGE_ROWS * np.diag([0.3] * 4), z.T @ e) if counted else np.zeros(4)
            assert got[i, k] == pytest.approx(np.clip(some.point[row, k] + some.terms[row, k] @ beta, 0, 1), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 30))
def test_windows_hold_what_was_known_and_nothing_older(row: int, known: int, window: int) -> None:
    values = np.random.default_rng(0).integers(-9, 9, size=(41, 3))
    expected = sum((values[j] for j in range(max(row - window + 1, 0), row - known + 1)), np.zeros(3, dtype=int))
    assert (_over_windows(values, np.array([row]), known, window)[0] == expected).all()


def test_outcomes_stand_at_their_level_and_ties_are_drawn_between_theirs() -> None:
    rng = np.random.default_rng(4)
    curves = np.sort(rng.uniform(0, 1, (400, 1, len(GRID))), axis=-1)
    levels = rng.uniform(0.01, 0.99, 400)
    actual = at_levels(curves, levels[:, None, None])[..., 0]
    np.testing.assert_allclose(ranks(curves, actual, np.arange(400))[:, 0], levels, atol=1e-9)
    still = np.where(GRID < 0.4, 0.0, GRID - 0.35)[None, None].repeat(400, axis=0)
    drawn = ranks(still, np.zeros((400, 1)), np.arange(400) * 900 * 10**9)[:, 0]
    assert drawn.min() < 0.03 and 0.35 < drawn.max() <= 0.4  # the probability of zero is shared out evenly
    assert abs(drawn.mean() - 0.2) < 0.02


def test_levels_move_to_where_the_share_of_outcomes_fell() -> None:
    some = made(rows=900, leads=1)
    curves = np.tile(GRID.astype(np.float64) * 0.5, (900, 1, 1))  # outcomes up to 1: far too low
    rows = np.array([899])
    shares = shares_below(curves, some, 0, rows, np.array([1]), 800)
    counted = np.isfinite(some.actual[100:, 0]) & some.up[100:, 0]
    raw = (some.actual[100:, 0][counted] <= 0.25).mean()
    at_half = shares[0, 0, np.searchsorted(GRID, 0.5)]
    assert min(raw, 0.5) <= at_half <= max(raw, 0.5) and abs(at_half - raw) < abs(0.5 - raw)
    moved = moved_levels(shares, np.array([0.1, 0.5, 0.9]))[0, 0]
    assert (np.diff(moved) > 0).all() and moved[1] > 0.6
    same = moved_levels(np.tile(GRID, (1, 1, 1)), GRID)
    np.testing.assert_allclose(same[0, 0], GRID, atol=1e-12)


def test_rows_on_a_bound_teach_no_levels() -> None:
    some = made(rows=600, leads=1)
    running = np.sort(np.random.default_rng(2).uniform(0.2, 0.8, (600, 1, len(GRID))), axis=-1)
    resting = np.where(GRID < 0.6, 0.0, GRID - 0.5)
    still = np.arange(600) % 3 == 0
    curves = np.where(still[:, None, None], resting, running)
    assert (on_a_bound(curves, some.most)[:, 0] == still).all()
    rated = np.minimum(curves + 0.7, 1.0)
    assert on_a_bound(rated, some.most)[~still].any()
    moved = [shares_below(c, replace(some, actual=a), 0, np.array([599]), np.array([1]), 500) for c, a in (
        (curves, some.actual), (curves, np.where(still[:, None], 0.9, some.actual)),
        (curves, np.where(still[:, None], some.actual, 0.9)),
    )]  # fmt: skip
    assert (moved[0] == moved[1]).all() and not (moved[0] == moved[2]).all()


def test_outcomes_that_were_learned_from_do_not_count() -> None:
    data, forecaster = cases.case("pv"), cases.fitted("pv", "adapting")
    learned = forecaster.online_.learned_ns
    assert learned == int(pd.Timestamp(forecaster.trained_on_["last_issue_time"]).as_unit("ns").value)
    plain = cases.fitted("pv", "ridge")
    at = cases.split("pv")  # nothing has been measured since
    pd.testing.assert_series_equal(forecaster.predict(data, at)["power"], plain.predict(data, at)["power"])
    later = at + pd.Timedelta("2D")
    assert not forecaster.predict(data, later)["power"].equals(plain.predict(data, later)["power"])


def test_a_plant_that_gives_less_than_learned_is_followed_and_its_intervals_cover_again() -> None:
    data = plants.wind(days=50, nwp=False)
    power = data.power.where(data.power.index < plants.START + pd.Timedelta("30D"), 0.8 * data.power)
    drifting = plants.rebuilt(data, power=power, available_kw=pd.Series(2000.0, index=power.index[:1]))
    start, end = plants.START + pd.Timedelta("40D"), plants.START + pd.Timedelta("49D")
    scores = {}
    for adapt in (None, "9D"):
        forecaster = plants.forecaster("ridge", adapt=adapt).fit(drifting.until(plants.START + pd.Timedelta("30D")))
        result = fc.backtest({"m": forecaster}, drifting, start, end, every="15min", refit="never", progress=False)
        scores[adapt] = result.scores(by="lead").loc["m"]
    assert (scores["9D"]["pinball"] < scores[None]["pinball"]).all()
    assert (scores["9D"]["mbe"].abs() < scores[None]["mbe"].abs()).all()


def test_it_is_saved_and_loaded_and_needs_two_windows_more(tmp_path) -> None:
    data, forecaster = cases.case("pv"), cases.fitted("pv", "adapting")
    forecaster.save(tmp_path / "m.qh")
    again = fc.load(tmp_path / "m.qh")
    pd.testing.assert_frame_equal(again.predict(data), forecaster.predict(data), check_exact=True)
    plain = cases.fitted("pv", "ridge").history_needed
    assert again.history_needed == forecaster.history_needed >= plain + pd.Timedelta("4D")


@pytest.mark.parametrize("adapt", ["10min", "91D", "soon"])
def test_windows_that_cannot_be_are_refused(adapt: str) -> None:
    with pytest.raises((SettingsError, fc.errors.StepError), match="adapt"):
        plants.forecaster("ridge", adapt=adapt).fit(cases.case("pv"))
