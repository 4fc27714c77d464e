from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import SettingsError, ShapeError
from forecast.rules import assess, best_point

LEVELS = np.arange(1, 40) / 40
HOURS = np.array([12.0, 8.0, 2.0])


def distributions(n: int = 60, seed: int = 0) -> np.ndarray:
    """Skewed distributions as quantiles, shares of capacity."""
    rng = np.random.default_rng(seed)
    values = rng.beta(2, 3, (n, 1)) * 0.8 + 0.12 * np.log(LEVELS / (1 - LEVELS)) * rng.uniform(0.3, 1, (n, 1))
    return np.clip(values, 0.05, 1)


def test_a_mean_square_rule_gets_the_mean_and_a_mean_absolute_one_the_median() -> None:
    q = distributions()
    mean = best_point(q, "GBT-40607-2021", levels=LEVELS, kind="wind")
    np.testing.assert_allclose(mean, q.mean(axis=1), atol=0.012)
    median = best_point(q, "ENTSO-E", part="nMAE", levels=LEVELS)
    np.testing.assert_allclose(median, q[:, 19], atol=0.012)


def test_a_floor_relative_rule_gets_the_weighted_median() -> None:
    q = distributions(seed=1)
    found = best_point(q, "SO-2025", levels=LEVELS, kind="wind")
    weight = np.cumsum(1 / np.maximum(q, 0.2), axis=1)
    place = (weight >= weight[:, -1:] / 2).argmax(axis=1)
    np.testing.assert_allclose(found, q[np.arange(len(q)), place], atol=0.03)
    assert (found <= q[:, 19] + 1e-3).all()


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("NW-2023", "short deviation energy"),
        ("NW-2023", "hour 4 accuracy"),
        ("NW-2022", "short deviation energy"),
        ("SD", "ultra-short deviation energy"),
        ("ZJ", "accuracy"),
        ("SO-2022", "short accuracy"),
        ("NC-2019", "short accuracy"),
        ("CC", "wind accuracy"),
        ("JS", "points within 10 %"),
    ],
)
def test_no_other_point_has_a_lower_expected_penalty(rule: str, name: str) -> None:
    """The oracle: the library's own assessment of every candidate against many drawn truths, each a period."""
    q = distributions(6, seed=2)
    part = next(p for p in fc.rules.get(rule).parts["wind"] if p.name == name)
    best = best_point(1e5 * q, rule, levels=LEVELS, kind="wind", part=part.name, hours=np.full(6, 8.0), capacity_kw=1e5)
    levels = (np.arange(400) + 0.5) / 400
    for row, one in zip(q, best, strict=True):
        truth = np.interp(levels, LEVELS, row) * 1e5

        def cost(point: float, truth: np.ndarray = truth) -> float:
            done = assess(truth[:, None], np.full((400, 1), point * 1e5), rule, part=part.name, capacity_kw=1e5,
                          kind="wind", hours=[8.0])  # fmt: skip
            return float(np.nansum(done.penalty))

        others = [cost(point) for point in np.linspace(row[0], row[-1], 80)]
        # as fine as forty samples tell
        assert cost(float(one) / 1e5) <= 1.02 * min(others) + 0.05 * cost(float(row[19])) + 1e-9


def test_a_dear_overforecast_tilts_the_point_down() -> None:
    # far beyond the tolerance a fraction under / (under + over) of the mass should lie below
    q = distributions(seed=4)
    points = [
        best_point(q, "NW-2023", part="short deviation energy", levels=LEVELS, kind="wind", hours=np.full(60, h))
        for h in HOURS
    ]
    assert points[1].mean() < points[2].mean() < points[0].mean()


def test_a_table_of_predict_knows_its_hours_and_leads() -> None:
    data = plants.wind(nwp=False)
    frame = plants.forecaster("reference").fit(data.until(data.newest - pd.Timedelta("2D"))).predict(data)
    found = best_point(frame, "NW-2023", kind="wind", capacity_kw=plants.WIND_CAPACITY)
    assert found.index.equals(frame.index)
    assert ((frame["q05"] <= found) & (found <= frame["q95"])).all()
    by_hand = best_point(
        frame[["q05", "q25", "q50", "q75", "q95"]].to_numpy(), "NW-2023", levels=(0.05, 0.25, 0.5, 0.75, 0.95),
        part="hour 1 accuracy", kind="wind", capacity_kw=plants.WIND_CAPACITY, hours=[0.0, 0.0, 0.0],
    )  # fmt: skip
    np.testing.assert_allclose(found, by_hand)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(SettingsError, match="pass levels="):
        best_point([0.2, 0.4], "SD")
    with pytest.raises(ShapeError, match="needs 3 levels"):
        best_point([0.2, 0.4], "SD", levels=[0.1, 0.5, 0.9])
    with pytest.raises(SettingsError, match="taken for shares of capacity"):
        best_point([200.0, 400.0], "SD", levels=[0.1, 0.9])
    with pytest.raises(SettingsError, match="is for wind and pv; got kind=None"):
        best_point([0.2, 0.4], "NW-2023", levels=[0.1, 0.9])


@pytest.mark.parametrize("kind", ["wind", "pv"])
def test_a_forecaster_made_for_a_rule_keeps_every_promise(kind: str) -> None:
    data = plants.wind(nwp=False) if kind == "wind" else plants.pv(nwp=False)
    known = data.until(data.newest - pd.Timedelta("2D"))
    made = plants.forecaster("reference", objective="ZJ").fit(known)
    plain = plants.forecaster("reference", objective="median").fit(known)
    at = data.newest - pd.Timedelta("12h")
    ours, theirs = made.predict(data, at), plain.predict(data, at)
    columns = [name for name in ours if name.startswith("q")]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns])
    assert ((ours["power"] >= 0) & (ours["power"] <= data.site.capacity_kw)).all()
    issue_ns = plants.nanoseconds([at])
    assert made.forecasts(data, issue_ns)[0].power[0].tobytes() == ours["power"].to_numpy().tobytes()


def test_an_unknown_objective_names_the_nearest_rule() -> None:
    with pytest.raises(SettingsError, match="objective='NW-2033'; expected one of mean, median; .*'NW-2023'"):
        plants.forecaster("reference", objective="NW-2033").fit(plants.wind(nwp=False))
