"""Outages in a backtest: what is lost never arrives, the truth stays, and every level has its scores."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast import SiteData
from forecast.data.outages import checked_outages, outages, without_lost
from forecast.errors import ColumnError, InputTypeError, SettingsError, TimeError

START, END = plants.START + pd.Timedelta("18D"), plants.START + pd.Timedelta("23D")


@cache
def wind() -> SiteData:
    near = plants.wind(seed=9, nwp=False, site=plants.wind_site("near"))
    sources = {"nwp": plants.wind().nwp["nwp"], "runs": plants.weather_runs(26)}
    return plants.rebuilt(
        plants.wind(), nwp=sources, neighbours={"near": near},
        delay={"power": "20min", "runs": "5h"},
    )  # fmt: skip


def schedule(*rows: tuple[str, str, str]) -> pd.DataFrame:
    times = [(name, plants.START + pd.Timedelta(a), plants.START + pd.Timedelta(b)) for name, a, b in rows]
    return pd.DataFrame(times, columns=["source", "start", "end"])


def lost(some: SiteData, *rows: tuple[str, str, str]) -> SiteData:
    return without_lost(some, checked_outages(schedule(*rows), [some]))


def backtest(model: Any, out: pd.DataFrame | None, refit: Any = "never") -> Any:
    return fc.backtest({"one": model}, wind(), START, END, every="105min", refit=refit, progress=False, outages=out)


@cache
def fitted() -> Any:
    return plants.forecaster("ridge").fit(wind().until(START))


def test_what_would_have_become_known_in_an_outage_never_arrives() -> None:
    after = lost(wind(), ("power", "19D", "19D 6h"), ("runs", "20D", "21D"), ("neighbours", "19D", "20D"))
    begin, end = plants.START + pd.Timedelta("19D"), plants.START + pd.Timedelta("19D 6h")
    assert after.power is not None and wind().power is not None
    known = wind().power.index + pd.Timedelta("20min")  # type: ignore[union-attr]
    pd.testing.assert_series_equal(after.power, wind().power[(known <= begin) | (known > end)])  # type: ignore[index]
    published = pd.DatetimeIndex(after.nwp["runs"]["init_time"].to_numpy(), tz="UTC") + pd.Timedelta("5h")  # type: ignore[index]
    day = (published > plants.START + pd.Timedelta("20D")) & (published <= plants.START + pd.Timedelta("21D"))
    assert not day.any() and len(wind().inits("runs")) - len(after.inits("runs")) == 4
    near, before = after.neighbours["near"].power, wind().neighbours["near"].power
    assert near is not None and before is not None and 80 < len(before) - len(near) <= 96
    pd.testing.assert_frame_equal(after.observed, wind().observed)
    pd.testing.assert_series_equal(after.clean, wind().clean[after.power.index])


def test_a_backtests_row_is_predict_on_what_was_left_and_the_truth_stays() -> None:
    out = schedule(
        ("power", "19D", "19D 6h"), ("observed", "19D 3h", "20D"), ("nwp", "20D", "21D"), ("runs", "20D", "22D")
    )
    result, plain = backtest(fitted(), out), backtest(fitted(), None)
    np.testing.assert_array_equal(result.dataset["actual"], plain.dataset["actual"])
    level = result.dataset["level"].sel(model="one").isel(site=0).values
    assert (plain.dataset["level"].sel(model="one") == 0).mean() > 0.9 and len(np.unique(level)) > 4
    left = without_lost(wind(), checked_outages(out, [wind()]))
    for i, moment in enumerate(pd.DatetimeIndex(result.dataset["issue_time"].values, tz="UTC")):
        if i % 7:
            continue
        hidden = plants.START + pd.Timedelta("20D") < moment <= plants.START + pd.Timedelta("21D")
        faced = plants.rebuilt(left, nwp={"runs": left.nwp["runs"]}) if hidden else left
        frame = fitted().predict(faced, moment)
        row = result.dataset.sel(model="one").isel(site=0, issue_time=i)
        assert frame["power"].to_numpy().tobytes() == row["power"].values.tobytes()
        assert frame["level"].tolist() == row["level"].values.tolist()


def test_refits_learn_from_what_was_left() -> None:
    out = schedule(("power", "19D", "20D"))
    result = backtest(plants.forecaster("ridge"), out, refit="2D")
    left = without_lost(wind(), checked_outages(out, [wind()]))
    moments = pd.DatetimeIndex(result.dataset["issue_time"].values, tz="UTC")
    i = int(np.flatnonzero(moments >= START + pd.Timedelta("2D"))[0])  # the first of the second fold
    again = plants.forecaster("ridge").fit(left.until(moments[i]))
    row = result.dataset["power"].sel(model="one").isel(site=0, issue_time=i).values
    assert again.predict(left, moments[i])["power"].to_numpy().tobytes() == row.tobytes()


def test_scores_by_level_are_those_of_the_rows_at_that_level() -> None:
    result = backtest(fitted(), schedule(("power", "19D", "20D 7h"), ("observed", "19D 12h", "22D")))
    table = result.scores(by="level")
    data = result.dataset.isel(site=0)
    for model in ("one", "reference"):
        level, power = (data[name].sel(model=model).values for name in ("level", "power"))
        actual, good = data["actual"].values.astype(float), data["valid"].values
        for k in np.unique(level[good]):
            rows = good & (level == k)
            assert table.loc[(model, k), "n"] == rows.sum()
            wanted = np.sqrt(np.mean((power[rows] - actual[rows]) ** 2))
            assert table.loc[(model, k), "rmse"] == pytest.approx(wanted)
    assert table.loc["one", "n"].sum() == result.scores(by=[]).loc["one", "n"]
    assert {"coverage_90", "skill"} <= set(table)
    both = result.scores(by=["level", "lead"])
    assert both.loc["one", "n"].sum() == table.loc["one", "n"].sum()
    with pytest.raises(SettingsError, match="levels of its own"):
        result.excluded(by="level")


def test_random_outages_are_the_same_for_the_same_random_state() -> None:
    made = outages(["power", "nwp"], START, END, every="12h", lengths=("1h", "5h"), random_state=4)
    pd.testing.assert_frame_equal(made, fc.outages(["power", "nwp"], START, END, "12h", ("1h", "5h"), 4))
    assert set(made["source"]) == {"power", "nwp"} and (made["start"] >= START).all() and (made["end"] <= END).all()
    lengths = (made["end"] - made["start"])[made["end"] < END]
    assert set(lengths) == {pd.Timedelta("1h"), pd.Timedelta("5h")}
    assert not made.equals(outages(["power", "nwp"], START, END, "12h", ("1h", "5h"), 5))
    assert len(outages("power", START, START + pd.Timedelta("1h"), every="900D")) == 0


@pytest.mark.parametrize(
    ("out", "error", "says"),
    [
        ([("power", 1, 2)], InputTypeError, "outages is list, expected a DataFrame"),
        (pd.DataFrame({"source": ["power"]}), ColumnError, "lacks the columns start, end"),
        (schedule(("sun", "1D", "2D")), SettingsError, "outages of sun; sources are neighbours, nwp, observed, power"),
        (schedule(("power", "2D", "2D")), TimeError, "does not lie after its start"),
    ],
)
def test_a_schedule_that_is_none_is_a_typed_error(out: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        backtest(fitted(), out)
    with pytest.raises(SettingsError, match="no outages fit"):
        outages("power", END, START)
