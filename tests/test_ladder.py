"""Inputs that are late or gone: which rung serves, with what words, and the same guards as for complete inputs."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast import Forecaster, SiteData
from forecast.data.changed import with_later_runs
from forecast.data.outages import checked_outages, outages, without_lost
from forecast.design import Column
from forecast.ladder.aged import late_power
from forecast.ladder.patterns import columns_left, nothing_left, patterns_of, poorer
from forecast.ladder.products import PENALTY, Products, added, solved
from forecast.missing import STALE, Input, conditions

NOW = plants.START + pd.Timedelta("20D 5h")
HOUR_NS = 3_600_000_000_000
each_kind = pytest.mark.parametrize("kind", ["wind", "pv", "runs"])


@cache
def data(kind: str) -> SiteData:
    if kind == "runs":
        plain = plants.wind()
        return plants.rebuilt(plain, nwp={"runs": plants.weather_runs(26)}, delay={"power": "20min"})
    return {"wind": plants.wind, "pv": plants.pv}[kind]()


@cache
def fitted(kind: str, adapt: str | None = None) -> Forecaster:
    return plants.forecaster("ridge", adapt=adapt).fit(data(kind).until(NOW - pd.Timedelta("6D")))


def cut(some: SiteData, name: str, at: pd.Timestamp) -> SiteData:
    table = getattr(some, name)
    return plants.rebuilt(some, **{name: table[table.index <= at]})


def bits(frame: pd.DataFrame) -> list[Any]:
    return [(name, frame[name].tolist()) for name in frame]


def holes(kind: str) -> SiteData:
    """Return the data after many outages of everything."""
    some = data(kind)
    names = ["power", "observed", *some.run_sources]
    end = some.newest
    drawn = [outages(names, plants.START, end, every="40h", lengths=(length,), random_state=i)
             for i, length in enumerate(("20min", "3h", "14h"))]  # fmt: skip
    return without_lost(some, checked_outages(pd.concat(drawn), [some]))


# -------------------------------------------------------------------- which rung, in which words


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(10, "newest power 15min late"), (50, "newest power 1h late"), (600, "newest power 10h late"), (1200, "no power")],
)
def test_late_power_is_told_by_its_age_and_gone_after_64_steps(minutes: int, says: str) -> None:
    frame = fitted("wind").predict(cut(data("wind"), "power", NOW - pd.Timedelta(minutes=minutes)), NOW)
    assert (frame["level"] > 0).all()
    assert set(frame["reason"]) == {says}


def test_the_later_the_power_the_lower_the_rung() -> None:
    wind = plants.rebuilt(data("wind"), observed=None, nwp=None)
    levels = [
        int(fitted("wind").predict(cut(wind, "power", NOW - pd.Timedelta(minutes=m)), NOW)["level"].iloc[0])
        for m in (10, 80, 220, 900, 1200)
    ]
    assert levels == sorted(levels) and levels[0] > 0
    assert levels[-1] == len(fitted("wind").ladder_.middle)


def test_weather_runs_that_are_older_than_usual_have_a_rung_and_their_age() -> None:
    late = with_later_runs(data("runs"), {"runs": 6 * HOUR_NS})
    here, there = (fitted("runs").predict(some, NOW) for some in (data("runs"), late))
    assert (here["level"] == 0).all() and (here["reason"] == "").all()
    assert (there["level"] > 0).all() and set(there["reason"]) == {"runs: newest run 11 h old"}
    assert (there["power"] != here["power"]).all()


def test_one_of_two_weather_sources_that_is_gone_is_named() -> None:
    sources = {"a": data("wind").nwp["nwp"], "b": plants.wind(seed=5).nwp["nwp"]}
    both = plants.rebuilt(data("wind"), nwp=sources, delay="0min")
    forecaster = plants.forecaster("ridge").fit(both)
    frame = forecaster.predict(plants.rebuilt(both, nwp={"b": sources["b"]}, delay="0min"), NOW)
    assert set(frame["reason"]) == {"no a"} and (frame["level"] > 0).all()
    gone = forecaster.predict(plants.rebuilt(both, nwp=None, delay="0min"), NOW)
    assert set(gone["reason"]) == {"no nwp"} and (gone["level"] > frame["level"]).all()


def test_weather_that_ends_early_is_missing_at_the_far_leads_only() -> None:
    table = data("wind").nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    short = plants.rebuilt(data("wind"), nwp=table[table.index <= NOW + pd.Timedelta("90min")])
    frame, whole = fitted("wind").predict(short, NOW), fitted("wind").predict(data("wind"), NOW)
    assert frame["level"].tolist()[0] == 0 and frame["level"].iloc[-1] > 0
    assert frame["power"].iloc[0] == whole["power"].iloc[0] and frame["reason"].iloc[-1] == "no nwp"


def test_what_training_never_had_is_not_missing() -> None:
    table = data("wind").nwp["nwp"]
    assert isinstance(table, pd.DataFrame)
    without = plants.rebuilt(data("wind"), nwp=table * np.nan)
    frame = plants.forecaster("ridge").fit(without).predict(without, NOW)
    assert (frame["level"] == 0).all() and (frame["reason"] == "").all()


def test_with_nothing_left_it_is_the_climatology_with_the_sun() -> None:
    pv, forecaster = data("pv"), fitted("pv")
    empty = plants.rebuilt(pv, observed=None, nwp=None, power=pv.power * np.nan)  # type: ignore[operator]
    rows = np.array([NOW.value + i * HOUR_NS for i in range(24)])
    made, design = forecaster.forecasts(empty, rows)
    wanted = np.clip(forecaster.ladder_.climatology.point(design), 0, 1) * design.up * pv.site.capacity_kw
    np.testing.assert_allclose(made.power, wanted, rtol=1e-6)
    assert (made.power[~design.up] == 0).all() and (made.power > 0).any()


@each_kind
def test_fewer_inputs_make_wider_quantiles(kind: str) -> None:
    forecaster, some = fitted(kind), data(kind)
    rows = plants.nanoseconds([NOW + i * pd.Timedelta("45min") for i in range(60)])
    less = {"observed": None, "delay": {"power": pd.Timedelta(some.delays["power"], unit="ns")}}
    less |= {"nwp": None} if kind != "runs" else {"nwp": {"runs": some.nwp["runs"].isel(init_time=[])}}  # type: ignore[union-attr]
    empty = plants.rebuilt(some, power=some.power * np.nan, **less)  # type: ignore[operator]
    widths = [
        np.mean(made.quantiles[..., -1] - made.quantiles[..., 0])
        for made in (forecaster.forecasts(one, rows)[0] for one in (some, plants.rebuilt(some, **less), empty))
    ]
    assert widths[0] < widths[2] and widths[1] < widths[2]


def test_every_rung_covers_about_what_it_says() -> None:
    wind, forecaster = data("wind"), fitted("wind")
    rows = wind.times("power")
    rows = rows[(rows > NOW.value - 5 * 86_400 * 10**9) & (rows < NOW.value + 3 * 86_400 * 10**9)]
    for changes in ({"observed": None}, {"nwp": None}, {"observed": None, "nwp": None}):
        made, design = forecaster.forecasts(plants.rebuilt(wind, **changes), rows)
        actual = np.maximum(forecaster.forecasts(wind, rows)[1].actual, 0) * wind.site.capacity_kw
        good = np.isfinite(actual) & (made.level > 0)
        inside = (made.quantiles[..., 0] <= actual) & (actual <= made.quantiles[..., -1])
        assert 0.8 < inside[good].mean() <= 0.98


# -------------------------------------------------------------------- guards


@each_kind
def test_predict_is_the_backtests_row_where_inputs_are_missing(kind: str) -> None:
    some, forecaster = holes(kind), fitted(kind)
    times = [NOW + i * pd.Timedelta("75min") for i in range(60)]
    made, _ = forecaster.forecasts(some, plants.nanoseconds(times))
    assert len(np.unique(made.level)) > 3
    late = pd.Timedelta(max(some.delays.values()), unit="ns")
    for i in range(0, 60, 5):
        begin = times[i] - forecaster.history_needed - late
        for attached in (some, some.until(times[i]), some.between(begin, times[i])):
            frame = forecaster.predict(attached, times[i])
            assert frame["power"].to_numpy().tobytes() == made.power[i].tobytes()
            assert frame.filter(regex=r"^q\d").to_numpy().tobytes() == made.quantiles[i].tobytes()
            assert frame["level"].tolist() == made.level[i].tolist()


@each_kind
def test_nothing_later_moves_a_forecast_where_inputs_are_missing(kind: str) -> None:
    some, forecaster, rng = holes(kind), fitted(kind), np.random.default_rng(3)
    for hours in (0, 7, 31, 50):
        at = NOW + pd.Timedelta(hours=hours)
        assert some.power is not None and some.observed is not None
        later = some.power.index + pd.Timedelta(some.delays["power"], unit="ns") > at
        power, observed = some.power.copy(), some.observed.copy()
        power[later] = 400 * rng.random(int(later.sum()))
        observed.loc[observed.index + pd.Timedelta(some.delays["observed"], unit="ns") > at] = 9.0
        noise = plants.rebuilt(some, power=power, observed=observed)
        assert bits(forecaster.predict(noise, at)) == bits(forecaster.predict(some, at))


@each_kind
def test_a_saved_forecaster_climbs_down_the_same_rungs(kind: str, tmp_path: Path) -> None:
    some, forecaster = holes(kind), fitted(kind)
    forecaster.save(tmp_path / "model.qh")
    again = fc.load(tmp_path / "model.qh")
    rows = plants.nanoseconds([NOW + i * pd.Timedelta("75min") for i in range(40)])
    here, there = (one.forecasts(some, rows)[0] for one in (forecaster, again))
    for name in ("power", "potential", "quantiles", "level"):
        assert getattr(here, name).tobytes() == getattr(there, name).tobytes()
    at = NOW + pd.Timedelta("7h")
    pd.testing.assert_frame_equal(again.predict(some, at), forecaster.predict(some, at))


def test_rungs_are_neither_corrected_by_new_outcomes_nor_counted_among_them() -> None:
    some, plain, adapting = holes("wind"), fitted("wind"), fitted("wind", "2D")
    rows = plants.nanoseconds([NOW + i * pd.Timedelta("75min") for i in range(40)])
    here, there = (one.forecasts(some, rows)[0] for one in (plain, adapting))
    assert (here.level == there.level).all()
    lower = here.level > 0
    assert (here.power[lower] == there.power[lower]).all() and (here.power[~lower] != there.power[~lower]).mean() > 0.5
    # what the model would have said without the missing inputs must not count: another model, the same correction
    other = copy.copy(adapting)
    other.ladder_ = None
    assert (other.forecasts(some, rows)[0].power[~lower] != there.power[~lower]).any()


def test_scenarios_follow_the_quantiles_of_the_rung() -> None:
    some, forecaster = plants.rebuilt(data("wind"), observed=None, nwp=None), fitted("wind")
    paths, frame = forecaster.scenarios(some, NOW, n=4000), forecaster.predict(some, NOW)
    spread = frame["q95"] - frame["q05"]
    for name, level in (("q05", 0.05), ("q50", 0.5), ("q95", 0.95)):
        assert (np.abs(paths.quantile(level, axis=1) - frame[name]) < 0.06 * spread + 1).all()


def test_a_list_of_sites_shares_one_ladder() -> None:
    sites = [plants.wind(days=12, seed=s, site=plants.wind_site(f"farm {s}")) for s in (3, 4)]
    forecaster = plants.forecaster("ridge").fit(sites)
    new = plants.rebuilt(plants.wind(days=12, seed=5, site=plants.wind_site("new")), observed=None)
    frame = forecaster.predict(new, plants.START + pd.Timedelta("11D"))
    assert set(frame["reason"]) == {"no observed"} and (frame["level"] > 0).all()


def test_models_that_read_few_inputs_stay_what_they_are() -> None:
    forecaster = plants.forecaster("persistence").fit(data("wind"))
    frame = forecaster.predict(plants.rebuilt(data("wind"), nwp=None, power=None), NOW)
    assert forecaster.ladder_ is None and (frame["level"] == 2).all() and set(frame["reason"]) == {"no power, nwp"}


# -------------------------------------------------------------------- whatever comes in


def spoiled(table: Any, how: str, rng: np.random.Generator) -> Any:
    if table is None or how == "as it is":
        return table
    if how == "absent":
        return None
    if how == "empty":
        return table.iloc[:0]
    if how == "one row":
        return table.iloc[-1:]
    if how == "ends early":
        return table[table.index <= NOW - pd.Timedelta(minutes=int(rng.integers(1, 3000)))]
    values = table.to_numpy(dtype=float, copy=True)
    hit = rng.random(values.shape) < rng.choice([0.05, 0.5, 1.0])
    last = len(values) - int(rng.integers(1, 900))
    if how == "frozen":
        values[last:] = values[last]
    else:
        values[hit] = {"missing": np.nan, "infinite": np.inf, "huge": -9e30, "out of range": 4e4}[how]
    if table.ndim == 1:
        return pd.Series(values, index=table.index)
    return pd.DataFrame(values, index=table.index, columns=table.columns)


HOWS = ("as it is", "absent", "empty", "one row", "ends early", "frozen", "missing", "infinite", "huge", "out of range")


@settings(max_examples=60)
@given(
    kind=st.sampled_from(["wind", "pv", "runs"]), hows=st.tuples(*[st.sampled_from(HOWS)] * 3),
    seed=st.integers(0, 99), hours=st.integers(-40, 90), adapting=st.booleans(),
)  # fmt: skip
def test_no_spoiled_input_makes_it_raise_or_give_what_no_plant_can(
    kind: str, hows: tuple[str, str, str], seed: int, hours: int, adapting: bool
) -> None:
    some, rng = data(kind), np.random.default_rng(seed)
    power, observed = (spoiled(t, h, rng) for t, h in zip((some.power, some.observed), hows, strict=False))
    if kind == "runs":
        runs = some.nwp["runs"].isel(init_time=slice(0, int(rng.integers(0, 100))))  # type: ignore[union-attr]
        nwp: Any = None if hows[2] == "absent" else {"runs": runs if hows[2] == "ends early" else some.nwp["runs"]}
    else:
        table = spoiled(some.nwp["nwp"], hows[2], rng)
        nwp = None if table is None else {"nwp": table}
    delay = {"power": pd.Timedelta(some.delays["power"], unit="ns")}
    broken = SiteData(some.site, power, observed=observed, nwp=nwp, delay=delay)
    forecaster = fitted(kind, "1D" if adapting else None)
    frame = forecaster.predict(broken, NOW + pd.Timedelta(hours=hours))
    values = frame.filter(regex=r"^(power|potential|q\d+)$").to_numpy()
    assert np.isfinite(values).all() and (values >= 0).all() and (values <= some.site.capacity_kw).all()
    assert (np.diff(frame.filter(regex=r"^q\d").to_numpy(), axis=1) >= 0).all()
    assert ((frame["level"] > 0) == (frame["reason"] != "")).all()


# -------------------------------------------------------------------- parts


def some_inputs() -> tuple[Input, ...]:
    return (Input("power", (0,), (), (), 6), Input("observed", (1,), (), (), 2), Input("nwp", (), (0,), (), 5))


def test_there_is_a_pattern_for_one_or_two_late_inputs_and_for_any_that_are_gone() -> None:
    found = patterns_of(some_inputs())
    assert (0, 0, 0) not in found and (5, 1, 4) in found and (2, 0, 3) in found and (0, 1, 2) in found
    assert (2, 1, 3) not in found and nothing_left(some_inputs()) == (5, 1, 4)
    for i in poorer((2, 1, 3), found):
        assert all(a >= b for a, b in zip(found[i], (2, 1, 3), strict=True))
    assert len(poorer((2, 1, 3), found)) == sum(a >= 2 and b >= 1 and c >= 3 for a, b, c in found) > 0


def test_features_are_left_only_where_all_that_they_read_is_there() -> None:
    columns = [
        ("power", "power"),
        ("power_lag6", "power"),
        ("power_mean16", "power"),
        ("observed:wind_speed", "observed"),
        ("curve:wind_speed", "power curve"),
        ("beside_curve:wind_speed", "power curve"),
        ("nwp:ghi", "weather forecast"),
        ("expected:nwp:ghi", "weather to power"),
        ("expected_error:nwp:ghi", "weather to power"),
        ("day_sin1", "calendar"),
        ("slot_index_7d", "day memory"),
        ("own:rise", "own"),
    ]
    made = tuple(Column(name, "1", group) for name, group in columns)

    def left(pattern: tuple[int, ...]) -> set[str]:
        kept = columns_left(pattern, some_inputs(), made)
        return {name for (name, _), yes in zip(columns, kept, strict=True) if yes}

    everything = {name for name, _ in columns}
    assert left((0, 0, 0)) == everything
    assert left((0, 0, 2)) == everything
    late = everything - {"power", "power_mean16", "beside_curve:wind_speed", "expected_error:nwp:ghi", "own:rise"}
    assert left((2, 0, 0)) == late and left((3, 0, 0)) == late - {"power_lag6"}
    assert left((5, 1, 0)) == {"nwp:ghi", "expected:nwp:ghi", "day_sin1"}
    assert left((5, 1, 4)) == {"day_sin1"}


def test_sums_of_products_give_the_ridge_of_any_choice_of_features() -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(1, 2, size=(300, 7)), rng.normal(size=300)
    y += z @ rng.normal(size=7)
    left = np.array([True, False, True, True, False, False, True])
    weight, bias = solved(added([Products.of(z[:120], y[:120]), Products.of(z[120:], y[120:])]), left)
    x = z[:, left] - z[:, left].mean(axis=0)
    # ridge as least squares: rows of its own for the penalty
    rows = np.vstack([x, np.sqrt(PENALTY * 300) * np.eye(4)])
    wanted = np.linalg.lstsq(rows, np.r_[y - y.mean(), np.zeros(4)], rcond=None)[0]
    np.testing.assert_allclose(weight, wanted, rtol=1e-9)
    np.testing.assert_allclose(z[:, left] @ weight + bias, x @ wanted + y.mean(), rtol=1e-9)


def test_late_power_in_training_is_that_of_a_row_of_the_same_site_so_much_earlier() -> None:
    design = plants.small_design()
    lengths, rows = [200, len(design) - 200], np.arange(0, len(design), 3)
    step = 7 * 900 * 10**9  # the small design has every seventh row
    made = late_power(design, lengths, rows, step, 0)
    for i, row in enumerate(rows):
        begin = 0 if row < 200 else 200
        for c, most in enumerate(STALE):
            least = STALE[c - 1] + 1 if c else 1
            behind = (design.issue_ns[row] - design.issue_ns[begin:row]) / step
            could = design.last[begin:row][(behind >= least) & (behind <= most) & (design.late[begin:row] == 0)]
            assert np.isnan(made[i, c]) or made[i, c] in could
    assert np.isfinite(made).mean() > 0.7


def test_conditions_tell_late_from_gone() -> None:
    forecaster, some = fitted("runs"), data("runs")
    design = forecaster._design(forecaster._features_for(some), some, plants.nanoseconds([NOW]))
    names = [one.name for one in forecaster._inputs]
    assert names == ["power", "observed", "nwp"]
    assert (conditions(design, forecaster._inputs) == 0).all()
    for hours, condition in ((6, 1), (14, 2), (30, 3)):
        late = with_later_runs(some, {"runs": hours * HOUR_NS})
        old = forecaster._design(forecaster._features_for(late), late, plants.nanoseconds([NOW]))
        assert conditions(old, forecaster._inputs)[0, 0, 2] in (condition, 4)
