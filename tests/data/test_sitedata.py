"""SiteData: labels, delays, zones and what was known when, against obvious re-computations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import SiteData
from forecast.errors import InputTypeError, NotEnoughDataError, SettingsError, TimeError

SITE = plants.wind_site()
INDEX = pd.date_range("2024-03-30 22:00", periods=40, freq="15min", tz="Europe/Paris")  # over the change of clocks
POWER = pd.Series(np.linspace(310.5, 777.25, 40), index=INDEX)


def runs(first: str = "2024-03-30", every: str = "6h", count: int = 5) -> xr.Dataset:
    inits = pd.date_range(first, periods=count, freq=every).as_unit("ns")
    leads = pd.timedelta_range("0h", periods=4, freq="1h").as_unit("ns")
    values = np.arange(count * 4.0).reshape(count, 4)
    return xr.Dataset({"wind_speed": (("init_time", "lead_time"), values)}, {"init_time": inits, "lead_time": leads})


def test_labels_at_the_start_are_shifted_once_by_the_usual_step() -> None:
    data = SiteData(SITE, POWER, observed=POWER.to_frame("x"), label={"power": "start"})
    assert data.power is not None and data.observed is not None
    assert (data.power.index == INDEX + pd.Timedelta("15min")).all()
    assert (data.observed.index == INDEX).all()
    assert data.power.to_numpy().tolist() == POWER.tolist()
    assert (data.times("power") - data.times("observed") == 900 * 10**9).all()


def test_one_label_goes_for_all_inputs_and_instants_stay() -> None:
    data = SiteData(SITE, POWER, observed=POWER.to_frame("x"), nwp=POWER.to_frame("y"), label="start")
    assert all((data.times(name) == data.times("power")).all() for name in ("observed", "nwp"))
    assert (SiteData(SITE, POWER, label="instant").times("power") == SiteData(SITE, POWER).times("power")).all()


def test_a_label_at_the_start_is_cut_by_the_end_of_its_interval() -> None:
    data = SiteData(SITE, POWER, label="start")
    assert len(data.until(INDEX[0]).power) == 0  # type: ignore[arg-type]
    assert len(data.until(INDEX[1]).power) == 1  # type: ignore[arg-type]


def test_unsorted_and_repeated_labels_are_sorted_and_the_first_kept() -> None:
    order = np.random.default_rng(3).permutation(len(POWER))
    messy = pd.concat([POWER.iloc[order], POWER.iloc[:7] + 1000])
    data = SiteData(SITE, messy)
    pd.testing.assert_series_equal(data.power, POWER, check_freq=False)
    assert data.tidied["power"]["duplicates"] == 7 and data.tidied["power"]["unsorted"] > 0


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    index = pd.date_range("2024-10-26 22:00", periods=24, freq="15min", tz="UTC").tz_convert("Europe/Paris")
    data = SiteData(SITE, pd.Series(np.arange(24.0), index=index))
    assert len(data.power) == 24 and "power" not in data.tidied  # type: ignore[arg-type]


def test_a_naive_index_is_refused_with_the_fix() -> None:
    for name, value in {"power": POWER.tz_localize(None), "observed": POWER.tz_localize(None).to_frame("x")}.items():
        with pytest.raises(TimeError, match=f"{name}.*tz_localize"):
            SiteData(SITE, **{name: value})


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"power": POWER.to_frame()}, InputTypeError, "power is DataFrame"),
        ({"power": POWER.astype(str)}, InputTypeError, "to_numeric"),
        ({"observed": POWER}, InputTypeError, "observed is Series"),
        ({"observed": POWER.to_frame(3)}, InputTypeError, "column names must be texts"),
        ({"observed": pd.DataFrame({"x": ["a"] * 40}, index=INDEX)}, InputTypeError, "columns x do not hold numbers"),
        ({"nwp": {"power": POWER.to_frame("x")}}, InputTypeError, "cannot be called 'power'"),
        ({"nwp": POWER}, InputTypeError, "init_time and lead_time"),
        ({"nwp": xr.Dataset({"x": ("time", [1.0])})}, InputTypeError, "init_time and lead_time"),
        ({"delay": {"sun": "5min"}}, SettingsError, "unknown input 'sun'"),
        ({"delay": "-5min"}, SettingsError, "negative"),
        ({"label": {"power": "middle"}}, SettingsError, "'middle', expected one of end, start, instant"),
        ({"label": {"sun": "end"}}, SettingsError, "unknown input 'sun'"),
        ({"site": "ridge"}, InputTypeError, "expected PVSite or WindSite"),
    ],
)
def test_what_cannot_be_used_is_a_typed_error_by_name(
    changes: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        SiteData(**({"site": SITE, "power": POWER} | changes))


@settings(max_examples=40)
@given(st.integers(-200, 900), st.sampled_from([0, 5, 15, 47]), st.sampled_from([0, 30, 61]))
def test_until_keeps_exactly_what_was_known(minutes: int, power_late: int, observed_late: int) -> None:
    at = INDEX[0] + pd.Timedelta(minutes=minutes)
    late = {"power": f"{power_late}min", "observed": f"{observed_late}min"}
    cut = SiteData(SITE, POWER, observed=POWER.to_frame("x"), delay=late).until(at)
    for table, minutes_late in ((cut.power, power_late), (cut.observed, observed_late)):
        assert table is not None
        expected = [label for label in INDEX if label + pd.Timedelta(minutes=minutes_late) <= at]
        assert list(table.index) == expected


def test_a_delay_may_be_one_value_for_all_inputs() -> None:
    data = SiteData(SITE, POWER, available_kw=POWER, curtailed=POWER > 500, delay="40min")
    cut = data.until(INDEX[9])
    lengths = {name: len(getattr(cut, name)) for name in ("power", "available_kw", "curtailed")}
    assert set(lengths.values()) == {sum(INDEX + pd.Timedelta("40min") <= INDEX[9])}


def test_between_leaves_the_first_moment_out_and_takes_the_last_in() -> None:
    data = SiteData(SITE, POWER, observed=POWER.to_frame("x"), delay="2h")
    part = data.between(INDEX[4], INDEX[11])
    assert part.power is not None and part.observed is not None
    assert list(part.power.index) == list(INDEX[5:12]) == list(part.observed.index)


def test_between_still_knows_the_capacity_in_service_that_was_stated_before() -> None:
    stated = pd.Series([1200.0], index=INDEX[:1])
    part = SiteData(SITE, POWER, available_kw=stated).between(INDEX[4], INDEX[11])
    assert part.available_kw is not None and part.available_kw.tolist() == [1200.0]


def test_runs_are_cut_by_their_initialisation_and_delay_and_tables_are_not() -> None:
    data = SiteData(SITE, POWER, nwp={"runs": runs(), "table": POWER.to_frame("x")}, delay={"runs": "5h"})
    cut = data.until(pd.Timestamp("2024-03-30 17:00", tz="UTC"))
    inits = pd.DatetimeIndex(cut.nwp["runs"]["init_time"].to_numpy())
    assert list(inits) == [
        pd.Timestamp("2024-03-30 00:00"),
        pd.Timestamp("2024-03-30 06:00"),
        pd.Timestamp("2024-03-30 12:00"),
    ]
    assert len(cut.nwp["table"]) == len(POWER)
    between = data.between(INDEX[0], pd.Timestamp("2024-03-30 16:59", tz="UTC"))
    assert between.nwp["runs"].sizes["init_time"] == 2


def test_plans_count_from_the_moment_they_were_known() -> None:
    known = [INDEX[3], INDEX[20]]
    plan = pd.DataFrame({"start": INDEX[30], "end": INDEX[35], "available_kw": [100.0, 50.0], "limit_kw": np.nan,
                         "known_at": known})  # fmt: skip
    data = SiteData(SITE, POWER, plan=plan)
    lengths = [len(data.until(at).plan) for at in (INDEX[2], INDEX[3], INDEX[19], INDEX[20])]  # type: ignore[arg-type]
    assert lengths == [0, 1, 1, 2]


def test_neighbours_are_cut_by_their_own_delay() -> None:
    near = SiteData(plants.wind_site("near"), POWER, delay="1h")
    cut = SiteData(SITE, POWER, neighbours={"near": near}).until(INDEX[10])
    assert len(cut.neighbours["near"].power) == 7  # type: ignore[arg-type]


def test_cutting_twice_is_cutting_once() -> None:
    data = plants.wind(days=6, delay={"power": "20min"})
    at = plants.START + pd.Timedelta("3D")
    once, twice = data.until(at), data.until(at + pd.Timedelta("1D")).until(at)
    pd.testing.assert_series_equal(once.power, twice.power)
    pd.testing.assert_series_equal(once.flags, twice.flags)


def test_nothing_that_was_passed_in_is_changed() -> None:
    power, observed = POWER.sample(frac=1, random_state=1), POWER.to_frame("wind_direction")
    before = power.copy(deep=True), observed.copy(deep=True)
    data = SiteData(SITE, power, observed=observed, label="start", delay="5min")
    _ = data.clean, data.flags, data.until(INDEX[5]), data.between(INDEX[1], INDEX[9]), data.newest
    pd.testing.assert_series_equal(power, before[0])
    pd.testing.assert_frame_equal(observed, before[1])


def test_cutting_leaves_the_whole_as_it_was() -> None:
    data = SiteData(SITE, POWER)
    data.until(INDEX[5])
    assert len(data.power) == len(POWER) == len(data.times("power"))  # type: ignore[arg-type]


def test_raw_power_stays_and_clean_power_misses_what_is_flagged() -> None:
    power = POWER.copy()
    power.iloc[[4, 9]] = [9.9e6, np.nan]
    data = SiteData(SITE, power)
    assert data.power is not None and data.power.iloc[4] == 9.9e6
    assert data.clean.isna().to_numpy().nonzero()[0].tolist() == [4, 9]
    assert (data.flags.to_numpy() > 0).nonzero()[0].tolist() == [4, 9]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_the_index_makes_no_difference(unit: str) -> None:
    power = POWER.set_axis(POWER.index.as_unit(unit))  # type: ignore[attr-defined]
    data = SiteData(SITE, power, label="start")
    assert (data.times("power") == SiteData(SITE, POWER, label="start").times("power")).all()
    assert data.until(INDEX[5]).power.index[-1] == INDEX[5]  # type: ignore[union-attr]


def test_whole_numbers_and_nullable_numbers_become_floats() -> None:
    for kind in ("int64", "float32", "Int64", "Float64"):
        data = SiteData(SITE, POWER.round().astype(kind))
        assert data.power is not None and data.power.dtype == np.float64
        assert data.power.tolist() == POWER.round().tolist()


def test_the_newest_moment_is_when_the_last_value_became_known_in_the_zone_of_the_power() -> None:
    data = SiteData(SITE, POWER, observed=POWER.iloc[:-2].tz_convert("UTC").to_frame("x"), delay={"observed": "50min"})
    assert data.newest == INDEX[-3] + pd.Timedelta("50min")
    assert str(data.newest.tz) == "Europe/Paris"
    with pytest.raises(NotEnoughDataError, match="state at="):
        SiteData(SITE).newest  # noqa: B018


def test_without_power_the_zone_is_the_sites_else_utc() -> None:
    assert str(SiteData(SITE).timezone) == "Europe/Paris"
    assert str(SiteData(plants.wind_site(timezone=None)).timezone) == "UTC"
    with pytest.raises(NotEnoughDataError, match="no power"):
        SiteData(SITE).power_step_ns  # noqa: B018
    with pytest.raises(NotEnoughDataError, match="no power"):
        SiteData(SITE).clean  # noqa: B018


def test_a_single_value_has_no_step() -> None:
    with pytest.raises(TimeError, match="at least two"):
        SiteData(SITE, POWER.iloc[:1]).power_step_ns  # noqa: B018


def test_its_repr_names_site_and_inputs() -> None:
    assert repr(SiteData(SITE, POWER)) == "SiteData('ridge', wind, power 40 rows)"


def test_what_the_caller_writes_later_into_a_table_stays_outside() -> None:
    power, observed = POWER.copy(), POWER.to_frame("x").copy()
    data = SiteData(SITE, power, observed=observed)
    power.iloc[3] = observed.iloc[4, 0] = 5e6
    assert data.power is not None and data.observed is not None
    assert data.power.iloc[3] == POWER.iloc[3] and data.observed.iloc[4, 0] == POWER.iloc[4]
    assert (data.flags == 0).all() and data.values("observed").max() == POWER.max()


def test_a_limit_goes_on_until_the_next_statement_and_counts_for_every_interval_it_touches() -> None:
    stated = pd.Series(
        [1.0, np.nan, 0.0, 1.0, 0.0], index=INDEX[[4, 6, 9, 20, 20]] + pd.to_timedelta([0, 0, 0, 4, 7], unit="min")
    )
    data = SiteData(SITE, POWER, curtailed=stated)
    hit = data.limited(data.times("power"), 900 * 10**9)
    assert hit.nonzero()[0].tolist() == [4, 5, 6, 7, 8, 21]  # 21: for three of its minutes
    assert not SiteData(SITE, POWER).limited(data.times("power"), 900 * 10**9).any()
    whole = SiteData(SITE, POWER, curtailed=POWER > 500)
    assert (whole.limited(whole.times("power"), 900 * 10**9) == (POWER > 500).to_numpy()).all()
