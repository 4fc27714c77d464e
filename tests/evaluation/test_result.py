from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.errors import ColumnError, InputTypeError, ReadingError, SettingsError, ShapeError, TimeError
from forecast.evaluation import BacktestResult, load_backtest


def test_the_frame_holds_every_forecast_in_its_row(result: BacktestResult) -> None:
    frame = result.frame()
    names = "model site issue_time lead valid_time actual valid power q05 q10 q25 q50 q75 q90 q95 level"
    assert list(frame.columns) == names.split()
    assert len(frame) == 3 * 2 * 60 * 3
    assert str(frame["issue_time"].dt.tz) == str(frame["valid_time"].dt.tz) == "UTC"
    ahead = frame["lead"] * pd.Timedelta("30min")
    assert (frame["valid_time"] - frame["issue_time"] == ahead).all()
    data = result.dataset
    for row in frame.sample(40, random_state=1).itertuples():
        at = {"site": row.site, "issue_time": row.issue_time.tz_localize(None), "lead": row.lead}
        np.testing.assert_equal(row.actual, float(data["actual"].sel(at)))
        assert row.valid == bool(data["valid"].sel(at))
        np.testing.assert_equal(row.power, float(data["power"].sel({**at, "model": row.model})))
        np.testing.assert_equal(row.q25, float(data["quantiles"].sel({**at, "model": row.model, "quantile": 0.25})))
        assert row.level == int(data["level"].sel({**at, "model": row.model}))


def test_columns_of_unusual_levels_keep_their_decimals(make: Callable[..., BacktestResult]) -> None:
    assert list(make(levels=[0.025, 0.5]).frame().columns[8:]) == ["q025", "q50", "level"]


def test_the_frame_does_not_depend_on_the_order_of_dims(result: BacktestResult) -> None:
    turned = BacktestResult(result.dataset.transpose("lead", "quantile", "issue_time", ...))
    pd.testing.assert_frame_equal(turned.frame(), result.frame())


def test_a_saved_backtest_comes_back_the_same(result: BacktestResult, tmp_path: Path) -> None:
    path = tmp_path / "backtest.nc"
    before = result.dataset.copy(deep=True)
    result.save(path)
    assert result.dataset.identical(before)
    assert [p.name for p in tmp_path.iterdir()] == ["backtest.nc"]
    back = load_backtest(path)
    assert back.dataset.identical(result.dataset)
    for name, values in result.dataset.variables.items():
        if values.dtype.kind not in "OUT":
            assert back.dataset[name].dtype == values.dtype, name
    pd.testing.assert_frame_equal(back.frame(), result.frame())
    pd.testing.assert_frame_equal(back.scores(["site", "hour"]), result.scores(["site", "hour"]))
    result.save(str(path))  # over an older one


def test_a_saved_backtest_is_plain_netcdf(result: BacktestResult, tmp_path: Path) -> None:
    import xarray as xr

    result.save(tmp_path / "backtest.nc")
    with xr.open_dataset(tmp_path / "backtest.nc", engine="h5netcdf") as plain:
        assert plain["power"].equals(result.dataset["power"])
        assert plain.attrs["step"] == "30min"


def test_a_failed_save_leaves_nothing_behind(result: BacktestResult, tmp_path: Path) -> None:
    broken = BacktestResult(result.dataset.assign_attrs(settings={"not": "an attribute"}))
    with pytest.raises(TypeError, match="Invalid value for attr"):
        broken.save(tmp_path / "backtest.nc")
    assert not list(tmp_path.iterdir())


def test_files_that_are_something_else_are_refused(result: BacktestResult, tmp_path: Path) -> None:
    text, foreign, newer = tmp_path / "a.nc", tmp_path / "b.nc", tmp_path / "c.nc"
    text.write_text("not a netCDF file")
    with pytest.raises(ReadingError, match="not a netCDF"):
        load_backtest(text)
    result.dataset.to_netcdf(foreign, engine="h5netcdf")
    with pytest.raises(ReadingError, match="not one that result.save wrote"):
        load_backtest(foreign)
    result.dataset.assign_attrs(quarterhour_backtest=99).to_netcdf(newer, engine="h5netcdf")
    with pytest.raises(ReadingError, match="format 99, this version reads up to 1"):
        load_backtest(newer)
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_backtest(tmp_path / "nowhere.nc")


def test_a_damaged_file_is_refused(result: BacktestResult, tmp_path: Path) -> None:
    path = tmp_path / "backtest.nc"
    result.save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ReadingError, match="damaged"):
        load_backtest(path)


def test_the_report_is_asked_for_by_name_with_its_options(
    result: BacktestResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    report = types.ModuleType("forecast.report")
    report.write = lambda *args, **options: asked.append((*args, options))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "forecast.report", report)
    result.report("page.html", title="a title")
    assert asked == [(result, "page.html", {"title": "a title"})]


def test_a_dataset_of_another_shape_is_refused(result: BacktestResult) -> None:
    data = result.dataset
    with pytest.raises(InputTypeError, match="got DataFrame"):
        BacktestResult(data["actual"].to_dataframe())  # type: ignore[arg-type]
    with pytest.raises(ColumnError, match="lacks quantiles; needed are power, quantiles"):
        BacktestResult(data.drop_vars("quantiles"))
    with pytest.raises(ColumnError, match="lacks capacity_kw"):
        BacktestResult(data.drop_vars("capacity_kw"))
    with pytest.raises(ColumnError, match="attribute 'step'"):
        BacktestResult(data.drop_attrs())
    with pytest.raises(SettingsError, match="sites share a name: north, north"):
        BacktestResult(data.assign_coords(site=["north", "north"]))
    with pytest.raises(ShapeError, match="actual has the dims"):
        BacktestResult(data.assign(actual=data["actual"].isel(lead=0, drop=True)))
    with pytest.raises(TimeError, match="issue_time holds int64"):
        BacktestResult(data.assign_coords(issue_time=np.arange(60)))


def test_coarser_times_become_nanoseconds(result: BacktestResult) -> None:
    coarse = result.dataset["issue_time"].values.astype("datetime64[s]")
    again = BacktestResult(result.dataset.assign_coords(issue_time=coarse))
    assert again.dataset["issue_time"].dtype == np.dtype("datetime64[ns]")
    pd.testing.assert_frame_equal(again.scores("hour"), result.scores("hour"))


def test_it_says_what_it_is(result: BacktestResult) -> None:
    assert repr(result) == ("BacktestResult(gbm, reference, plain; 2 site(s), 60 issue times, 3 lead(s) of 30min)")
    assert (result.models, result.sites) == (["gbm", "reference", "plain"], ["field", "ridge"])
