"""The guards hold on every rung of the ladder too, and whatever comes in."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plants
from hypothesis import given, settings
from hypothesis import strategies as st
from short_inputs import NOW, data, each_kind, fitted, holes

import forecast as fc
from forecast import SiteData


def bits(frame: pd.DataFrame) -> list[Any]:
    return [(name, frame[name].tolist()) for name in frame]


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


# ------------------------------------------------------------------- whatever comes in


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
