"""THE OTHER GUARD: `predict` = the backtest's row = the live forecast, bit for bit, for every model.

With more or less history attached, with columns in another order, and without a change to anything that was passed in.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.errors import ColumnError
from forecast.evaluation import BacktestResult

each_case = pytest.mark.parametrize("case", cases.CASES)
each_model = pytest.mark.parametrize("model", cases.MODELS)
DAYS = pd.Timedelta("3D")


@cache
def backtested(case: str, model: str) -> BacktestResult:
    """Return forecasts of a fitted forecaster at every step of the power's own over some days."""
    data = cases.case(case)
    every = pd.Timedelta(data.power_step_ns, unit="ns")
    start = cases.split(case) + pd.Timedelta("1D")
    end = start + (DAYS if every > pd.Timedelta("1min") else DAYS / 6)
    return fc.backtest({"one": cases.fitted(case, model)}, data, start, end, every=every, refit="never", progress=False)


def row_of(result: BacktestResult, i: int, model: str = "one") -> list[bytes]:
    """Return the bits of a backtest's row: power, quantiles, level."""
    row = result.dataset.sel(model=model).isel(site=0, issue_time=i)
    return [row["power"].values.tobytes(), row["quantiles"].values.tobytes(), row["level"].values.astype(int).tobytes()]


def row_from(frame: pd.DataFrame) -> list[bytes]:
    quantiles = frame.filter(regex=r"^q\d+$").to_numpy()
    return [frame["power"].to_numpy().tobytes(), quantiles.tobytes(), frame["level"].to_numpy().tobytes()]


def moment(result: BacktestResult, i: int) -> pd.Timestamp:
    return pd.Timestamp(result.dataset["issue_time"].values[i], tz="UTC")


@each_model
@each_case
def test_predict_equals_the_backtests_row_with_more_or_less_history_attached(case: str, model: str) -> None:
    data, forecaster, result = cases.case(case), cases.fitted(case, model), backtested(case, model)
    late = pd.Timedelta(max(data.delays.values()), unit="ns")
    rng = np.random.default_rng(len(case) + len(model))
    for i in rng.choice(result.dataset.sizes["issue_time"], size=5, replace=False):
        at = moment(result, i)
        begin = at - forecaster.history_needed - late
        little = data.between(begin, at)  # labels until the issue time, also of what is not yet known
        more = data.between(begin - pd.Timedelta(hours=float(rng.uniform(0, 200))), at + pd.Timedelta("1D"))
        for attached in (data, data.until(at), little, little.until(at), more):
            assert row_from(forecaster.predict(attached, at)) == row_of(result, int(i))


@pytest.mark.parametrize("case", ["wind, every input", "minutes"])
def test_predict_between_two_issue_times_is_the_forecast_of_the_one_before(case: str) -> None:
    data, forecaster, result = cases.case(case), cases.fitted(case, "ridge"), backtested(case, "ridge")
    at = moment(result, 17)
    frame = forecaster.predict(data, at + pd.Timedelta(data.power_step_ns - 1, unit="ns"))
    assert row_from(frame) == row_of(result, 17)
    assert pd.Timestamp(frame.attrs["issue_time"]) == at


def test_two_hundred_random_issue_times_are_the_backtests_rows() -> None:
    case = "wind, every input"
    data, forecaster, result = cases.case(case), cases.fitted(case, "ridge"), backtested(case, "ridge")
    rows = np.random.default_rng(7).choice(result.dataset.sizes["issue_time"], size=200, replace=False)
    assert all(row_from(forecaster.predict(data, moment(result, i))) == row_of(result, i) for i in map(int, rows))


def test_the_long_table_of_a_backtest_has_the_same_bits() -> None:
    result = backtested("pv", "ridge")
    table = result.frame().query("model == 'one'").set_index("issue_time")
    for i in (0, 50, 101):
        rows = table.loc[moment(result, i)].set_index("valid_time")
        frame = cases.fitted("pv", "ridge").predict(cases.case("pv"), moment(result, i))
        for name in frame.columns.drop(["potential", "reason"]):
            assert rows[name].tolist() == frame[name].tolist()
        assert list(rows.index) == list(frame.index)


@pytest.mark.parametrize("refit", ["17h", None])
def test_a_refitted_backtests_row_is_that_of_a_forecaster_fitted_on_what_was_known(refit: str | None) -> None:
    data = cases.case("wind, every input")
    start = cases.split("wind, every input")
    model = plants.forecaster("ridge")
    result = fc.backtest(
        {"one": model}, data, start, start + pd.Timedelta("2D"), every="3h", refit=refit, progress=False
    )
    for i, hours in ((0, 0), (5, 0), (6, 18 if refit else 0), (16, 36 if refit else 0)):
        fitted = plants.forecaster("ridge").fit(data.until(start + pd.Timedelta(hours=hours)))
        at = start + i * pd.Timedelta("3h")
        assert row_from(fitted.predict(data, at)) == row_of(result, i)
        reference = plants.forecaster("reference").fit(data.until(start + pd.Timedelta(hours=hours)))
        assert row_from(reference.predict(data, at)) == row_of(result, i, "reference")


def test_the_real_default_keeps_the_promise_on_a_small_record() -> None:
    data = plants.wind(days=13)
    at = plants.START + pd.Timedelta("12D")
    forecaster = Forecaster(horizon="30min").fit(data.until(at))
    assert forecaster.model == "lightgbm"
    result = fc.backtest({"one": forecaster}, data, at, at + pd.Timedelta("5h"), refit="never", progress=False)
    for i in (0, 7, 20):
        assert row_from(forecaster.predict(data.until(moment(result, i)), moment(result, i))) == row_of(result, i)
        assert row_from(forecaster.predict(data, moment(result, i))) == row_of(result, i)


def everything_in(data: SiteData) -> list[Any]:
    """Return deep copies of all tables of a site and its neighbours."""
    own = [data.power, data.observed, data.available_kw, data.curtailed, data.plan, *data.nwp.values()]
    tables = [copy.deepcopy(table) for table in own if table is not None]
    return tables + [table for near in data.neighbours.values() for table in everything_in(near)]


def same_tables(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and all(
        a.identical(b) if hasattr(a, "identical") and hasattr(a, "dims") else a.equals(b) and a.index.equals(b.index)
        for a, b in zip(before, after, strict=True)
    )


@each_case
def test_nothing_that_was_passed_in_is_changed(case: str) -> None:
    data = cases.CASES[case]()
    before = everything_in(data)
    model = cases.fitted(case, "ridge").model
    forecaster = plants.forecaster(model, **cases.hourly(case))
    known = vars(forecaster).copy()
    at = cases.split(case)
    every = pd.Timedelta(60 * data.power_step_ns, unit="ns")
    fc.backtest({"one": forecaster}, data, at, at + 4 * every, every=every, progress=False)
    assert vars(forecaster) == known
    forecaster.fit(data.until(at)).predict(data, at)
    forecaster.explain(data, at)
    assert same_tables(before, everything_in(data))


@each_model
def test_columns_in_another_order_give_the_same_bits(model: str) -> None:
    data, forecaster = cases.case("wind, every input"), cases.fitted("wind, every input", model)
    assert data.observed is not None
    turned = plants.rebuilt(
        data,
        observed=data.observed.iloc[:, ::-1].assign(extra=3.0),
        nwp={**data.nwp, "nwp": data.nwp["nwp"].iloc[:, ::-1]},  # type: ignore[union-attr]
    )
    for at in cases.issue_times("wind, every input", 3):
        assert row_from(forecaster.predict(turned, at)) == row_from(forecaster.predict(data, at))


@pytest.mark.parametrize("what", ["observed", "nwp"])
@pytest.mark.parametrize("how", ["missing", "renamed", "in capitals"])
def test_columns_that_are_missing_or_renamed_are_a_typed_error_that_names_them(what: str, how: str) -> None:
    data, forecaster = cases.case("wind, every input"), cases.fitted("wind, every input", "ridge")
    table = data.observed if what == "observed" else data.nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    name = table.columns[1]
    changed = {
        "missing": table.drop(columns=name),
        "renamed": table.rename(columns={name: "other"}),
        "in capitals": table.rename(columns={name: name.upper()}),
    }[how]
    now = plants.rebuilt(
        data, **({"observed": changed} if what == "observed" else {"nwp": {**data.nwp, "nwp": changed}})
    )
    with pytest.raises(ColumnError, match=f"{what}: columns {name} were there in training"):
        forecaster.predict(now)
    with pytest.raises(ColumnError, match=name):
        at = cases.split("wind, every input")
        fc.backtest({"one": forecaster}, now, at, at, refit="never", progress=False)
