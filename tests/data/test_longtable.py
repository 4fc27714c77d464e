"""Many sites from one long table are those of their own rows, however the rows lie."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import forecast as fc
from forecast.data import SiteData
from forecast.data.siterows import SiteRows
from forecast.errors import ColumnError, InputTypeError, SiteError, TimeError

COLUMNS = ["wind_speed", "wind_direction"]
DELAY = {"power": "5min", "observed": "1min"}


def sites() -> list[fc.WindSite]:
    return [fc.WindSite(name, 900.0 + 10 * i) for i, name in enumerate(("c", "a", "b"))]


def table(rows: int = 700) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    parts = []
    for i, name in enumerate("abc"):
        times = pd.date_range("2024-03-30", periods=rows - 40 * (name == "b"), freq="15min", tz="Europe/Paris")
        speed = 7 + 3 * np.sin(np.arange(len(times)) / 25 + i) + rng.normal(size=len(times))
        part = {"site": name, "time": times, "power": 60 * speed, "wind_speed": speed,
                "wind_direction": rng.uniform(0, 360, len(times))}  # fmt: skip
        parts.append(pd.DataFrame(part))
    made = pd.concat(parts, ignore_index=True)
    made.loc[rng.integers(0, len(made), 60), "power"] = np.nan
    return made


def alone(given: pd.DataFrame, **options: Any) -> dict[str, SiteData]:
    out = {}
    for site in sites():
        own = given[given["site"].astype(str) == site.name].set_index("time")
        out[site.name] = SiteData(site, own["power"], observed=own[COLUMNS], **options)
    return out


def equal(found: dict[str, SiteData], wanted: dict[str, SiteData]) -> None:
    assert list(found) == list(wanted)
    for name, data in wanted.items():
        other = found[name]
        assert other.site == data.site and other.delays == data.delays and other.labels == data.labels
        assert other.tidied == data.tidied and other.newest == data.newest and other.timezone == data.timezone
        loose: Any = {"check_index_type": False, "check_freq": False, "check_names": False}
        pd.testing.assert_series_equal(other.power, data.power, **loose)
        pd.testing.assert_frame_equal(other.observed, data.observed, check_column_type=False, **loose)
        for what in ("power", "observed"):
            np.testing.assert_array_equal(other.times(what), data.times(what))
            np.testing.assert_array_equal(other.values(what), data.values(what))
            assert other.has(what)


@pytest.mark.parametrize("label", ["end", "start", {"power": "start", "observed": "end"}])
@pytest.mark.parametrize("how", ["site by site", "time by time", "shuffled", "categorical", "twice"])
def test_each_site_is_what_its_own_rows_make(how: str, label: Any) -> None:
    given = table()
    if how == "time by time":
        given = given.sort_values(["time", "site"], ignore_index=True)
    if how == "shuffled":
        given = given.sample(frac=1, random_state=1, ignore_index=True)
    if how == "categorical":
        given["site"] = given["site"].astype(pd.CategoricalDtype(["b", "z", "a", "c"]))
    if how == "twice":
        given = pd.concat([given, given.iloc[5:9].assign(power=1.0)], ignore_index=True)
    found = SiteData.from_long(given, sites(), observed=COLUMNS, delay=DELAY, label=label)
    equal(found, alone(given, delay=DELAY, label=label))


def test_forecasts_alone_together_and_of_what_was_known_are_the_same_bits() -> None:
    given, at = table(), pd.Timestamp("2024-04-05T12:00Z")
    found, wanted = SiteData.from_long(given, sites(), observed=COLUMNS), alone(given)
    forecaster = fc.Forecaster("ridge", horizon="1h", step="15min").fit(list(wanted.values()))
    each = dict.fromkeys(wanted, forecaster)
    pd.testing.assert_frame_equal(fc.predict_fleet(each, found, at), fc.predict_fleet(each, wanted, at))
    for name, data in found.items():
        pd.testing.assert_frame_equal(forecaster.predict(data, at), forecaster.predict(wanted[name], at))
        pd.testing.assert_frame_equal(forecaster.predict(data.until(at)), forecaster.predict(wanted[name].until(at)))
        again = copy.deepcopy(data)  # as a worker gets it
        pd.testing.assert_frame_equal(forecaster.predict(again, at), forecaster.predict(data, at))


def test_no_table_of_pandas_is_made_for_a_fleet() -> None:
    found = SiteData.from_long(table(), sites(), observed={"wind_speed": "wind_speed"})
    forecaster = fc.Forecaster("ridge", horizon="1h", step="15min").fit(list(found.values()))
    fresh = SiteData.from_long(table(), sites(), observed={"wind_speed": "wind_speed"})
    fc.predict_fleet(dict.fromkeys("abc", forecaster), {"a": fresh["a"], "b": fresh["b"], "c": fresh["c"]})
    own = [name for data in fresh.values() for name in ("power", "observed") if name in vars(data)]
    assert own == [] and all(isinstance(data, SiteRows) for data in fresh.values())
    assert fresh["a"].power is not None and fresh["a"].power.max() > 100
    assert fresh["a"].available_kw is None


def overwritten(given: pd.DataFrame, how: str) -> None:
    if how == "column":
        given.loc[:, "power"] = 0.0
        given["wind_speed"] *= 2
    elif how == "rows":
        given.iloc[50:900, 2:] = 1.0
    elif how == "block":
        given.loc[:, COLUMNS] = 3.0
        given[given.select_dtypes("number") > 5] = np.nan
    elif how == "times":
        given["time"] += pd.Timedelta("1h")
        given.loc[3:600, "time"] = given["time"].iloc[0]


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[::-1], ["wind_direction"]])  # as they lie, and not
@pytest.mark.parametrize("how", ["column", "rows", "block", "times"])
def test_what_is_written_into_the_table_later_changes_nothing(how: str, columns: list[str]) -> None:
    given, wanted = table(), SiteData.from_long(table(), sites(), observed=columns)
    found = SiteData.from_long(given, sites(), observed=columns)
    shallow = {name: copy.copy(data) for name, data in found.items()}
    kept = {name: copy.deepcopy(data) for name, data in found.items()}
    del found
    overwritten(given, how)
    for some in (shallow, kept):
        for name, data in some.items():
            for what in ("power", "observed"):
                np.testing.assert_array_equal(data.times(what), wanted[name].times(what))
                np.testing.assert_array_equal(data.values(what), wanted[name].values(what))


def test_a_worker_gets_the_rows_of_its_own_site() -> None:
    found = SiteData.from_long(table(), sites(), observed=COLUMNS)
    assert len(pickle.dumps(found["a"])) < 0.5 * table().memory_usage(deep=False).sum()


def test_a_site_without_rows_has_empty_tables_and_the_others_go_on() -> None:
    more = [*sites(), fc.WindSite("new", 500.0)]
    found = SiteData.from_long(table(), more, observed=COLUMNS)
    assert len(found["new"].times("power")) == 0 and len(found["a"].times("power")) == 700
    forecaster = fc.Forecaster("ridge", horizon="1h", step="15min").fit([found[name] for name in "abc"])
    frame = fc.predict_fleet(dict.fromkeys(found, forecaster), found, pd.Timestamp("2024-04-05T12:00Z"))
    assert len(frame.loc["a"]) == 4 and frame.loc["new", "reason"].str.len().min() > 0


@pytest.mark.parametrize(
    ("change", "options", "error", "match"),
    [
        (lambda t: t.to_dict(), {}, InputTypeError, "table is dict, expected a pandas DataFrame"),
        (lambda t: t.drop(columns="power"), {}, ColumnError, "no column 'power'"),
        (lambda t: t, {"observed": ["wind_sped"]}, ColumnError, "did you mean 'wind_speed'"),
        (lambda t: t.assign(site=t["site"].replace("b", "bb")), {}, SiteError, "rows of 'bb'; sites has c, a, b"),
        (lambda t: t.assign(site=t["site"].where(t.index > 3)), {}, SiteError, "rows of None"),
        (lambda t: t.assign(time=t["time"].dt.tz_localize(None)), {}, TimeError, "time: the index has no time zone"),
        (lambda t: t.assign(wind_speed="much"), {"observed": COLUMNS}, InputTypeError, "wind_speed holds"),
    ],
)
def test_what_cannot_be_used_is_named(change: Any, options: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        SiteData.from_long(change(table(80)), sites(), **options)


def test_sites_that_cannot_be_told_apart_are_named() -> None:
    with pytest.raises(SiteError, match="the name 'a' twice"):
        SiteData.from_long(table(80), [*sites(), fc.PVSite("a", 5.0)])
    with pytest.raises(InputTypeError, match="sites is empty"):
        SiteData.from_long(table(80), [])
    with pytest.raises(InputTypeError, match="sites holds str"):
        SiteData.from_long(table(80), {"a": fc.WindSite("a", 5.0)})  # type: ignore[arg-type]
