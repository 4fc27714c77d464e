"""Limits that nobody flagged: found where they were set, and not learned from by those who ask for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import NotEnoughDataError


def held() -> tuple[fc.SiteData, pd.Series]:
    """Return a wind farm whose windy hours are held at 37 % on ten days of its first month, and where that was."""
    data = plants.wind(days=40)
    power, at = data.power, data.power.index
    days = at.floor("D").unique()[3:27:2]
    limit = pd.Series(at.floor("D").isin(days) & (at.hour >= 6) & (at.hour < 18), index=at)
    cut = limit & (power > 0.55 * data.site.capacity_kw)
    return plants.rebuilt(data, power=power.where(~cut, 0.37 * data.site.capacity_kw)), cut


def test_limits_are_found_where_they_were_set() -> None:
    data, cut = held()
    found = fc.curtailment(data)
    assert found.dtype == bool and found.index.equals(data.power.index)
    long_enough = cut.rolling(8, center=True).sum() >= 8
    assert cut.sum() > 50 and found[long_enough].mean() > 0.8
    assert found[~cut].mean() < 0.02
    stated = pd.Series(np.arange(len(cut)) % 97 == 0, index=cut.index)
    both = fc.curtailment(plants.rebuilt(data, curtailed=stated))
    assert both[stated].all() and both[found].all()


def test_models_do_not_learn_limits_from_who_trusts_the_flags() -> None:
    data, _ = held()
    forecasters = {}
    for trust in (False, True):
        told = fc.SiteData(data.site, data.power, observed=data.observed, nwp=data.nwp, trust_flags=trust)
        forecasters[trust] = plants.forecaster("ridge").fit(told)
        assert told.curtailed is None and told.until(data.newest).trust_flags is trust
    stated = plants.rebuilt(data, curtailed=fc.curtailment(data))
    at = data.newest
    trusted, plain = (forecasters[trust].predict(data, at)["power"] for trust in (True, False))
    assert not trusted.equals(plain)
    pd.testing.assert_series_equal(trusted, plants.forecaster("ridge").fit(stated).predict(stated, at)["power"])


def test_without_power_there_is_nothing_to_find() -> None:
    with pytest.raises(NotEnoughDataError, match="no power"):
        fc.curtailment(fc.SiteData(fc.PVSite("p", 100.0)))
