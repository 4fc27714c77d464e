"""Rows by what the weather did: skies of PV, winds, ramps; and why rows are not scored."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest
import results

import forecast as fc
from forecast import SiteData
from forecast.errors import SettingsError
from forecast.evaluation import BacktestResult
from forecast.evaluation.excluding import REASONS, reasons
from forecast.evaluation.regimes import RAMPS, REGIMES, labels_of, ramp, regime

STEP = pd.Timedelta("15min").value
DAYS = 40


def quarter_hours(days: int = DAYS, tz: str = "Asia/Shanghai") -> pd.DatetimeIndex:
    return plants.labels(days, "15min", tz)


@cache
def sunny() -> tuple[pd.Series, pd.Series]:
    """Clear-sky power of a PV plant, and a sky that is clear, broken or overcast a whole day long, in turn."""
    index = quarter_hours()
    clear = pd.Series(plants.PV_CAPACITY * 0.8 * plants.clear_sky_share(index), index=index)
    day = (index.tz_convert("Asia/Shanghai").normalize().day_of_year).to_numpy()
    share = np.choose(day % 4, [1.0, 0.6, 0.2, 1.0])
    return clear, pd.Series(share, index=index)


@pytest.mark.parametrize("position", [True, False])
def test_skies_are_told_by_the_clear_sky_index_of_the_hour(position: bool) -> None:
    clear, share = sunny()
    site = plants.pv_site(position=position)
    data = SiteData(site, clear * share)
    noon = (clear.index.tz_convert("Asia/Shanghai").hour == 12) & (np.arange(len(clear)) > 5 * 96)
    noon &= np.arange(len(clear)) < (DAYS - 5) * 96
    valid = data.times("power")[noon]
    code = regime(data, valid, STEP, data.clean.to_numpy()[noon], np.ones(len(valid), dtype=bool))
    expected = share[noon].map({1.0: "clear", 0.6: "broken", 0.2: "overcast"})
    assert [REGIMES[place] for place in code] == expected.tolist()


def test_night_is_night_and_a_low_sun_says_nothing() -> None:
    clear, _ = sunny()
    data = SiteData(plants.pv_site(), clear)
    valid = data.times("power")[10 * 96 : 11 * 96]
    up = clear.to_numpy()[10 * 96 : 11 * 96] > 0
    names = np.array(REGIMES)[regime(data, valid, STEP, clear.to_numpy()[10 * 96 : 11 * 96], up)]
    assert set(names[~up]) == {"night"}
    share = clear.to_numpy()[10 * 96 : 11 * 96] / plants.PV_CAPACITY
    assert (names[share > 0.25] == "clear").all()
    assert "low sun" in names[(share > 0) & (share < 0.1)]


def test_wind_is_told_by_measured_speed_else_by_power() -> None:
    index = quarter_hours(4)
    speed = np.linspace(0, 16, len(index))
    power = pd.Series(np.linspace(0, 1, len(index)) * plants.WIND_CAPACITY, index=index)
    mast = pd.DataFrame({"temp_air": 9.0, "wind_speed": speed}, index=index)
    with_mast = SiteData(plants.wind_site(), power, observed=mast)
    valid, up = with_mast.times("power"), np.ones(len(index), dtype=bool)
    names = np.array(REGIMES)[regime(with_mast, valid, STEP, power.to_numpy(), up)]
    for name, low, high in (("0-4 m/s", 0, 4), ("4-8 m/s", 4, 8), ("8-12 m/s", 8, 12), ("over 12 m/s", 12, 99)):
        np.testing.assert_array_equal(names == name, (speed >= low) & (speed < high))
    alone = SiteData(plants.wind_site(), power)
    names = np.array(REGIMES)[regime(alone, valid, STEP, power.to_numpy(), up)]
    share = power.to_numpy() / plants.WIND_CAPACITY
    for name, low, high in (("0-10 %", -1, 0.1), ("10-50 %", 0.1, 0.5), ("50-90 %", 0.5, 0.9), ("over 90 %", 0.9, 9)):
        np.testing.assert_array_equal(names == name, (share >= low) & (share < high))


def test_ramps_are_changes_within_the_hour_before() -> None:
    index = quarter_hours(2)
    power = pd.Series(300.0 + np.arange(len(index)) % 7, index=index)
    power.iloc[40:60] += 600.0
    power.iloc[100] = np.nan
    data = SiteData(plants.wind_site(), power)
    names = np.array(RAMPS)[ramp(data, data.times("power"), STEP, power.to_numpy())]
    assert (names[40:44] == "ramp up").all() and (names[60:64] == "ramp down").all()
    assert (names[44:60] == "calm").all() and names[100] == names[104] == names[0] == "unknown"


def wind_with(**options: Any) -> SiteData:
    return plants.rebuilt(plants.wind(days=22), **options)


@cache
def excused() -> BacktestResult:
    """A backtest with a frozen sensor, values that cannot be, a limit and an outage, six hours each."""
    power = plants.wind(days=22).power
    assert power is not None
    power = power.copy()
    at = plants.START + pd.Timedelta("18D")
    hours = [(power.index > at + pd.Timedelta(hours=h)) & (power.index <= at + pd.Timedelta(hours=h + 6)) for h in
             (0, 6, 12, 18)]  # fmt: skip
    power[hours[0]], power[hours[1]] = 777.0, 9999.0
    curtailed = pd.Series(hours[2], index=power.index)
    available = pd.Series(np.where(hours[3], 0.0, plants.WIND_CAPACITY), index=power.index)
    data = wind_with(power=power, curtailed=curtailed, available_kw=available)
    models = {"last": plants.forecaster("persistence")}
    return fc.backtest(models, data, at - pd.Timedelta("1D"), at + pd.Timedelta("2D"), every="1h", refit=None,
                       progress=False)  # fmt: skip


def test_every_row_that_is_not_scored_has_a_reason() -> None:
    result = excused()
    table = result.excluded()
    row = table.iloc[0]
    assert row["asked"] == row.drop("asked").sum() == 73 * 3
    assert all(row[name] > 0 for name in ("frozen", "out of range", "outage", "curtailed"))
    assert row["n"] == result.scores([]).loc["last", "n"]
    told = result.scores([]).attrs["excluded"]
    assert told == {str(name): int(count) for name, count in row.drop(["asked", "n"]).items() if count}


def test_reasons_are_told_by_group_and_where() -> None:
    result = excused()
    by_day = result.excluded(["day", "lead"])
    assert by_day.index.names == ["day", "lead"]
    assert (by_day.sum() == result.excluded().iloc[0]).all()
    late = result.excluded(where=lambda data: data["lead"] > 1).iloc[0]
    assert late["asked"] == 73 * 2


def test_an_interval_counts_as_limited_where_any_part_was() -> None:
    result = excused()
    data = result.dataset
    names = np.array(labels_of(data["reason"]))[data["reason"].values[0]]
    assert (names == "scored").sum() == data["valid"].values.sum()
    valid = data["issue_time"].values[:, None] + data["lead"].values * np.timedelta64(15, "m")
    limited = names == "curtailed"
    at = np.datetime64((plants.START + pd.Timedelta("18D 12h")).tz_localize(None))
    np.testing.assert_array_equal(limited, (valid > at) & (valid <= at + np.timedelta64(6, "h")))


def test_a_missing_truth_without_a_story_is_missing() -> None:
    power = pd.Series([5.0, np.nan, 7.0], index=quarter_hours(1)[:3])
    data = SiteData(plants.wind_site(), power)
    found = reasons(data, data.times("power"), STEP, power.to_numpy())
    assert [REASONS[place] for place in found] == ["scored", "missing", "scored"]


def test_below_the_floor_is_where_truth_and_all_forecasts_are() -> None:
    result = results.backtest(days=20)
    data = result.dataset
    low = ((data["actual"] < 5) & (data["power"] < 5).all("model") & data["valid"]).values
    assert low.any() and ((data["actual"] < 5).values & ~low).any()
    table = result.excluded(floor=0.05).iloc[0]
    assert table["below floor"] == low.sum()
    scores = result.scores([], floor=0.05)
    assert (scores["n"] == result.scores([])["n"] - low.sum()).all()
    expected = result.scores([], where=data["actual"].copy(data=~low))
    pd.testing.assert_series_equal(scores["rmse"], expected["rmse"])
    with pytest.raises(SettingsError, match="floor is 3; expected a share"):
        result.scores(floor=3)


def test_scores_are_grouped_by_regime_and_ramp_in_their_order() -> None:
    result = excused()
    table = result.scores(["regime", "ramp"]).loc["last"]
    assert table["n"].sum() == result.scores([]).loc["last", "n"]
    regimes = list(dict.fromkeys(table.index.get_level_values("regime")))
    assert regimes == [name for name in REGIMES if name in regimes] and len(regimes) >= 3
    still = result.scores("ramp").loc["last"]
    assert still.loc["calm", "rmse"] < still.loc["ramp up", "rmse"]
    bare = BacktestResult(result.dataset.drop_vars("ramp"))
    with pytest.raises(SettingsError, match="by='ramp' needs the variable 'ramp'"):
        bare.scores("ramp")


def test_days_are_those_of_the_sites_clock() -> None:
    result = results.backtest(days=5)
    frame = result.frame().query("model == 'gbm' and valid")
    local = frame["valid_time"].dt.tz_convert("Asia/Kolkata").dt.floor("D").dt.tz_localize(None)
    expected = (frame["power"] - frame["actual"]).abs().groupby(local.to_numpy()).mean()
    found = result.scores("day").loc["gbm", "mae"]
    assert (found.index == expected.index).all()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert len(result.scores("issue_time").loc["gbm"]) == result.dataset.sizes["issue_time"]


def test_a_saved_backtest_keeps_reasons_and_regimes(tmp_path: Any) -> None:
    result = excused()
    result.save(tmp_path / "kept.nc")
    again = fc.load_backtest(tmp_path / "kept.nc")
    pd.testing.assert_frame_equal(again.scores(["regime"]), result.scores(["regime"]))
    pd.testing.assert_frame_equal(again.excluded("lead"), result.excluded("lead"))
