"""A day's output over its weather's worth: limits leave it alone, and what weather is worth does not hide a loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forecast as fc
from forecast.audit.capacity import _lasting
from forecast.audit.evidence import Evidence
from forecast.audit.expected import best_driver
from forecast.audit.worth import _usual_power, _weighted_quantile, day_worth

DAY = pd.Timedelta("1D")


@given(seed=st.integers(0, 1000), q=st.floats(0.05, 0.95))
def test_a_weighted_quantile_is_that_of_repeated_values(seed: int, q: float) -> None:
    rng = np.random.default_rng(seed)
    values, weight = rng.normal(size=(3, 12)), rng.integers(0, 4, size=(3, 12)).astype(float)
    weight[:, 0] = 2
    found = _weighted_quantile(values, weight, q)
    for row in range(3):
        plain = np.sort(np.repeat(values[row], weight[row].astype(int)))
        assert found[row] == plain[max(int(np.ceil(q * len(plain))) - 1, 0)]


def test_the_usual_power_never_falls_as_irradiance_rises_and_saturates() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1000, size=(40, 96))
    power = np.minimum(x / 1000, 0.7) + rng.normal(scale=0.02, size=x.shape)
    worth = _usual_power(power, x)
    order = np.argsort(x.ravel())
    assert (np.diff(worth.ravel()[order]) >= 0).all()
    assert np.abs(worth - np.minimum(x / 1000, 0.7)).max() < 0.04


def plant(days: int, factor: np.ndarray, in_plane: bool) -> fc.SiteData:
    """Return a plant whose sun weakens with the season, output times a factor a day; `ghi` flat or on the modules."""
    data = plants.pv(days, nwp=False)
    place = ((data.power.index - data.power.index[0]) / DAY).astype(int).to_numpy()
    season = 1 - 0.5 * np.arange(days + 1) / days
    power = data.power * season[place] * factor[np.minimum(place, days - 1)]
    row = np.minimum(((data.observed.index - data.power.index[0]) / DAY).astype(int).to_numpy().clip(0), days - 1)
    observed = data.observed.assign(ghi=data.observed["ghi"] * season[row] * (1.0 if in_plane else 0.9))
    return fc.SiteData(data.site, power.clip(lower=0), observed=observed)


def test_a_loss_shows_in_full_though_strong_sun_was_seen_before_it_alone() -> None:
    factor = np.ones(120)
    factor[60:] = 0.8
    evidence = Evidence(plant(120, factor, in_plane=True))
    driver = best_driver(evidence)
    assert driver is not None
    values, _ = day_worth(evidence, driver)
    jump = np.nanmedian(values[62:75]) - np.nanmedian(values[46:59])
    assert jump == pytest.approx(np.log(0.8), abs=0.06)


def test_a_limit_of_some_hours_leaves_the_day_alone() -> None:
    data = plant(60, np.ones(60), in_plane=True)
    held = data.power.copy()
    hours = (held.index.hour == 12) & (held.index.day_of_year % 3 == 0)
    held[hours] = np.minimum(held[hours], 0.2 * held.max())
    values = []
    for power in (data.power, held):
        evidence = Evidence(fc.SiteData(data.site, power, observed=data.observed))
        driver = best_driver(evidence)
        assert driver is not None
        values.append(day_worth(evidence, driver)[0])
    assert np.nanmedian(np.abs(values[1] - values[0])) < 0.02


def test_what_is_taken_back_is_no_loss_and_what_is_doubtful_takes_nothing_back() -> None:
    assert _lasting([(40, -0.2, 12.0), (60, 0.2, 11.0)], 200) == []
    assert _lasting([(40, -0.2, 12.0), (60, 0.19, 4.0)], 200) == [(40, -0.2, 12.0)]
    assert _lasting([(40, 0.19, 4.0), (60, -0.2, 12.0)], 200) == [(60, -0.2, 12.0)]
    assert _lasting([(40, -0.2, 12.0), (190, 0.2, 11.0)], 200) == [(40, -0.2, 12.0)]
    # two losses do not take each other back
    assert len(_lasting([(40, -0.2, 12.0), (60, -0.2, 11.0)], 200)) == 2
