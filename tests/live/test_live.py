"""A live forecaster is the forecaster on the whole record, bit for bit, and keeps no more than that takes."""

from __future__ import annotations

import multiprocessing
import threading
from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from told import Record, bits, same

from forecast import Forecaster, SiteData
from forecast.errors import ColumnError, InputTypeError, NotFittedError, SiteError, TimeError
from forecast.live import Live

EVERYTHING = "wind, every input"
MINUTE, STEP = pd.Timedelta("1min"), pd.Timedelta("15min")


def started(case: str = EVERYTHING, model: str = "ridge") -> tuple[Live, Forecaster, pd.Timestamp]:
    at, forecaster = cases.split(case), cases.fitted(case, model)
    return forecaster.live(cases.case(case).until(at)), forecaster, at


def test_what_is_kept_can_be_cut_as_any_data() -> None:
    live, forecaster, at = started()
    earlier = at - 3 * STEP
    cut = live.data.until(earlier)
    assert cut.newest <= earlier
    wanted = forecaster.predict(cases.case(EVERYTHING), earlier)
    pd.testing.assert_frame_equal(forecaster.predict(cut, earlier), wanted, check_exact=True)


def series(label: pd.Timestamp, *values: float, every: pd.Timedelta = STEP) -> pd.Series:
    return pd.Series(values, index=pd.DatetimeIndex([label + i * every for i in range(len(values))]))


@pytest.mark.parametrize("model", ["ridge", "adapting"])
@pytest.mark.parametrize("case", [EVERYTHING, "pv", "pv, no position, late", "pv that lost strings"])
def test_a_live_forecast_is_predict_on_the_whole_record_while_history_is_let_go(case: str, model: str) -> None:
    data, forecaster = cases.case(case), cases.fitted(case, model)
    live = forecaster.live(data, at=cases.split(case))
    assert all(same(live, forecaster, data, at) for at in cases.issue_times(case, 6))


def test_the_real_default_model_is_the_same_live() -> None:
    data, forecaster = cases.case(EVERYTHING), cases.fitted(EVERYTHING, "small default")
    live = forecaster.live(data, at=cases.split(EVERYTHING))
    assert all(same(live, forecaster, data, at) for at in cases.issue_times(EVERYTHING, 4, seed=3))


def test_values_told_as_they_come_are_the_record() -> None:
    case = "minutes"
    live, forecaster, at = started(case)
    data = cases.case(case)
    assert data.power is not None and data.observed is not None
    for minutes in (1, 2, 3, 3, 60, 61, 1500):
        later = at + minutes * MINUTE
        since = at - 5 * MINUTE  # the newest labels were not known yet
        told = [table[(table.index > since) & (table.index <= later)] for table in (data.power, data.observed)]
        live.update(power=told[0], observed=told[1])
        assert same(live, forecaster, data.between(plants.START, later))
        assert same(live, forecaster, data, later)


def test_a_value_from_the_future_is_kept_and_counts_once_it_is_known() -> None:
    live, forecaster, at = started()
    record = Record(cases.case(EVERYTHING).until(at))
    ahead = series(at + 4 * STEP, 777.0, 888.0)
    before = bits(live.predict(at))
    live.update(power=ahead)
    record.tell("power", ahead)
    assert bits(live.predict(at)) == before
    for steps in (3, 4, 6, 7, 30):
        assert same(live, forecaster, record.site_data(), at + steps * STEP)
    assert bits(live.predict(at + 6 * STEP)) != before


def test_what_was_done_with_each_value_is_counted() -> None:
    live, _, at = started()
    newest = live.data.times("power")[-1]
    label = pd.Timestamp(newest, unit="ns", tz="UTC")
    live.update(power=series(label + STEP, 500.0))
    live.update(power=series(label + STEP, 500.0))
    live.update(power=series(label + STEP, np.nan))
    live.update(power=series(label + STEP, np.nan))
    live.update(power=series(label + 3 * STEP, 400.0))
    live.update(power=series(label + 2 * STEP, 300.0))
    live.update(power=series(label - pd.Timedelta("300D"), 300.0))
    live.update(power=pd.concat([series(label + 9 * STEP, 1.0), series(label + 9 * STEP, 2.0)]))
    assert live.counts == {"power": {"new": 3, "late": 1, "corrected": 1, "duplicate": 2, "too_old": 1}}
    assert live.data.power is not None
    assert live.data.power.loc[label + 9 * STEP] == 1.0  # of two in one call the first, as in SiteData


def test_columns_that_an_update_leaves_out_keep_what_they_have() -> None:
    live, forecaster, at = started()
    data = cases.case(EVERYTHING)
    assert data.observed is not None
    fresh = data.observed[data.observed.index > at].iloc[:3]
    live.update(observed=fresh[["temp_air"]])
    live.update(observed=fresh[["wind_direction", "wind_speed"]])
    record = Record(data.until(at))
    record.tell("observed", fresh)
    assert same(live, forecaster, record.site_data(), at + 6 * STEP)


def test_neighbours_plans_and_weather_by_valid_time_are_told_too() -> None:
    live, forecaster, at = started()
    data = cases.case(EVERYTHING)
    later = at + pd.Timedelta("1D")
    near, frame = data.neighbours["near"], data.nwp["nwp"]
    assert near.power is not None and data.plan is not None and isinstance(frame, pd.DataFrame)
    corrected = frame[frame.index > at] * 1.01
    plan = data.plan.iloc[:, :5].assign(limit_kw=200.0)
    live.update(neighbours={"near": near.power}, nwp=corrected, plan=plan)
    joined = pd.concat([frame[frame.index <= at], corrected])
    whole = plants.rebuilt(data.until(at), nwp={**data.nwp, "nwp": joined}, plan=plan, neighbours={"near": near})
    for name in ("runs", "members"):
        live.update(nwp={name: data.nwp[name]})
    assert same(live, forecaster, whole, later)
    live.update(neighbours={"near": {"power": near.power.iloc[-5:]}})
    assert live.counts["near>power"]["duplicate"] >= 5


def test_the_last_statement_of_capacity_and_limits_goes_on_for_ever() -> None:
    data = cases.case(EVERYTHING)
    labels = pd.DatetimeIndex([plants.START + i * STEP for i in range(100)])
    said = pd.Series([*[1200.0] * 99, -1.0], index=labels)  # the last one says nothing
    few = plants.rebuilt(data, available_kw=said, curtailed=pd.Series(True, index=labels))
    live = cases.fitted(EVERYTHING, "ridge").live(few.until(cases.split(EVERYTHING)))
    live._state = live._state.since(2**62)  # all is let go but what goes on
    assert live.data.available_kw is not None and live.data.curtailed is not None
    assert live.data.available_kw.tolist() == [1200.0] and live.data.curtailed.tolist() == [1.0]
    live.update(available_kw=series(plants.START + pd.Timedelta("2D"), 900.0))  # before the window, and yet it counts
    live.update(available_kw=series(labels[98], 1100.0))
    live.update(available_kw=series(labels[98], np.nan))
    live.update(available_kw=series(labels[97], 5.0))
    assert live.data.available_kw.tolist() == [1100.0, 900.0]
    counts = live.counts["available_kw"]
    assert (counts["new"], counts["corrected"], counts["too_old"]) == (1, 1, 2)


def test_nothing_grows_while_months_go_by() -> None:
    live, _, at = started("minutes")
    rng, rows, rooms = np.random.default_rng(3), [], []
    for day in range(1, 41):
        begin = at + pd.Timedelta(days=day - 1)
        live.update(power=series(begin + MINUTE, *rng.uniform(0, 2000, 1440), every=MINUTE))
        live.predict()
        kept = live._state.tables["power"]
        rows.append(kept.high)
        rooms.append(len(kept.room.times))
    most = 1.25 * (live.kept / MINUTE) + 2 * 1440
    assert max(rows) <= most and max(rooms) <= 1.6 * most
    assert max(rows[20:]) <= max(rows[:20]) + 1440


def test_forecasts_of_long_ago_and_wrong_inputs_are_typed_errors() -> None:
    live, forecaster, at = started()
    before = bits(live.predict(at))
    with pytest.raises(TimeError, match="no longer kept"):
        live.predict(at - pd.Timedelta("3D"))
    with pytest.raises(ColumnError, match="observed: columns gusts are not known; there are wind_speed"):
        live.update(power=series(at, 5.0), observed=pd.DataFrame({"gusts": series(at, 5.0)}))
    with pytest.raises(ColumnError, match="no neighbour 'far'; there are near"):
        live.update(neighbours={"far": series(at, 5.0)})
    with pytest.raises(ColumnError, match="no source 'other'"):
        live.update(nwp={"other": plants.weather_runs(1)})
    with pytest.raises(ColumnError, match="variables wind_speed_100m were there before"):
        live.update(nwp={"runs": plants.weather_runs(1).rename(wind_speed_100m="speed")})
    with pytest.raises(TimeError, match="no time zone"):
        live.update(power=series(at.tz_localize(None), 5.0))
    with pytest.raises(InputTypeError, match="power is list"):
        live.update(power=[5.0])  # type: ignore[arg-type]
    assert bits(live.predict(at)) == before  # an update that fails changes nothing, not even its good half
    with pytest.raises(NotFittedError):
        Forecaster().live(cases.case(EVERYTHING))
    with pytest.raises(SiteError, match="this forecaster was fitted on"):
        forecaster.live(cases.case("pv"))


def test_labels_of_period_starts_are_shifted_as_the_record_was() -> None:
    data = plants.wind(days=13, nwp=False)
    assert data.power is not None
    starts = data.power.set_axis(data.power.index - STEP)
    forecaster = plants.forecaster("reference").fit(data)
    record = SiteData(data.site, starts.iloc[:-40], label={"power": "start"})
    live = forecaster.live(record)
    live.update(power=starts.iloc[-40:-39])
    live.update(power=starts.iloc[-39:])
    assert same(live, forecaster, SiteData(data.site, starts, label={"power": "start"}))


def test_a_clock_that_is_wrong_once_does_not_throw_the_past_away() -> None:
    live, forecaster, at = started()
    live.update(power=series(at + pd.Timedelta("4000D"), 5.0))
    live.predict()  # the newest moment known is that wrong one
    assert same(live, forecaster, cases.case(EVERYTHING).until(at), at)


def test_threads_that_forecast_while_others_tell_see_whole_updates() -> None:
    live, forecaster, at = started("minutes")
    data = cases.case("minutes")
    assert data.power is not None
    later = data.power[data.power.index > at].iloc[:60]
    whole = bits(forecaster.predict(data, at))
    wrong: list[Any] = []

    def ask() -> None:
        for _ in range(15):
            if bits(live.predict(at)) != whole:  # what came later changes nothing
                wrong.append(1)

    def tell(part: int) -> None:
        for i in range(part, 60, 3):
            live.update(power=later.iloc[i : i + 1])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    threads += [threading.Thread(target=tell, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sum(live.counts["power"].values()) == 60
    told = data.until(at)  # without the values whose delay was not over
    known = plants.rebuilt(told, power=pd.concat([told.power, later]))
    assert same(live, forecaster, known, later.index[-1])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # what is tested is just that
def test_a_fork_while_a_lock_is_held_can_be_told_and_asked() -> None:
    live, _, at = started()
    label = at + STEP
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        live.update(power=series(label, 700.0))
        answers.put(live.counts["power"]["new"])

    with live._lock:
        process = context.Process(target=child)
        process.start()
    process.join(60)
    assert process.exitcode == 0 and answers.get() == 1
    assert "power" not in live.counts  # this process has its own
