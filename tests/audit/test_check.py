"""`check`: each fault gives its finding, nothing is changed, and any mixture ends in findings or a typed error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast.audit.finding import COLUMNS, SEVERITIES
from forecast.errors import InputTypeError, QuarterhourError

DAY = pd.Timedelta("1D")


def clean_pv(days: float = 60) -> fc.SiteData:
    data = plants.pv(days, nwp=False)
    full = pd.date_range(data.power.index[0], data.power.index[-1], freq="15min")
    return fc.SiteData(data.site, data.power.reindex(full).interpolate(), observed=data.observed)


def of(data: fc.SiteData, what: str) -> pd.DataFrame:
    table = fc.check(data)
    return table[table["what"] == what]


def with_power(data: fc.SiteData, power: pd.Series) -> fc.SiteData:
    return fc.SiteData(data.site, power, observed=data.observed)


def test_a_finding_says_what_where_how_many_how_grave_and_what_was_done() -> None:
    table = fc.check(plants.wind())
    assert list(table.columns) == list(COLUMNS)
    assert set(table["severity"]) <= set(SEVERITIES) and table["sure"].between(0, 1).all()
    assert (table["start"] <= table["end"]).all() and (table["n"] > 0).all()
    assert (table["treatment"].str.len() > 0).all()


def test_something_else_than_data_is_refused() -> None:
    with pytest.raises(InputTypeError, match="takes a SiteData, got Series"):
        fc.check(pd.Series([1.0]))  # type: ignore[arg-type]


def test_a_site_without_power_is_checked_too() -> None:
    table = fc.check(fc.SiteData(plants.pv_site()))
    assert table.empty and list(table.columns) == list(COLUMNS)


@pytest.mark.parametrize("minutes", [-60, -30, -15, 15, 30, 60])
def test_a_clock_that_was_set_is_found_on_its_day(minutes: int) -> None:
    data = clean_pv()
    when = data.power.index[0].normalize() + 30 * DAY
    moved = data.power.index.where(data.power.index <= when, data.power.index + pd.Timedelta(minutes=minutes))
    found = of(fc.SiteData(data.site, data.power.set_axis(moved)), "clock_shift")
    assert (abs(found["start"] - when) <= DAY).any()
    assert found["severity"].iloc[0] == "high"


def test_a_lost_fifth_of_the_plant_is_found_within_a_day() -> None:
    data = clean_pv(80)
    when = data.power.index[0].normalize() + 40 * DAY
    found = of(with_power(data, data.power.where(data.power.index <= when, 0.8 * data.power)), "capacity_changed")
    assert (abs(found["start"] - when) <= DAY).any()


def test_watts_for_kilowatts_are_found_where_they_begin() -> None:
    data = clean_pv()
    when = data.power.index[0].normalize() + 33 * DAY
    found = of(with_power(data, data.power.where(data.power.index <= when, 1000 * data.power)), "unit")
    assert list(found["severity"]) == ["high"]
    assert abs(found["start"].iloc[0] - when) <= DAY


def test_a_summer_time_hour_that_never_was_is_found() -> None:
    index = pd.date_range("2024-03-20", "2024-04-10", freq="15min", tz="UTC")
    rng = np.random.default_rng(3)
    power = pd.Series(1000 + 500 * np.sin(np.arange(len(index)) / 50) + rng.normal(size=len(index)), index)
    wrong = index.tz_convert("Europe/Paris").tz_localize(None).tz_localize("UTC")
    found = of(fc.SiteData(plants.wind_site(), power.set_axis(wrong)), "dst_hole")
    assert len(found) == 1 and found["start"].iloc[0].date() == pd.Timestamp("2024-03-31").date()


def test_duplicates_tell_how_many_disagree() -> None:
    data = plants.wind()
    twice = pd.concat([data.power, data.power.iloc[10:13] + [0.0, 1.0, 0.0]])
    found = of(fc.SiteData(data.site, twice), "duplicates")
    assert found["n"].tolist() == [3] and "1 of them with another value" in found["detail"].iloc[0]


def test_repairs_list_every_value_that_models_do_not_see() -> None:
    data = plants.wind()
    power = data.power.copy()
    power.iloc[100], power.iloc[200] = -99999.0, 5 * data.site.capacity_kw
    spoiled = fc.SiteData(data.site, power)
    listed = spoiled.repairs()
    gone = spoiled.power.notna() & spoiled.clean.isna()
    assert set(listed["label"]) == set(spoiled.power.index[gone])
    assert listed.set_index("label")["why"][power.index[100]] == "out_of_range, sentinel"


def test_repairs_name_sensors_too() -> None:
    data = plants.pv()
    observed = data.observed.copy()
    observed.iloc[50, 1] = -3276.8
    listed = fc.SiteData(data.site, data.power, observed=observed).repairs()
    assert ("observed:temp_air", "out_of_range") in set(zip(listed["input"], listed["why"], strict=True))


FAULTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "shuffled": lambda x: x.sample(frac=1, random_state=4),
    "repeated": lambda x: pd.concat([x, x.iloc[::17] * 1.1]),
    "naive": lambda x: x.tz_localize(None),
    "gap": lambda x: x.drop(x.index[len(x) // 3 : len(x) // 2]),
    "sentinel": lambda x: x.where(np.arange(len(x)) % 97 != 0, -99.0),
    "large sentinel": lambda x: x.where(np.arange(len(x)) % 89 != 0, -1e6),
    "infinite": lambda x: x.where(np.arange(len(x)) % 83 != 0, np.inf),
    "thousand": lambda x: x * 1000,
    "frozen": lambda x: x.where(np.arange(len(x)) % 500 > 60, x.iloc[0]),
    "all missing": lambda x: x * np.nan,
    "one row": lambda x: x.iloc[:1],
    "two rows": lambda x: x.iloc[:2],
    "empty": lambda x: x.iloc[:0],
    "all one label": lambda x: x.set_axis(x.index[:1].repeat(len(x))),
    "texts": lambda x: x.astype(str),
    "missing label": lambda x: x.set_axis(x.index.where(np.arange(len(x)) != 5)),
    "another zone": lambda x: x.tz_convert("America/New_York") if x.index.tz is not None else x,
    "odd labels": lambda x: x.set_axis(x.index + pd.to_timedelta(np.arange(len(x)) % 3, unit="s")),
}


@settings(max_examples=60)
@given(names=st.lists(st.sampled_from(sorted(FAULTS)), max_size=4), kind=st.sampled_from(["pv", "wind"]))
def test_any_mixture_of_faults_gives_findings_or_an_error_that_names_the_remedy(names: list[str], kind: str) -> None:
    plain = plants.pv(24, nwp=False) if kind == "pv" else plants.wind(24, nwp=False)
    power = plain.power
    try:
        for name in names:
            power = FAULTS[name](power)
    except (TypeError, ValueError):
        return  # the fault itself cannot be put into what the others left
    before = power.copy(deep=True)
    try:
        data = fc.SiteData(plain.site, power)
        table = fc.check(data)
    except QuarterhourError as error:
        assert any(word in str(error) for word in ("use ", "drop", "tz_localize", "needed", "state ", "expected"))
        return
    pd.testing.assert_series_equal(power, before)
    assert list(table.columns) == list(COLUMNS)
    # each raw value is the caller's own, the first of its label
    first = power[~power.index.duplicated()].sort_index()
    np.testing.assert_array_equal(data.power.to_numpy(), first.to_numpy(dtype=float))
    if len(data.power) > 1:
        clean, raw = data.clean.to_numpy(), data.power.to_numpy()
        same = np.isclose(clean, raw, rtol=0, atol=0, equal_nan=True) | np.isnan(clean)
        assert same.all()
        changed = np.isnan(clean) & np.isfinite(raw)
        assert changed.sum() <= len(data.repairs())
