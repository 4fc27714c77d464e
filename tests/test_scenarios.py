"""Scenarios: each lead as its quantiles say, leads together as their errors were; and the ramps they tell of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import SettingsError
from forecast.evaluation.metrics import energy_score, variogram_score
from forecast.models.dependence import Dependence, nearest_correlation
from forecast.ramping import largest_rise


@pytest.fixture(scope="module")
def fitted() -> tuple[fc.SiteData, fc.Forecaster]:
    data = plants.wind(days=30, nwp=False)
    forecaster = plants.forecaster("ridge", horizon="2h", quantiles=(0.1, 0.5, 0.9))
    return data, forecaster.fit(data.until(plants.START + pd.Timedelta("22D")))


def test_each_lead_follows_its_quantiles_and_two_calls_agree(fitted) -> None:
    data, forecaster = fitted
    at = plants.START + pd.Timedelta("25D 7h")
    paths, frame = forecaster.scenarios(data, at, n=4000), forecaster.predict(data, at)
    pd.testing.assert_index_equal(paths.index, frame.index)
    for name, level in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
        spread = (frame["q90"] - frame["q10"]).to_numpy()
        assert (np.abs(paths.quantile(level, axis=1) - frame[name]) < 0.06 * spread + 1).all()
    pd.testing.assert_frame_equal(paths, forecaster.scenarios(data.until(at), at, n=4000))
    assert not paths.equals(forecaster.scenarios(data, at, n=4000, random_state=1))


def test_trajectories_that_hang_together_score_better_than_the_same_leads_shuffled(fitted) -> None:
    data, forecaster = fitted
    rng, obs, together, shuffled = np.random.default_rng(5), [], [], []
    for at in pd.date_range(plants.START + pd.Timedelta("23D"), periods=70, freq="2h15min"):
        paths = forecaster.scenarios(data, at, n=60)
        truth = data.power.reindex(paths.index).to_numpy()
        if np.isfinite(truth).all():
            obs.append(truth)
            together.append(paths.to_numpy().T)
            shuffled.append(rng.permuted(paths.to_numpy().T, axis=0))
    scale = plants.WIND_CAPACITY
    obs, together, shuffled = (np.array(x) / scale for x in (obs, together, shuffled))
    assert variogram_score(obs, together) < variogram_score(obs, shuffled)
    assert energy_score(obs, together) < energy_score(obs, shuffled)


def test_the_copula_has_the_errors_correlation() -> None:
    rng = np.random.default_rng(2)
    raw = rng.normal(size=(5, 5))
    wanted = nearest_correlation(raw @ raw.T / 10)
    assert np.allclose(np.diag(wanted), 1) and np.linalg.eigvalsh(wanted).min() > 0
    levels = Dependence(wanted).levels(40_000, 0)
    assert np.abs(levels.mean(axis=0) - 0.5).max() < 0.01
    from scipy.special import ndtri

    np.testing.assert_allclose(np.corrcoef(ndtri(levels).T), wanted, atol=0.02)


def test_scenarios_are_saved_with_the_forecaster_and_planned_limits_hold(fitted, tmp_path) -> None:
    data, forecaster = fitted
    forecaster.save(tmp_path / "m.qh")
    at = plants.START + pd.Timedelta("25D 7h")
    again = fc.load(tmp_path / "m.qh")
    pd.testing.assert_frame_equal(again.scenarios(data, at), forecaster.scenarios(data, at))
    plan = pd.DataFrame({"start": [at], "end": [at + pd.Timedelta("1h")], "available_kw": [np.nan],
                         "limit_kw": [50.0], "known_at": [at]})  # fmt: skip
    assert forecaster.scenarios(plants.rebuilt(data, plan=plan), at).iloc[:4].to_numpy().max() <= 50
    with pytest.raises(SettingsError, match="n=0"):
        forecaster.scenarios(data, at, n=0)


def test_ramps_are_counted_among_the_scenarios(fitted) -> None:
    data, forecaster = fitted
    moments = pd.date_range(plants.START + pd.Timedelta("23D"), periods=12, freq="7h")
    seen = pd.concat({at: fc.ramps(forecaster, data, at, size=0.15, window="1h") for at in moments})
    assert seen["probability"].between(0, 1).all() and seen["probability"].max() > 0.1
    hit = seen[seen["probability"] > 0]
    assert (hit["size_kw"] >= 0.15 * plants.WIND_CAPACITY - 1e-6).all()
    assert (hit["start_from"] <= hit["start"]).all() and (hit["start"] <= hit["start_to"]).all()
    assert (hit["start"] >= hit.index.get_level_values(0)).all()
    wild = fc.ramps(forecaster, data, moments[0], size=1.0)
    assert (wild["probability"] == 0).all() and wild["start"].isna().all()
    with pytest.raises(SettingsError, match="share of the capacity"):
        fc.ramps(forecaster, data, size=30)
    with pytest.raises(SettingsError, match="shorter than the step"):
        fc.ramps(forecaster, data, window="1min")


def test_the_largest_rise_is_the_largest_of_all_pairs() -> None:
    power = np.random.default_rng(3).normal(size=(4, 9))
    got = largest_rise(power, 3)
    for i in range(4):
        for t in range(8):
            assert got[i, t] == max(power[i, t + d] - power[i, t] for d in range(1, 4) if t + d < 9)
