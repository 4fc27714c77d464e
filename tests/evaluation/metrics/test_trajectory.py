from __future__ import annotations

import itertools

import numpy as np
import pytest

from forecast.errors import SettingsError, ShapeError
from forecast.evaluation.metrics import crps_ensemble, energy_score, variogram_score


def example(n: int = 5, members: int = 7, leads: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return rng.gamma(2, 3, (n, leads)), rng.gamma(2, 3, (n, members, leads))


def test_energy_score_equals_the_sum_over_all_pairs_of_members() -> None:
    obs, members = example()
    expected = []
    for y, x in zip(obs, members, strict=True):
        near = np.mean([np.linalg.norm(a - y) for a in x])
        apart = np.mean([np.linalg.norm(a - b) for a, b in itertools.product(x, x)])
        expected.append(near - 0.5 * apart)
    assert energy_score(obs, members) == pytest.approx(np.mean(expected))
    assert energy_score(obs[0], members[0]) == pytest.approx(expected[0])


def test_energy_score_of_one_lead_is_the_crps() -> None:
    obs, members = example(leads=1)
    assert energy_score(obs, members) == pytest.approx(crps_ensemble(obs[:, 0], members[:, :, 0]))
    assert energy_score([0.5], [[0.2], [0.4], [0.6]]) == pytest.approx(0.07778, abs=5e-6)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0])
def test_variogram_score_equals_the_sum_over_all_pairs_of_leads(order: float) -> None:
    obs, members = example()
    weights = np.arange(16.0).reshape(4, 4)
    expected = []
    for y, x in zip(obs, members, strict=True):
        total = 0.0
        for i, j in itertools.product(range(4), range(4)):
            wanted = np.mean([abs(a[i] - a[j]) ** order for a in x])
            total += weights[i, j] * (abs(y[i] - y[j]) ** order - wanted) ** 2
        expected.append(total)
    assert variogram_score(obs, members, order=order, pair_weights=weights) == pytest.approx(np.mean(expected))


def test_a_perfect_ensemble_scores_zero_and_incomplete_trajectories_are_dropped() -> None:
    obs, members = example()
    perfect = np.repeat(obs[:, None], 7, axis=1)
    assert energy_score(obs, perfect) == 0
    assert variogram_score(obs, perfect) == pytest.approx(0, abs=1e-12)
    holes = obs.copy()
    holes[2, 1] = np.nan
    keep = [0, 1, 3, 4]
    assert energy_score(holes, members) == pytest.approx(energy_score(obs[keep], members[keep]))
    assert variogram_score(holes, members) == pytest.approx(variogram_score(obs[keep], members[keep]))
    assert np.isnan(energy_score(holes[2], members[2]))
    assert np.isnan(variogram_score(holes[2], members[2]))


def test_the_variogram_score_sees_leads_that_were_shuffled_apart() -> None:
    rng = np.random.default_rng(1)
    walks = np.cumsum(rng.standard_normal((60, 50, 6)), axis=2)
    obs = np.cumsum(rng.standard_normal((60, 6)), axis=1)
    shuffled = rng.permuted(walks, axis=1)
    assert variogram_score(obs, shuffled) > 1.2 * variogram_score(obs, walks)
    assert energy_score(obs, shuffled) > energy_score(obs, walks)


def test_unfit_inputs_are_refused() -> None:
    obs, members = example()
    with pytest.raises(ShapeError, match=r"expected \(leads,\) with"):
        energy_score(obs, members[:, :, :3])
    with pytest.raises(SettingsError, match="order is 0"):
        variogram_score(obs, members, order=0)
    with pytest.raises(ShapeError, match=r"expected \(4, 4\)"):
        variogram_score(obs, members, pair_weights=np.ones(4))
