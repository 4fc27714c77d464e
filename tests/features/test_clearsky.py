"""Clear-sky power and its index against a slow loop over days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.features.clearsky import DAYS, LEAST_DAYS, ClearSky, trailing_level
from forecast.features.known import Known

ISSUE = plants.START + pd.Timedelta("43D 3h")


def slow_level(ratio: np.ndarray, per_day: int, first_day: int, place: int) -> float:
    values = [ratio[place - d * per_day] for d in range(first_day, first_day + DAYS) if place - d * per_day >= 0]
    there = sorted(float(v) for v in values if np.isfinite(v))
    if len(there) < LEAST_DAYS:
        return np.nan
    at = 0.95 * (len(there) - 1)
    low = int(at)
    return there[low] + (at - low) * (there[min(low + 1, len(there) - 1)] - there[low])


@given(st.integers(0, 1000), st.sampled_from([1, 4, 7]), st.integers(1, 3), st.integers(0, 100))
def test_the_trailing_level_is_that_of_a_slow_loop(seed: int, per_day: int, first_day: int, begin: int) -> None:
    rng = np.random.default_rng(seed)
    ratio = rng.gamma(2.0, 0.3, size=35 * per_day).astype(np.float32)
    ratio[rng.random(len(ratio)) < rng.choice([0.1, 0.6, 0.95])] = np.nan
    got = trailing_level(ratio, per_day, first_day, min(begin, len(ratio)))
    wanted = [slow_level(ratio, per_day, first_day, p) if p >= begin else np.nan for p in range(len(ratio))]
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def sky_of(position: bool, leads: tuple[int, ...], delay: str = "0min") -> tuple[Known, ClearSky]:
    data = plants.pv(site=plants.pv_site(position=position), nwp=False, delay={"power": delay})
    known = Known(data, plants.features_of(data, leads).spec, plants.nanoseconds([ISSUE]))
    return known, ClearSky(known)


@pytest.mark.parametrize("delay", ["0min", "20min", "26h"])
@pytest.mark.parametrize("leads", [(1, 2, 5), (95, 96, 97, 192)])
@pytest.mark.parametrize("position", [True, False])
def test_clear_sky_power_at_a_valid_time_comes_from_days_that_were_known(
    position: bool, leads: tuple[int, ...], delay: str
) -> None:
    known, sky = sky_of(position, leads, delay)
    shape = np.ones(known.count) if known.sun is None else np.maximum(known.sun.plane, 25.0) / 1000
    late = -(-pd.Timedelta(delay) // pd.Timedelta("15min"))
    for k, lead in enumerate(leads):
        place = int(known.issue[0]) + lead
        first_day = next(d for d in range(1, 9) if lead + late <= d * 96)
        level = slow_level(known.block / shape, 96, first_day, place)
        wanted = max(level * shape[place], 0)
        if np.isnan(wanted) and known.sun is not None:
            wanted = known.sun.plane[place] / 1000
        wanted = 0.0 if np.isnan(wanted) or wanted < 2e-3 else wanted
        np.testing.assert_allclose(sky.at_valid()[0, k], wanted, rtol=1e-4)


def test_without_a_position_the_sun_is_down_where_the_envelope_is_zero() -> None:
    leads = tuple(range(1, 97))
    known, sky = sky_of(False, leads)
    assert (sky.up() == (sky.at_valid() > 0)).all()
    hours = sky.up()[0].sum() / 4
    assert 9 < hours < 15  # April


def test_before_there_is_any_history_the_sun_itself_is_the_clear_sky() -> None:
    data = plants.pv(nwp=False)
    spec = plants.features_of(data).spec
    early = plants.nanoseconds([plants.START + pd.Timedelta("1D 3h")])
    known = Known(data, spec, early)
    assert known.sun is not None
    np.testing.assert_allclose(ClearSky(known).at_valid(), known.sun.plane[known.valid] / 1000, rtol=1e-6)


def test_the_index_is_power_over_clear_sky_power_within_bounds() -> None:
    known, sky = sky_of(True, (1,))
    clear, power = sky.over_grid(), known.delayed
    bright = clear > 0.02
    wanted = np.clip(power[bright] / clear[bright], 0, 2)
    np.testing.assert_allclose(sky.index[bright], wanted, rtol=1e-6)
    assert np.isnan(sky.index[~bright]).all()


def test_the_days_memory_is_energy_over_clear_sky_energy() -> None:
    data = plants.pv(nwp=False)
    features = plants.features_of(data)
    found = plants.by_name(features.design(data, plants.nanoseconds([ISSUE])))
    known = Known(data, features.spec, plants.nanoseconds([ISSUE]))
    sky, at = ClearSky(known), int(known.issue[0])
    clear, power = sky.over_grid().astype(float), known.delayed.astype(float)
    both = np.isfinite(power) & np.isfinite(clear) & (clear > 0.02)
    for hours in (1, 10, 24, 168):
        window = slice(at - 4 * hours + 1, at + 1)
        wanted = power[window][both[window]].sum() / clear[window][both[window]].sum()
        np.testing.assert_allclose(found[f"day_index_{hours}h"], wanted, rtol=1e-4)
    for k, lead in enumerate((1, 2, 5)):
        places = [at + lead - 96 * day for day in range(1, 8)]
        index = np.clip([power[p] / clear[p] if both[p] else np.nan for p in places], 0, 2)
        np.testing.assert_allclose(found["slot_index_1d"][0, k], index[0], rtol=1e-4)
        np.testing.assert_allclose(found["slot_index_7d"][0, k], np.nanmean(index), rtol=1e-4)
        np.testing.assert_allclose(found["slot_spread_7d"][0, k], np.nanstd(index), rtol=1e-3, atol=1e-5)
