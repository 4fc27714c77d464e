"""Weather runs as they were known: the newest published run at each issue time, older ones where it lacks a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest
import xarray as xr

import forecast as fc
from forecast.data.published import NEVER, newest_published, one_older
from forecast.errors import ColumnError, InputTypeError, SettingsError
from forecast.features.vintages import mean_and_spread

HOUR = pd.Timedelta("1h")


def data_with(runs: xr.Dataset, delay: object = "5h", **changes: object) -> fc.SiteData:
    plain = plants.wind(nwp=False)
    return plants.rebuilt(plain, nwp={"runs": runs}, delay={"power": "0min", "runs": delay}, **changes)


def slow(data: fc.SiteData, at: pd.Timestamp, ends: pd.DatetimeIndex, step: pd.Timedelta) -> np.ndarray:
    """Hour by hour: the newest run published at `at`, its points joined by straight lines, averaged over the step."""
    source = data.nwp["runs"]
    inits = pd.DatetimeIndex(source["init_time"].to_numpy()).tz_localize("UTC")
    published = pd.DatetimeIndex(data.published("runs"), tz="UTC")
    for i in sorted(range(len(inits)), key=lambda i: inits[i], reverse=True):
        if published[i] <= at:
            break
    moments = (inits[i] + pd.TimedeltaIndex(source["lead_time"].to_numpy())).as_unit("ns").asi8
    values = source["wind_speed_100m"].to_numpy()[i]
    out = []
    for end in ends:
        parts = np.linspace(0, 1, 2001) * step.value + (end - step).as_unit("ns").value
        out.append(np.trapezoid(np.interp(parts, moments, values), dx=1 / 2000))
    return np.array(out)


def test_the_newest_run_published_by_the_issue_time_is_averaged_over_each_step() -> None:
    data = data_with(plants.weather_runs(26))
    features = plants.features_of(data)
    at = data.power.index[1500]
    design = features.design(data, plants.nanoseconds([at]))
    got = plants.by_name(design)["runs:wind_speed_100m"][0]
    step = pd.Timedelta("15min")
    ends = pd.DatetimeIndex([at + lead * step for lead in (1, 2, 5)])
    np.testing.assert_allclose(got, slow(data, at, ends, step), rtol=1e-4)


def test_a_run_published_a_minute_after_the_issue_time_changes_nothing_however_wild() -> None:
    runs = plants.weather_runs(26)
    data = data_with(runs)
    forecaster = plants.forecaster("ridge").fit(data)
    init = pd.Timestamp(runs["init_time"].to_numpy()[60], tz="UTC")
    at = init + pd.Timedelta("4h45min")
    wild = runs.copy(deep=True)
    wild["wind_speed_100m"][60:] = np.inf
    late = data_with(wild, delay=pd.Timedelta("4h46min"))
    clean = data_with(runs, delay=pd.Timedelta("4h46min"))
    pd.testing.assert_frame_equal(forecaster.predict(late, at), forecaster.predict(clean, at), check_exact=True)
    minute = pd.Timedelta("15min")
    moved = forecaster.predict(data_with(plants.weather_runs(26, seed=3), delay="4h46min"), at + minute)
    assert not moved["power"].equals(forecaster.predict(clean, at + minute)["power"])


def test_where_the_newest_run_lacks_leads_or_values_the_older_one_serves() -> None:
    runs = plants.weather_runs(26)
    at = pd.Timestamp(runs["init_time"].to_numpy()[40], tz="UTC") + pd.Timedelta("5h")
    whole = data_with(runs, delay="5h")
    gone = runs.copy(deep=True)
    gone["wind_speed_100m"][40] = np.nan
    features = plants.features_of(whole, leads=(1, 2, 3))
    older = plants.by_name(features.design(data_with(gone, "5h"), plants.nanoseconds([at])))["runs:wind_speed_100m"]
    without = runs.isel(init_time=[i for i in range(runs.sizes["init_time"]) if i != 40])
    left = plants.by_name(features.design(data_with(without, "5h"), plants.nanoseconds([at])))["runs:wind_speed_100m"]
    assert np.isfinite(older).all()
    assert older.tobytes() == left.tobytes()


def test_no_run_at_all_is_missing_and_said_and_never_raises() -> None:
    data = data_with(plants.weather_runs(26))
    forecaster = plants.forecaster("ridge").fit(data)
    for without in (data_with(plants.weather_runs(26).isel(init_time=[])), plants.wind(nwp=False)):
        frame = forecaster.predict(without)
        assert np.isfinite(frame["power"]).all()
        assert (frame["level"] > 0).all() and (frame["reason"] == "no nwp").all()


def test_an_old_run_serves_and_the_row_says_so() -> None:
    runs = plants.weather_runs(26)
    data = data_with(runs)
    forecaster = plants.forecaster("ridge").fit(data)
    at = pd.Timestamp(runs["init_time"].to_numpy()[70], tz="UTC") + pd.Timedelta("5h")
    assert (forecaster.predict(data, at)["reason"] == "").all()
    stuck = data_with(runs.isel(init_time=slice(0, 70)))
    frame = forecaster.predict(stuck, at + pd.Timedelta("15min"))
    assert (frame["level"] > 0).all()
    assert frame["reason"].str.fullmatch("runs: newest run 11.25 h old").all()


def test_a_quantity_that_is_gone_is_an_error_and_one_more_is_not() -> None:
    data = data_with(plants.weather_runs(26))
    forecaster = plants.forecaster("ridge").fit(data)
    runs = plants.weather_runs(26)
    more = data_with(runs.assign(temp_air=runs["wind_speed_100m"] * 2))
    pd.testing.assert_frame_equal(forecaster.predict(more), forecaster.predict(data))
    with pytest.raises(ColumnError, match="wind_speed_100m"):
        forecaster.predict(data_with(runs.rename(wind_speed_100m="wind_speed_10m")))


def test_runs_in_any_order_are_the_same_runs() -> None:
    runs = plants.weather_runs(26)
    mixed = runs.isel(init_time=np.random.default_rng(4).permutation(runs.sizes["init_time"]))
    twice = xr.concat([mixed, mixed.isel(init_time=[3]) * 7], dim="init_time")
    one, other = data_with(runs), data_with(twice)
    at = plants.nanoseconds([one.power.index[1300]])
    assert plants.same_bits(plants.features_of(one).design(one, at), plants.features_of(other).design(other, at)) == []


def test_drawn_delays_are_the_same_however_the_data_are_cut() -> None:
    delay = fc.DrawnDelay(("3h", "5h", "14h"), missing=0.2, random_state=5)
    data = data_with(plants.weather_runs(26), delay)
    published, inits = data.published("runs"), data.inits("runs")
    gone = published == NEVER
    assert 0.08 < gone.mean() < 0.35
    late = (published - inits)[~gone] / 3.6e12
    assert set(late) == {3.0, 5.0, 14.0}
    at = data.power.index[1500]
    known = data.until(at)
    assert set(known.inits("runs")) == set(inits[published <= plants.nanoseconds([at])[0]])
    assert (known.published("runs") == published[np.isin(inits, known.inits("runs"))]).all()
    other = data_with(plants.weather_runs(26), fc.DrawnDelay(("3h", "5h", "14h"), missing=0.2, random_state=6))
    assert (other.published("runs") != published).any()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [((), "durations"), ("5h", "durations"), (("-1h",), "negative")],
)
def test_a_drawn_delay_of_nothing_is_refused(wrong: object, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        fc.DrawnDelay(wrong)
    with pytest.raises(SettingsError, match="share"):
        fc.DrawnDelay(("1h",), missing=1.0)
    with pytest.raises(SettingsError, match="only weather runs"):
        plants.rebuilt(plants.wind(), delay={"power": fc.DrawnDelay(("1h",))})


def test_runs_without_times_are_refused() -> None:
    runs = plants.weather_runs(2)
    with pytest.raises(InputTypeError, match="init_time holds"):
        data_with(runs.assign_coords(init_time=np.arange(runs.sizes["init_time"])))
    with pytest.raises(InputTypeError, match="lead_time holds"):
        data_with(runs.assign_coords(lead_time=np.arange(runs.sizes["lead_time"])))


def test_the_newest_published_run_is_found_as_by_looking_at_each() -> None:
    rng = np.random.default_rng(8)
    published = np.sort(rng.integers(0, 200, size=30)) + rng.integers(0, 60, size=30)
    published[rng.random(30) < 0.2] = NEVER
    moments = rng.integers(-5, 280, size=100)
    newest = newest_published(published, moments)
    older = one_older(published, newest, moments)
    for t, i, j in zip(moments, newest, older, strict=True):
        known = [k for k in range(30) if published[k] <= t]
        assert [i, j] == (known[::-1] + [-1, -1])[:2]


def test_mean_and_spread_leave_out_what_is_missing() -> None:
    rng = np.random.default_rng(2)
    stack = rng.normal(size=(4, 50, 3)).astype(np.float32)
    stack[rng.random(stack.shape) < 0.4] = np.nan
    mean, spread = mean_and_spread(list(stack))
    frame = pd.DataFrame(stack.reshape(4, -1).astype(np.float64))
    np.testing.assert_allclose(mean.ravel(), frame.mean(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(spread.ravel(), frame.std(ddof=0), rtol=1e-4, atol=1e-6)


def with_neighbours() -> fc.SiteData:
    plain = plants.wind(nwp=False)
    far = {name: plants.rebuilt(plants.wind(nwp=False, site=plants.wind_site(name)), nwp={"runs": runs},
                                delay={"power": "0min", "runs": "5h"})
           for name, runs in (("east", plants.weather_runs(26, seed=5)),
                              ("west", plants.weather_runs(26, seed=6)))}  # fmt: skip
    own = {"runs": plants.weather_runs(26)}
    return plants.rebuilt(plain, nwp=own, neighbours=far, delay={"power": "0min", "runs": "5h"})


def test_neighbours_runs_are_seen_alone_and_as_a_region_around_the_valid_time() -> None:
    data = with_neighbours()
    at = data.power.index[1500]
    seen = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds([at])))
    step = pd.Timedelta("15min")
    east = data.neighbours["east"]
    ends = pd.DatetimeIndex([at + lead * step for lead in (1, 2, 5)])
    got = seen["neighbour:east>runs:wind_speed_100m"][0]
    np.testing.assert_allclose(got, slow(east, at, ends, step), rtol=1e-4)
    everyone = [data, *data.neighbours.values()]
    before = np.mean([slow(one, at, ends - 3 * HOUR, step) for one in everyone], axis=0)
    np.testing.assert_allclose(seen["region:wind_speed_100m-3h"][0], before, rtol=1e-4)


def test_a_neighbour_that_is_gone_leaves_the_others_and_raises_nothing() -> None:
    data = with_neighbours()
    forecaster = plants.forecaster("ridge").fit(data)
    for left in ({}, {"east": data.neighbours["east"]}):
        alone = plants.rebuilt(data, neighbours=left)
        assert np.isfinite(forecaster.predict(alone)["power"]).all()
    at = data.power.index[1500]
    noise = plants.rebuilt(data.neighbours["east"], nwp={"runs": plants.weather_runs(26) * np.inf},
                           delay={"power": "0min", "runs": "60D"})  # fmt: skip
    late = plants.rebuilt(data, neighbours={**data.neighbours, "east": noise})
    gone = plants.rebuilt(data, neighbours={"west": data.neighbours["west"], "east": plants.rebuilt(
        data.neighbours["east"], nwp={"runs": plants.weather_runs(26).isel(init_time=[])})})  # fmt: skip
    pd.testing.assert_frame_equal(forecaster.predict(late, at), forecaster.predict(gone, at))
