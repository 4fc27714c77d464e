"""Forecasters that learn on: what is new once, nothing else, and the same everywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cases
import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.errors import NotFittedError, SettingsError, SiteError
from forecast.evaluation import BacktestResult

THEN = plants.START + pd.Timedelta("16D")
DAY = pd.Timedelta("1D")


@cache
def data(name: str = "ridge") -> SiteData:
    """Return a wind farm whose output falls to 70 % after the forecaster was fitted."""
    plain = plants.wind(days=24, site=plants.wind_site(name), delay={"power": "20min", "observed": "5min"})
    assert plain.power is not None
    return plants.rebuilt(plain, power=plain.power.where(plain.power.index <= THEN, plain.power * 0.7))


@cache
def fitted(adapt: str | None = None) -> Forecaster:
    return plants.forecaster(cases.small_default(), adapt=adapt).fit(data().until(THEN))


def chain(forecaster: Forecaster, days: int, first: int = 1) -> Forecaster:
    for i in range(first, days + 1):
        forecaster = forecaster.renewed(data().until(THEN + i * DAY))
    return forecaster


def bits(forecaster: Forecaster, at: pd.Timestamp = THEN + 7 * DAY) -> bytes:
    return forecaster.predict(data(), at).drop(columns="reason").to_numpy(dtype=float).tobytes()


def backtested(
    changed: SiteData | None = None, refit: str | None = "never", renew: str | None = "1D"
) -> BacktestResult:
    return fc.backtest(
        {"one": fitted()}, changed or data(), THEN, THEN + 4 * DAY, every="3h", refit=refit, renew=renew, progress=False
    )


def test_the_old_one_stays_and_the_new_one_is_the_same_whoever_makes_it() -> None:
    before, told = bits(fitted()), dict(fitted().trained_on_)
    one, two = chain(fitted(), 3), chain(fitted(), 3)
    assert bits(one) == bits(two) != before
    assert bits(fitted()) == before and fitted().trained_on_ == told


def test_it_errs_less_on_what_it_has_learned() -> None:
    span = (THEN, THEN + 3 * DAY)
    result = fc.backtest({"new": chain(fitted(), 4), "old": fitted()}, data(), *span, refit="never", progress=False)
    scores = result.scores(by=[])
    assert scores.loc["new", "rmse"] < scores.loc["old", "rmse"]


def test_every_outcome_is_learned_once_whenever_it_is_learned() -> None:
    daily, at_once = chain(fitted(), 6), chain(fitted(), 6, first=6)
    odd = fitted()
    for hours in (7, 8, 50, 51.25, 144):
        odd = odd.renewed(data().until(THEN + pd.Timedelta(hours=hours)))
    told = [one.trained_on_ for one in (daily, at_once, odd)]
    assert told[0] == told[1] == told[2]
    clean, late = data().clean, pd.Timedelta("20min")
    first = pd.Timestamp(fitted().trained_on_["learned_until"])
    labels = clean.index[(clean.index > first) & (clean.index <= THEN + 6 * DAY - late)]
    assert pd.Timestamp(told[0]["learned_until"]) == labels[-1]
    assert told[0]["renewed_outcomes"] == 3 * np.isfinite(clean.loc[labels]).sum()


def test_older_history_that_is_attached_changes_nothing() -> None:
    now = THEN + 2 * DAY
    short = data().between(THEN - fitted().history_needed - DAY, now).until(now)
    assert bits(fitted().renewed(short)) == bits(fitted().renewed(data().until(now)))


def test_nothing_new_is_an_equal_forecaster() -> None:
    again = fitted().renewed(data().until(THEN))
    assert bits(again) == bits(fitted()) and again.trained_on_ == fitted().trained_on_
    assert bits(chain(fitted(), 2).renewed(data().until(THEN + DAY))) == bits(chain(fitted(), 2))


@pytest.mark.parametrize("model", ["ridge", "reference", "climatology"])
def test_models_without_leaves_stay_as_they_are(model: str) -> None:
    forecaster = plants.forecaster(model).fit(data().until(THEN))
    renewed = forecaster.renewed(data())
    assert bits(renewed) == bits(forecaster) and renewed.trained_on_ == forecaster.trained_on_


def test_not_fitted_and_other_sites_are_errors() -> None:
    with pytest.raises(NotFittedError, match="once the forecaster is fitted"):
        plants.forecaster("ridge").renewed(data())
    with pytest.raises(SiteError, match="'other'.*fitted on 'ridge'"):
        fitted().renewed(data("other"))


def test_a_model_of_several_sites_learns_on_from_all_of_them() -> None:
    sites = [data(name).until(THEN) for name in ("one", "two")]
    forecaster = plants.forecaster(cases.small_default()).fit(sites)
    later = [data(name).until(THEN + DAY) for name in ("one", "two")]
    renewed = forecaster.renewed(later)
    alone = fitted().renewed(data().until(THEN + DAY))
    assert renewed.trained_on_["renewed_outcomes"] == 2 * alone.trained_on_["renewed_outcomes"]
    with pytest.raises(SiteError, match="learns on from these together"):
        forecaster.renewed(later[0])


@pytest.mark.parametrize("adapt", [None, "3D"])
def test_a_bundle_learns_on_where_it_was_saved_and_lives(adapt: str | None, tmp_path: Path) -> None:
    two = chain(fitted(adapt), 2)
    two.save(tmp_path / "two.qh")
    back = fc.load(tmp_path / "two.qh")
    assert back.trained_on_ == two.trained_on_ and bits(back) == bits(two)
    assert bits(chain(back, 4, first=3)) == bits(chain(fitted(adapt), 4))
    at = THEN + 3 * DAY
    live = two.live(data().until(at))
    pd.testing.assert_frame_equal(live.predict(at), two.predict(data(), at))


def test_a_backtests_row_is_the_forecast_of_the_forecaster_renewed_by_then() -> None:
    result = backtested().dataset.sel(model="one").isel(site=0)
    for day, hour in ((0, 21), (1, 0), (1, 9), (3, 6)):
        at = THEN + day * DAY + pd.Timedelta(hours=hour)
        frame = chain(fitted(), day).predict(data(), at)
        row = result.sel(issue_time=at.tz_localize(None))
        assert frame["power"].to_numpy().tobytes() == row["power"].values.tobytes()
        assert frame.filter(regex=r"^q\d").to_numpy().tobytes() == row["quantiles"].values.tobytes()


def test_a_backtest_that_fits_renews_from_the_last_fit() -> None:
    result = backtested(refit="2D").dataset.sel(model="one").isel(site=0)
    again = plants.forecaster(cases.small_default()).fit(data().until(THEN + 2 * DAY))
    for day, forecaster in ((1, chain(fitted(), 1)), (2, again), (3, chain(again, 3, first=3))):
        at = THEN + day * DAY + pd.Timedelta("6h")
        wanted = forecaster.predict(data(), at)["power"].to_numpy()
        assert wanted.tobytes() == result.sel(issue_time=at.tz_localize(None))["power"].values.tobytes()


def test_nothing_after_the_issue_time_moves_a_renewed_backtests_forecast() -> None:
    plain = data()
    assert plain.power is not None and plain.observed is not None
    cut = THEN + 2 * DAY + pd.Timedelta("3h")
    power, observed = plain.power.copy(), plain.observed.copy()
    power[power.index + pd.Timedelta("20min") > cut] = 100.0
    observed[observed.index + pd.Timedelta("5min") > cut] = 1.0
    other = plants.rebuilt(plain, power=power, observed=observed)
    before, after = (backtested(one).dataset.sel(model="one").isel(site=0) for one in (plain, other))
    known = (before["issue_time"] <= np.datetime64(cut.tz_localize(None))).values
    for name in ("power", "quantiles"):
        assert before[name].values[known].tobytes() == after[name].values[known].tobytes()
    assert before["power"].values[~known].tobytes() != after["power"].values[~known].tobytes()


def test_what_came_fitted_learns_at_the_start_what_came_since() -> None:
    late = THEN + 5 * DAY
    result = fc.backtest({"one": fitted()}, data(), late, late, refit="never", renew="7D", progress=False)
    wanted = fitted().renewed(data().until(late)).predict(data(), late)["power"].to_numpy()
    assert wanted.tobytes() == result.dataset["power"].sel(model="one").values.tobytes()


def test_issue_times_of_a_day_that_have_not_come_teach_nothing() -> None:
    settings = plants.forecaster(cases.small_default()).get_params(deep=False)
    noon = Forecaster(**(settings | {"issued_at": [f"{hour:02d}:00" for hour in range(6, 18)]}))
    noon.fit(data().until(THEN))
    evening, later = (noon.renewed(data().until(THEN + pd.Timedelta(hours=h))) for h in (2.5, 12.5))
    assert bits(evening, THEN + DAY) == bits(noon, THEN + DAY) and "renewed_outcomes" in evening.trained_on_
    assert later.trained_on_["renewed_outcomes"] > evening.trained_on_["renewed_outcomes"] == 0


def test_a_renewal_takes_time() -> None:
    with pytest.raises(SettingsError, match="renew='0D'"):
        backtested(renew="0D")
