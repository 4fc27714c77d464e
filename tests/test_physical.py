"""Physics as a forecaster: without any power, with little and with enough, pure, saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import ColumnError, NotEnoughDataError, SiteError
from forecast.models import Blend, Physical, Ridge
from forecast.models.stated import StatedUncertainty
from forecast.site import PVSite, WindSite

AT = plants.START + pd.Timedelta("20D 9h")
SETTINGS: dict[str, Any] = {"horizon": "2h", "step": "15min", "quantiles": (0.05, 0.25, 0.5, 0.75, 0.95)}


def physical(model: Any = "physical", **changes: Any) -> fc.Forecaster:
    return fc.Forecaster(model=model, **(SETTINGS | changes))


@cache
def record(kind: str) -> fc.SiteData:
    return plants.pv(days=24, observed=False) if kind == "pv" else plants.wind(days=24, observed_step=None)


def cold(kind: str) -> fc.SiteData:
    data = record(kind)
    return fc.SiteData(data.site, nwp=dict(data.nwp))


@cache
def fitted(kind: str, history: str) -> fc.Forecaster:
    return physical().fit(cold(kind) if history == "none" else record(kind).until(plants.START + pd.Timedelta("18D")))


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_without_any_power_there_is_a_forecast_with_quantiles(kind: str) -> None:
    forecaster = fitted(kind, "none")
    frame = forecaster.predict(cold(kind), at=AT - pd.Timedelta("3h"))
    assert len(frame) == 8 and frame.index[0] == AT - pd.Timedelta("2h45min")
    values = frame.drop(columns=["reason"]).to_numpy(dtype=float)
    assert np.isfinite(values).all() and (values >= 0).all()
    assert frame["power"].max() > 0 and frame["power"].max() <= record(kind).site.capacity_kw
    quantiles = frame[["q05", "q25", "q50", "q75", "q95"]].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all() and (quantiles[:, -1] > quantiles[:, 0]).all()
    assert (frame["level"] == 0).all() and (frame["reason"] == "").all()
    night = forecaster.predict(cold(kind), at=AT + pd.Timedelta("7h"))  # 00:00 in China
    assert (night["q95"] == 0).all() == (kind == "pv")


@pytest.mark.parametrize("kind", ["pv", "wind"])
@pytest.mark.parametrize("history", ["none", "weeks"])
def test_a_single_forecast_is_the_row_of_many_bit_for_bit(kind: str, history: str) -> None:
    data = record(kind) if history == "weeks" else cold(kind)
    forecaster = fitted(kind, history)
    moments = plants.nanoseconds([AT + pd.Timedelta(minutes=15 * i) for i in (0, 1, 7, 40, 41, 96, 171)])
    many, _ = forecaster.forecasts(data, moments)
    for i, moment in enumerate(moments):
        at = pd.Timestamp(moment, tz="UTC")
        frame = forecaster.predict(data.until(at), at=at)
        assert frame["power"].to_numpy().tobytes() == many.power[i].tobytes()
        assert frame.filter(like="q").to_numpy().tobytes() == many.quantiles[i].tobytes()
        assert (frame["level"].to_numpy() == many.level[i]).all()


@pytest.mark.parametrize("kind", ["pv", "wind"])
@pytest.mark.parametrize("history", ["none", "weeks"])
def test_saved_and_loaded_it_forecasts_the_same_bits(kind: str, history: str, tmp_path: Path) -> None:
    forecaster, data = fitted(kind, history), record(kind)
    forecaster.save(tmp_path / "model.qh")
    pd.testing.assert_frame_equal(fc.load(tmp_path / "model.qh").predict(data, AT), forecaster.predict(data, AT))
    assert isinstance(forecaster.uncertainty_, StatedUncertainty) == (history == "none")


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_power_after_the_issue_time_changes_nothing_and_power_before_it_does(kind: str) -> None:
    forecaster, data = fitted(kind, "weeks"), record(kind)
    assert data.power is not None
    nonsense = data.power.where(data.power.index <= AT, 0.37 * data.site.capacity_kw)
    earlier = data.power.where(data.power.index < AT, 0.37 * data.site.capacity_kw)
    frame = forecaster.predict(data, AT)
    assert frame["power"].max() > 0
    pd.testing.assert_frame_equal(forecaster.predict(plants.rebuilt(data, power=nonsense), AT), frame)
    assert (forecaster.predict(plants.rebuilt(data, power=earlier), AT)["power"] != frame["power"]).any()


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_history_corrects_physics_and_its_errors_widen_the_quantiles(kind: str) -> None:
    data = record(kind)
    start, end = plants.START + pd.Timedelta("18D"), plants.START + pd.Timedelta("23D")
    models = {name: physical(name) for name in ("physical", "climatology")}
    scores = fc.backtest(models, data, start, end, every="45min", refit=None, progress=False).scores(by=[])
    alone = fc.backtest({"cold": fitted(kind, "none")}, data, start, end, every="45min", refit="never", progress=False)
    assert scores.loc["physical", "rmse"] < scores.loc["climatology", "rmse"]
    assert scores.loc["physical", "rmse"] < alone.scores(by=[]).loc["cold", "rmse"]
    assert 0.7 < scores.loc["physical", "coverage_90"] <= 1.0


@pytest.mark.parametrize("kind", ["pv", "wind"])
def test_any_little_history_will_do(kind: str) -> None:
    data = record(kind)
    for length in ("1h", "5h", "2D", "6D"):
        known = data.until(plants.START + pd.Timedelta(length))
        frame = physical().fit(known).predict(data, AT)
        assert np.isfinite(frame[["power", "q05", "q95"]].to_numpy()).all()


def test_without_weather_at_the_valid_time_the_level_says_so() -> None:
    for kind in ("pv", "wind"):
        data = record(kind)
        weather = data.nwp["nwp"]
        assert isinstance(weather, pd.DataFrame)
        short = plants.rebuilt(data, nwp=weather[weather.index <= AT - pd.Timedelta("1h")])
        for history in ("none", "weeks"):
            frame = fitted(kind, history).predict(short, AT)
            assert (frame["level"] == 1).all() and (frame["reason"] == "no nwp").all()
            assert np.isfinite(frame["power"]).all() and frame["power"].max() > 0
    assert data.power is not None
    late = plants.rebuilt(data, power=data.power[data.power.index <= AT - pd.Timedelta("1D")])
    assert (fitted("wind", "weeks").predict(late, AT)["reason"] == "no power").all()


def test_what_physics_cannot_do_without_is_named() -> None:
    wind_, pv_ = record("wind"), record("pv")
    with pytest.raises(ColumnError, match="wind_speed_10m.*there are none"):
        physical().fit(fc.SiteData(wind_.site))
    with pytest.raises(ColumnError, match="ghi, or dni and dhi.*nwp:wind_speed_100m"):
        physical().fit(fc.SiteData(pv_.site, nwp=dict(wind_.nwp)))
    with pytest.raises(SiteError, match="latitude and longitude"):
        physical().fit(fc.SiteData(plants.pv_site(position=False), nwp=dict(pv_.nwp)))
    with pytest.raises(NotEnoughDataError, match="model='physical'"):
        physical("climatology").fit(cold("wind"))
    with pytest.raises(SiteError, match="MM92/2050"):
        site = WindSite("ridge", 2050, power_curve="MM82/2050")
        physical().fit(fc.SiteData(site, nwp=dict(wind_.nwp)))


def test_one_physics_serves_many_sites_also_new_ones() -> None:
    sites = [
        fc.SiteData(WindSite(f"w{i}", 1000 * (i + 1), power_curve=curve), nwp=dict(record("wind").nwp))
        for i, curve in enumerate((None, "E-101/3050"))
    ]
    forecaster = physical().fit([*sites, record("wind").until(AT)])
    new = fc.SiteData(WindSite("new", 500), nwp=dict(record("wind").nwp))
    first, other = forecaster.predict(sites[0], AT), forecaster.predict(new, AT)
    np.testing.assert_allclose(other["power"] / 500, first["power"] / 1000, rtol=1e-6)
    with pytest.raises(SiteError, match="fitted on wind"):
        physical().fit(sites[0]).predict(new, AT)


def test_modules_in_the_south_face_north() -> None:
    index = pd.date_range("2024-06-21", periods=49, freq="1h", tz="UTC")
    site = PVSite("veld", 100.0, latitude=-33.9, longitude=18.4)
    weather = pd.DataFrame({"ghi": 900 * plants.clear_sky_share(index, -33.9, 18.4)}, index=index)
    at, day = "2024-06-21 03:00Z", {"horizon": "18h"}
    energy = {
        azimuth: physical(**day)
        .fit(fc.SiteData(s, nwp=weather))
        .predict(fc.SiteData(s, nwp=weather), at)["power"]
        .sum()
        for azimuth, s in ((a, replace(site, surface_azimuth=a)) for a in (None, 0.0, 180.0))
    }
    assert energy[None] == energy[0.0] > 2 * energy[180.0] > 0


def test_as_a_member_of_a_blend_its_power_is_a_feature_of_the_others() -> None:
    data = record("wind")
    forecaster = physical(Blend([Physical(), Ridge()]), horizon="30min").fit(data.until(AT))
    assert {"physical_power", "physical_error"} <= set(forecaster.importance().index)
    assert forecaster.predict(data, AT)["power"].between(0, data.site.capacity_kw).all()
    plain = physical("ridge", horizon="30min").fit(data.until(AT))
    assert "physical_power" not in plain.importance().index


def test_weather_in_several_tables_of_different_steps_is_one_weather() -> None:
    data = record("wind")
    weather = data.nwp["nwp"]
    assert isinstance(weather, pd.DataFrame)
    coarse, gone = weather.iloc[2::3], weather[weather.index < AT]
    power = {
        name: physical().fit(d).predict(d, AT)["power"].to_numpy()
        for name, other in {"same": weather, "coarse": coarse, "gone": gone}.items()
        for d in [fc.SiteData(data.site, nwp={"fine": weather, "other": other})]
    }
    alone = physical().fit(cold("wind")).predict(cold("wind"), AT)["power"].to_numpy()
    assert power["same"].tobytes() == alone.tobytes() == power["gone"][-8:].tobytes()
    assert (power["coarse"] != alone).any() and np.isfinite(power["coarse"]).all()


def test_two_weeks_of_la_haute_borne_beat_climatology_and_persistence_at_four_hours(shared_data: Path) -> None:
    sites = Path(__file__).resolve().parents[1] / "benchmarks" / "sites.toml"
    data: fc.SiteData = fc.SiteData.from_toml(sites, "la_haute_borne.R80711_era5", folder=shared_data)
    start = pd.Timestamp("2015-03-01", tz="UTC")
    task = {"horizon": "4h", "step": "10min", "first_lead": 24}
    models = {m: fc.Forecaster(model=m, **task) for m in ("physical", "climatology", "persistence")}
    end = start + pd.Timedelta("60D")
    known = data.between(start - pd.Timedelta("30D"), end)
    result = fc.backtest(models, known, start, end, every="1h", refit=None, window="14D", progress=False)
    rmse = result.scores(by=[])["rmse"]
    assert rmse["physical"] < 0.95 * min(rmse["climatology"], rmse["persistence"])


def test_weather_runs_serve_physics_as_they_were_known() -> None:
    plain, runs = plants.wind(nwp=False), plants.weather_runs(26)
    data = plants.rebuilt(plain, nwp={"runs": runs}, delay={"power": "0min", "runs": "5h"})
    cold_start = fc.SiteData(data.site, nwp={"runs": runs}, delay={"runs": "5h"})
    for known, forecaster in ((data, physical().fit(data)), (cold_start, physical().fit(cold_start))):
        moments = plants.nanoseconds([AT + pd.Timedelta(minutes=15 * i) for i in (0, 9, 40)])
        many, _ = forecaster.forecasts(known, moments)
        for i, moment in enumerate(moments):
            at = pd.Timestamp(moment, tz="UTC")
            frame = forecaster.predict(known.until(at), at)
            assert frame["power"].to_numpy().tobytes() == many.power[i].tobytes()
        assert (many.power[0] != many.power[2]).any()
