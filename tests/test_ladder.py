"""Inputs that are late or gone: which rung serves, and with what words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest
from short_inputs import HOUR_NS, NOW, data, each_kind, fitted

from forecast import SiteData
from forecast.data.changed import with_later_runs


def cut(some: SiteData, name: str, at: pd.Timestamp) -> SiteData:
    table = getattr(some, name)
    return plants.rebuilt(some, **{name: table[table.index <= at]})


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(10, "newest power 15min late"), (50, "newest power 1h late"), (600, "newest power 10h late"), (1200, "no power")],
)
def test_late_power_is_told_by_its_age_and_gone_after_64_steps(minutes: int, says: str) -> None:
    frame = fitted("wind").predict(cut(data("wind"), "power", NOW - pd.Timedelta(minutes=minutes)), NOW)
    assert (frame["level"] > 0).all()
    assert set(frame["reason"]) == {says}


def test_the_later_the_power_the_lower_the_rung() -> None:
    wind = plants.rebuilt(data("wind"), observed=None, nwp=None)
    levels = [
        int(fitted("wind").predict(cut(wind, "power", NOW - pd.Timedelta(minutes=m)), NOW)["level"].iloc[0])
        for m in (10, 80, 220, 900, 1200)
    ]
    assert levels == sorted(levels) and levels[0] > 0
    assert levels[-1] == len(fitted("wind").ladder_.middle)


def test_weather_runs_that_are_older_than_usual_have_a_rung_and_their_age() -> None:
    late = with_later_runs(data("runs"), {"runs": 6 * HOUR_NS})
    here, there = (fitted("runs").predict(some, NOW) for some in (data("runs"), late))
    assert (here["level"] == 0).all() and (here["reason"] == "").all()
    assert (there["level"] > 0).all() and set(there["reason"]) == {"runs: newest run 11 h old"}
    assert (there["power"] != here["power"]).all()


def test_one_of_two_weather_sources_that_is_gone_is_named() -> None:
    sources = {"a": data("wind").nwp["nwp"], "b": plants.wind(seed=5).nwp["nwp"]}
    both = plants.rebuilt(data("wind"), nwp=sources, delay="0min")
    forecaster = plants.forecaster("ridge").fit(both)
    frame = forecaster.predict(plants.rebuilt(both, nwp={"b": sources["b"]}, delay="0min"), NOW)
    assert set(frame["reason"]) == {"no a"} and (frame["level"] > 0).all()
    gone = forecaster.predict(plants.rebuilt(both, nwp=None, delay="0min"), NOW)
    assert set(gone["reason"]) == {"no nwp"} and (gone["level"] > frame["level"]).all()


def test_weather_that_ends_early_is_missing_at_the_far_leads_only() -> None:
    table = data("wind").nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    short = plants.rebuilt(data("wind"), nwp=table[table.index <= NOW + pd.Timedelta("90min")])
    frame, whole = fitted("wind").predict(short, NOW), fitted("wind").predict(data("wind"), NOW)
    assert frame["level"].tolist()[0] == 0 and frame["level"].iloc[-1] > 0
    assert frame["power"].iloc[0] == whole["power"].iloc[0] and frame["reason"].iloc[-1] == "no nwp"


def test_what_training_never_had_is_not_missing() -> None:
    table = data("wind").nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    without = plants.rebuilt(data("wind"), nwp=table * np.nan)
    frame = plants.forecaster("ridge").fit(without).predict(without, NOW)
    assert (frame["level"] == 0).all() and (frame["reason"] == "").all()


def test_with_nothing_left_it_is_the_climatology_with_the_sun() -> None:
    pv, forecaster = data("pv"), fitted("pv")
    empty = plants.rebuilt(pv, observed=None, nwp=None, power=pv.power * np.nan)  # type: ignore[operator]
    rows = np.array([NOW.value + i * HOUR_NS for i in range(24)])
    made, design = forecaster.forecasts(empty, rows)
    wanted = np.clip(forecaster.ladder_.climatology.point(design), 0, 1) * design.up * pv.site.capacity_kw
    np.testing.assert_allclose(made.power, wanted, rtol=1e-6)
    assert (made.power[~design.up] == 0).all() and (made.power > 0).any()


@each_kind
def test_fewer_inputs_make_wider_quantiles(kind: str) -> None:
    forecaster, some = fitted(kind), data(kind)
    rows = plants.nanoseconds([NOW + i * pd.Timedelta("45min") for i in range(60)])
    less = {"observed": None, "delay": {"power": pd.Timedelta(some.delays["power"], unit="ns")}}
    less |= {"nwp": None} if kind != "runs" else {"nwp": {"runs": some.nwp["runs"].isel(init_time=[])}}  # type: ignore[union-attr]
    empty = plants.rebuilt(some, power=some.power * np.nan, **less)  # type: ignore[operator]
    widths = [
        np.mean(made.quantiles[..., -1] - made.quantiles[..., 0])
        for made in (forecaster.forecasts(one, rows)[0] for one in (some, plants.rebuilt(some, **less), empty))
    ]
    assert widths[0] < widths[2] and widths[1] < widths[2]


def test_every_rung_covers_about_what_it_says() -> None:
    wind, forecaster = data("wind"), fitted("wind")
    rows = wind.times("power")
    rows = rows[(rows > NOW.value - 5 * 86_400 * 10**9) & (rows < NOW.value + 3 * 86_400 * 10**9)]
    for changes in ({"observed": None}, {"nwp": None}, {"observed": None, "nwp": None}):
        made, design = forecaster.forecasts(plants.rebuilt(wind, **changes), rows)
        actual = np.maximum(forecaster.forecasts(wind, rows)[1].actual, 0) * wind.site.capacity_kw
        good = np.isfinite(actual) & (made.level > 0)
        inside = (made.quantiles[..., 0] <= actual) & (actual <= made.quantiles[..., -1])
        assert 0.8 < inside[good].mean() <= 0.98
