"""THE GUARD: what became known after the issue time changes no forecast by a bit.

Everything that was not yet known (power, observations, later runs, capacity in service, limits, plans, other sites) is
replaced by noise, and every model's forecast stays as it was, alone and in a batch.
"""

from __future__ import annotations

from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest

from forecast import SiteData

pytestmark = pytest.mark.filterwarnings("error")
each_case = pytest.mark.parametrize("case", cases.CASES)
each_model = pytest.mark.parametrize("model", cases.MODELS)


def later(table: Any, delay_ns: int, at: pd.Timestamp) -> np.ndarray:
    return np.asarray(table.index + pd.Timedelta(delay_ns, unit="ns") > at)


def noise_table(table: Any, delay_ns: int, at: pd.Timestamp, rng: np.random.Generator) -> Any:
    """Replace what was not yet known by noise of the same size, drop some of it and let some be missing."""
    if table is None:
        return None
    out, hit = table.astype(float), later(table, delay_ns, at)
    shape = (int(hit.sum()), *table.shape[1:])
    spread = np.nanmax(np.abs(out.to_numpy())) + 1.0
    out.iloc[np.flatnonzero(hit)] = np.where(rng.random(shape) < 0.1, np.nan, spread * rng.random(shape))
    return out[~hit | (rng.random(len(hit)) < 0.8)]


def noise_runs(data: SiteData, name: str, at: pd.Timestamp, rng: np.random.Generator) -> Any:
    source = data.nwp[name]
    if isinstance(source, pd.DataFrame):
        return source  # its vintage is unknown: every value counts as known
    known = data.published(name) <= plants.nanoseconds([at])[0]
    noise = source.copy(deep=True)
    for name in noise.data_vars:
        noise[name].values[~known] = 99 * rng.random(noise[name].values[~known].shape)
    return noise


def noise_plan(plan: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame | None:
    """Replace what was announced later by an outage of everything from the issue time on."""
    if plan is None:
        return None
    known = plan[plan["known_at"] <= at].iloc[:, :5]
    moments = {"start": at, "end": at + pd.Timedelta("2D"), "known_at": at + pd.Timedelta("1ns")}
    outage = pd.DataFrame({name: [moments.get(name, 1.0)] for name in known.columns})
    return outage if known.empty else pd.concat([outage, known], ignore_index=True)


def noised(data: SiteData, at: pd.Timestamp, seed: int) -> SiteData:
    """Return the data with everything that became known after `at` replaced by noise."""
    rng = np.random.default_rng(seed)
    tables = {
        name: noise_table(getattr(data, name), data.delays[name], at, rng)
        for name in ("power", "observed", "available_kw", "curtailed")
    }
    return plants.rebuilt(
        data,
        **tables,
        nwp={name: noise_runs(data, name, at, rng) for name in data.nwp} or None,
        plan=noise_plan(data.plan, at),
        neighbours={name: noised(near, at, seed + 1) for name, near in data.neighbours.items()},
    )


def bits(frame: pd.DataFrame) -> list[Any]:
    return [(name, frame[name].tolist()) for name in frame] + [frame.index.tolist(), frame.attrs]


@each_model
@each_case
def test_a_forecast_sees_nothing_that_became_known_after_its_issue_time(case: str, model: str) -> None:
    data, forecaster = cases.case(case), cases.fitted(case, model)
    for seed, at in enumerate(cases.issue_times(case, 3)):
        frame = forecaster.predict(data, at)
        assert np.isfinite(frame["power"]).all()
        assert bits(forecaster.predict(noised(data, at, seed), at)) == bits(frame)
        assert bits(forecaster.predict(data.until(at), at)) == bits(frame)


@each_model
@each_case
def test_a_batch_sees_nothing_later_either(case: str, model: str) -> None:
    data, forecaster = cases.case(case), cases.fitted(case, model)
    times = cases.issue_times(case, 30, seed=1)
    issue_ns = plants.nanoseconds(times)
    whole, _ = forecaster.forecasts(data, issue_ns)
    for seed, i in enumerate((3, 21)):
        made, _ = forecaster.forecasts(noised(data, times[i], seed), issue_ns)
        for name in ("power", "potential", "quantiles", "level"):
            assert getattr(made, name)[: i + 1].tobytes() == getattr(whole, name)[: i + 1].tobytes()
        if model != "climatology":
            assert made.power[i + 1 :].tobytes() != whole.power[i + 1 :].tobytes()


@each_case
def test_the_noise_reaches_every_input_and_leaves_what_was_known(case: str) -> None:
    """The guard's guard: noise is there, only there, and forecasts would show it."""
    data = cases.case(case)
    at = cases.issue_times(case, 4)[1]
    noise = noised(data, at, 0)
    for name in ("power", "observed", "available_kw", "curtailed"):
        before, after = getattr(data, name), getattr(noise, name)
        if before is None:
            continue
        known = [table[~later(table, data.delays[name], at)].astype(float) for table in (before, after)]
        (pd.testing.assert_series_equal if before.ndim == 1 else pd.testing.assert_frame_equal)(
            *known, check_freq=False
        )
        assert len(known[0]) < len(after) <= len(before)
    late = cases.issue_times(case, 4)[-1]
    for model in ("ridge", "reference", "persistence"):
        forecaster = cases.fitted(case, model)
        assert bits(forecaster.predict(noise, late)) != bits(forecaster.predict(data, late))


def test_each_kind_of_later_knowledge_would_show_in_the_case_with_every_input() -> None:
    """Were it known at the issue time, each of the inputs would change a forecast: so each is really guarded."""
    data, forecaster = cases.case("wind, every input"), cases.fitted("wind, every input", "ridge")
    # a rung of the ladder may do without an input that is there
    times = cases.issue_times("wind, every input", 12)
    at = next(t for t in times if (forecaster.predict(data, t)["level"] == 0).all())
    noise, frame = noised(data, at - pd.Timedelta("2D"), 3), forecaster.predict(data, at)
    changes: dict[str, Any] = {
        name: getattr(noise, name) for name in ("power", "observed", "available_kw", "neighbours")
    }
    changes["plan"] = noise_plan(data.plan, at - pd.Timedelta("10h"))
    for name, value in changes.items():
        assert bits(forecaster.predict(plants.rebuilt(data, **{name: value}), at)) != bits(frame), name


@pytest.mark.parametrize("name", ["power", "observed", "available_kw"])
def test_a_value_counts_from_the_moment_it_became_known_and_not_before(name: str) -> None:
    """A single value, changed: forecasts issued before label + delay stay, those from then on may move."""
    data, forecaster = cases.case("wind, every input"), cases.fitted("wind, every input", "ridge")
    table = getattr(data, name)
    there = table.index[table.notna().all(axis=1) if table.ndim == 2 else table.notna()]
    delay = pd.Timedelta(data.delays[name], unit="ns")
    labels = there[-len(there) // 7 :: 5]
    # a rung of the ladder may do without an input that is there
    label = next(t for t in labels if (forecaster.predict(data, (t + delay).ceil("15min"))["level"] == 0).all())
    changed = table.copy()
    changed.loc[label] *= 0.5
    other = plants.rebuilt(data, **{name: changed})
    grid = [(label + delay).ceil("15min") + k * pd.Timedelta("15min") for k in (-2, -1, 0)]
    same = [bits(forecaster.predict(data, at)) == bits(forecaster.predict(other, at)) for at in grid]
    assert same == [True, True, False]
