"""Capacity in service: a loss is told within days, from what was known then, and undone in what models see."""

from __future__ import annotations

from collections.abc import Callable

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast.features import inservice
from forecast.features.dayratio import Driver, day_ratios
from forecast.features.featureset import FeatureSet, fit_features
from forecast.features.inservice import WINDOW, InService, levels
from forecast.features.spec import read_spec
from forecast.timegrid import NS_PER_DAY
from forecast.training import training_times

LOST = plants.START + pd.Timedelta(days=104)


def fitted(data: fc.SiteData, until: str = "97D") -> FeatureSet:
    known = data.until(plants.START + pd.Timedelta(until))
    spec = read_spec(known, known.power_step_ns, (1, 2))
    return fit_features([known], [spec], [training_times(known, spec, 1)], ())[0]


def told(data: fc.SiteData, features: FeatureSet, days: range) -> np.ndarray:
    moments = plants.nanoseconds([plants.START + pd.Timedelta(days=d) for d in days])
    assert features.in_service is not None
    return features.in_service.share(data, features.spec, moments)


def wind_farm(left: float) -> fc.SiteData:
    whole = plants.wind(days=126, step="1h", nwp=False)
    return plants.rebuilt(whole, power=whole.power.where(whole.power.index <= LOST, whole.power * left))


def test_half_of_the_strings_lost_is_told_within_days_and_not_before() -> None:
    data = cases.pv_that_lost_strings()
    features = fitted(data)
    share = told(data, features, range(84, 126))
    assert (share[:20] == 1.0).all()
    need = features.in_service.days + 3  # the days it takes, and a dull one
    assert share[20 + need :] == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("left", [0.4, 1.6])
def test_turbines_lost_or_added_are_told_from_the_wind(left: float) -> None:
    data = wind_farm(left)
    features = fitted(data)
    share = told(data, features, range(122, 126))
    assert share == pytest.approx(left, rel=0.25)


@pytest.mark.parametrize("site", [cases.pv_that_lost_strings, lambda: wind_farm(0.4)])
def test_days_that_are_not_looked_at_would_have_changed_nothing(
    site: Callable[[], fc.SiteData], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = site()
    features = fitted(data)
    few = [told(data, features, range(day, day + 3)) for day in range(84, 122)]
    monkeypatch.setattr(inservice, "FEW", WINDOW)
    whole = [told(data, features, range(day, day + 3)) for day in range(84, 122)]
    assert len(np.unique(whole)) > 2
    np.testing.assert_array_equal(few, whole)


def test_what_comes_later_moves_nothing() -> None:
    data = cases.pv_that_lost_strings()
    features = fitted(data)
    for day in (105.3, 108.0, 114.7):
        at = plants.START + pd.Timedelta(days=day)
        here = plants.nanoseconds([at])
        whole = features.in_service.share(data, features.spec, here)
        assert whole == features.in_service.share(data.until(at), features.spec, here)


def test_forecasts_follow_a_loss_that_came_after_the_fit() -> None:
    data = cases.pv_that_lost_strings(days=119)
    start, end = LOST + pd.Timedelta("8D"), LOST + pd.Timedelta("14D")
    stated = plants.rebuilt(data, available_kw=pd.Series(plants.PV_CAPACITY, index=data.power.index[:1]))
    errors = []
    for site in (data, stated):  # a stated capacity switches the estimate off
        model = fc.Forecaster(model="reference", horizon="3h", step="1h").fit(site.until(LOST))
        result = fc.backtest({"m": model}, site, start, end, every="1h", refit="never", progress=False)
        errors.append(result.scores(by="lead")["rmse"].loc["m"].to_numpy())
    assert (errors[0] < 0.97 * errors[1]).all()


def test_a_stated_capacity_makes_the_estimate_needless() -> None:
    data = cases.pv_that_lost_strings()
    stated = plants.rebuilt(data, available_kw=pd.Series(plants.PV_CAPACITY, index=data.power.index[:1]))
    assert fitted(stated).in_service is None


def test_it_goes_into_a_bundle_and_comes_back(tmp_path) -> None:
    data = cases.pv_that_lost_strings()
    forecaster = fc.Forecaster(model="reference", horizon="2h", step="1h").fit(data.until(LOST + pd.Timedelta("12D")))
    forecaster.save(tmp_path / "m.qh")
    again = fc.load(tmp_path / "m.qh")
    features = again.sites_[data.site.name]
    assert isinstance(features.in_service, InService)
    assert features.in_service == forecaster.sites_[data.site.name].in_service
    pd.testing.assert_frame_equal(again.predict(data), forecaster.predict(data))
    assert again.history_needed >= pd.Timedelta(days=38 + WINDOW)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(-2, 2)), max_size=80), st.integers(1, 14))
def test_levels_are_medians_of_the_newest_days_before(values: list[float], days: int) -> None:
    got = levels(np.array(values, dtype=np.float64), days)
    for d in range(len(values) + 1):
        newest = [v for v in values[max(d - WINDOW, 0) : d][::-1] if np.isfinite(v)][:days]
        expected = np.median(newest) if len(newest) == days else np.nan
        assert got[d] == pytest.approx(expected, nan_ok=True)


def test_a_days_ratio_is_its_energy_over_its_irradiation() -> None:
    data = plants.pv(days=4, step="15min", nwp=False)
    spec = read_spec(data, data.power_step_ns, (1,))
    first = int(data.times("power")[0]) // NS_PER_DAY * NS_PER_DAY
    got, worth = day_ratios(data, spec, Driver("observed:ghi"), first, 3)
    power = (data.clean / data.site.capacity_kw).tz_convert("UTC").resample("1h", closed="right", label="right")
    light = data.observed["ghi"].tz_convert("UTC").resample("1h", closed="right", label="right")
    enough = (power.count() >= 3.2) & (light.count() >= 3.2)
    both = pd.DataFrame({"p": power.mean(), "w": light.mean() / 1000})[enough]
    both = both[both["w"] > 0.1]
    day = (both.index - pd.Timedelta("1ns")).floor("D")
    sums = both.groupby(day).sum()
    for i in range(3):
        here = pd.Timestamp(first + i * NS_PER_DAY, unit="ns", tz="UTC")
        assert got[i] == pytest.approx(np.log(sums.loc[here, "p"] / sums.loc[here, "w"]), rel=1e-4)
        assert worth[i] == pytest.approx(sums.loc[here, "w"], rel=1e-5)


@pytest.mark.parametrize("changed", ["power", "observed"])
def test_ratios_that_are_kept_are_those_of_the_same_values_only(changed: str) -> None:
    data = plants.pv(days=4, step="15min", nwp=False)
    spec = read_spec(data, data.power_step_ns, (1,))
    first = int(data.times("power")[0]) // NS_PER_DAY * NS_PER_DAY

    def ratios(power: pd.Series, observed: pd.DataFrame) -> np.ndarray:
        again = fc.SiteData(data.site, power=power, observed=observed)
        return day_ratios(again, spec, Driver("observed:ghi"), first, 3)[0]

    inputs = {"power": data.power, "observed": data.observed}
    before = ratios(**inputs)
    other = inputs[changed].copy()
    other.iloc[96:192] *= 0.8
    assert (ratios(**inputs | {changed: other}) != before).any()
    np.testing.assert_array_equal(ratios(**inputs), before)
