"""Changes of level: the most likely day is found as an exhaustive search finds it, whatever the noise."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.audit.levels import LEAST, Change, _beside_slopes, _gains, _levels, level_changes, noise

BRIGHT = np.ones(400)


def limited(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return noise as output has it: close about its level, but on a day in five far below it."""
    return rng.normal(scale=0.03, size=count) - 0.4 * rng.random(count) * (rng.random(count) < 0.2)


def gain_of(x: np.ndarray, scale: np.ndarray, density, place: int, window: int) -> float:
    """Return what a change before a place gains, by trying every level for every part."""
    parts = [slice(max(place - window, 0), place), slice(place, place + window)]
    whole = slice(parts[0].start, min(place + window, len(x)))

    def best(part: slice) -> float:
        return max(float(density((x[part] - level) / scale[part]).sum()) for level in _levels(x))

    return best(parts[0]) + best(parts[1]) - best(whole)


@pytest.mark.parametrize("seed", range(3))
def test_the_gain_of_a_change_is_that_of_an_exhaustive_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = limited(rng, 50)
    x[22:] -= 0.2
    usual, scale, density = noise(x, np.full(50, 0.9))
    x = x - usual
    gain = _gains(x, scale, density, 0.1, 12)
    known = np.flatnonzero(np.isfinite(gain))
    assert 22 in known
    for place in known[:: max(len(known) // 5, 1)]:
        assert gain[place] == pytest.approx(gain_of(x, scale, density, place, 12))


def test_the_best_split_beside_slopes_beats_every_other_without_one() -> None:
    rng = np.random.default_rng(5)
    x = limited(rng, 60)
    x[31:] -= 0.22
    _, scale, density = noise(x, np.full(60, 0.9))
    place, jump, gain = _beside_slopes(x, scale, np.arange(60), density)
    flat = max(gain_of(x, scale, density, other, 60) for other in range(LEAST, 60 - LEAST))
    assert place == 31 and jump == pytest.approx(-0.22, abs=0.04)
    # a slope may explain a part of both: the gain can only fall by it
    assert 0 < gain <= flat + 1e-9


@pytest.mark.parametrize("down", [True, False])
def test_a_lost_fifth_is_found_within_a_day_in_noise_that_is_one_sided(down: bool) -> None:
    hits = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, place = limited(rng, 200), int(rng.integers(35, 165))
        x[place:] += np.log(0.8) * (1 if down else -1)
        x[rng.random(200) < rng.uniform(0, 0.15)] = np.nan
        found = level_changes(x, BRIGHT[:200], 0.1, 8.0)
        near = [change for change in found if abs(change.jump) > 0.16]
        seen = np.flatnonzero(np.isfinite(x))
        first = seen[seen >= place][0]
        # a day in five lies far below: such a one beside the change may belong to either side
        hits.append(any(abs(np.searchsorted(seen, c.place) - np.searchsorted(seen, first)) <= 3 for c in near))
    assert np.mean(hits) >= 0.95  # a matter of chance: at either end of a record there is less to go by


def test_noise_and_a_slow_drift_are_no_change() -> None:
    drifts = np.linspace(-0.05, 0.05, 60)
    found = [
        level_changes(limited(np.random.default_rng(seed), 240) + drift * np.arange(240) / 30, BRIGHT[:240], 0.1, 8.0)
        for seed, drift in enumerate(drifts)
    ]
    assert sum(map(bool, found)) <= 1


def test_dull_days_that_lie_higher_and_scatter_hide_no_change() -> None:
    rng = np.random.default_rng(7)
    dull = rng.random(200) < 0.4
    x = limited(rng, 200) + np.where(dull, 0.25 + rng.normal(scale=0.2, size=200), 0.0)
    x[90:] += np.log(0.8)
    found = level_changes(x, np.where(dull, 0.2, 0.95), 0.1, 8.0)
    assert [abs(change.place - 90) <= 1 for change in found] == [True]


@pytest.mark.parametrize("count", [0, 1, 11, 12])
def test_few_days_and_equal_days_are_no_change(count: int) -> None:
    assert level_changes(np.full(count, 0.3), BRIGHT[:count], 0.1, 8.0) == []
    assert level_changes(np.full(count, np.nan), BRIGHT[:count], 0.1, 8.0) == []


def test_a_level_changes_with_its_unit_of_sign() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(scale=0.03, size=120)
    x[50:] += 0.3
    up, down = level_changes(x, BRIGHT[:120], 0.1, 8.0), level_changes(-x, BRIGHT[:120], 0.1, 8.0)
    assert [c.place for c in up] == [c.place for c in down] == [50]
    assert up[0].jump == pytest.approx(-down[0].jump, abs=0.02)


def test_t_is_what_the_gain_would_be_in_standard_errors() -> None:
    # two means of n days each, noise 1: gain = n d² / 4, t = d · √(n / 2)
    n, d = 20, 1.4
    assert Change(3, d, n * d**2 / 4).t == pytest.approx(d * np.sqrt(n / 2))
