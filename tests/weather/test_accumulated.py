"""Totals and running means become the means of the intervals they were made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import SettingsError, WeatherError
from forecast.weather import RunGrid, to_means, with_meanings
from forecast.weather.meaning import meaning_of, read_meaning

HOURS = (0, 1, 2, 3, 5, 6, 9, 12, 15, 18)


def dataset(values: np.ndarray, hours: tuple[int, ...] = HOURS, name: str = "ghi", **attrs: str) -> xr.Dataset:
    coords = {"init_time": [pd.Timestamp("2024-06-01")], "lead_time": pd.to_timedelta(hours, unit="h")}
    return xr.Dataset({name: (("init_time", "lead_time"), values[None], attrs)}, coords)


def true_means(count: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(20, 800, count)


def since(restart_h: float, means: np.ndarray, hours: tuple[int, ...], mean: bool) -> np.ndarray:
    """By the hour: the total or mean since the last restart before each lead."""
    hourly = np.concatenate([np.full(width, value) for width, value in zip(np.diff(hours), means, strict=True)])
    out = [np.nan if mean else 0.0]
    for hour in hours[1:]:
        begin = int(max((np.ceil(hour / restart_h) - 1) * restart_h, 0)) if np.isfinite(restart_h) else 0
        part = hourly[begin:hour]
        out.append(part.mean() if mean else part.sum() * 3600)
    return np.array(out)


@pytest.mark.parametrize("mean", [True, False])
@pytest.mark.parametrize(("restart", "text"), [(np.inf, "since init"), (6, "since every 6h"), (3, "since every 3h")])
def test_what_counts_from_a_restart_is_differenced(mean: bool, restart: float, text: str) -> None:
    hours = HOURS if restart != 3 else tuple(hour for hour in HOURS if hour != 5)
    means = true_means(len(hours) - 1)
    unit = "W m-2" if mean else "J m-2"
    coded = dataset(since(restart, means, hours, mean), hours, units=unit,
                    cell_methods=f"lead_time: {'mean' if mean else 'sum'} ({text})")  # fmt: skip
    found = to_means(coded)["ghi"]
    np.testing.assert_allclose(found[0, 1:], means, rtol=1e-9)
    assert found.attrs["units"] == "W m-2" and found.attrs["cell_methods"] == "lead_time: mean"


def test_a_sum_since_the_previous_lead_is_divided_by_its_width() -> None:
    means = true_means(len(HOURS) - 1) / 1e5
    sums = np.append(0, means * np.diff(HOURS) * 3600)
    found = to_means(dataset(sums, name="precipitation", units="kg m-2", cell_methods="lead_time: sum"))
    np.testing.assert_allclose(found["precipitation"][0, 1:], means, rtol=1e-9)
    assert found["precipitation"].attrs["units"] == "kg m-2 s-1"


@pytest.mark.parametrize(("hours", "known"), [((3, 6, 9), 3), ((6, 9, 12), 2), ((1, 4, 7), 3)])
def test_the_first_lead_is_known_where_its_interval_begins_with_the_run(hours: tuple[int, ...], known: int) -> None:
    total = dataset(np.cumsum([3.6e6, 7.2e6, 1.8e6]), hours, units="J m-2")
    assert int(np.isfinite(to_means(total)["ghi"]).sum()) == known


def test_packing_noise_becomes_zero_and_a_hidden_restart_an_error() -> None:
    noisy = dataset(np.array([0, 1e6, 1e6 - 40, 1e6]), (0, 1, 2, 3), units="J m-2")
    np.testing.assert_allclose(to_means(noisy)["ghi"][0, 2], 0.0)
    again = dataset(np.array([0, 1e6, 2e5, 9e5]), (0, 1, 2, 3), units="J m-2")
    with pytest.raises(WeatherError, match="begins anew"):
        to_means(again)


def test_missing_totals_make_missing_means_beside_them_only() -> None:
    total = dataset(np.array([0, 1e6, np.nan, 3e6, 4e6]), (0, 1, 2, 3, 4), units="J m-2")
    np.testing.assert_array_equal(np.isfinite(to_means(total)["ghi"][0]), [False, True, False, False, True])


def test_what_is_usual_holds_where_nothing_is_stated() -> None:
    frame = dataset(np.ones(3), (0, 1, 2)).assign(temp_air=dataset(np.ones(3), (0, 1, 2))["ghi"])
    assert {name: str(meaning_of(one)) for name, one in with_meanings(frame).data_vars.items()} == {
        "ghi": "lead_time: mean", "temp_air": "lead_time: point"
    }  # fmt: skip
    assert str(meaning_of(with_meanings(frame, label="instant")["ghi"])) == "lead_time: point"
    stated = with_meanings(frame, {"temp_air": "mean", "ghi": "mean (since init)"})
    assert str(meaning_of(stated["ghi"])) == "lead_time: mean (since init)"
    assert "cell_methods" not in frame["ghi"].attrs
    for text in (
        "lead_time: sum (since every 6h)",
        "lead_time: mean",
        "lead_time: point",
        "lead_time: sum (since init)",
    ):
        assert str(read_meaning(text)) == text
    with pytest.raises(SettingsError, match="did you mean 'mean'"):
        with_meanings(frame, {"ghi": "meen"})
    with pytest.raises(SettingsError, match="no variable 'gih'"):
        with_meanings(frame, {"gih": "mean"})


def test_labels_at_the_start_of_an_interval_are_moved_to_its_end() -> None:
    means = true_means(4)
    started = dataset(means, (0, 1, 2, 3)).assign(temp_air=dataset(means, (0, 1, 2, 3))["ghi"])
    moved = with_meanings(started, label="start")
    np.testing.assert_array_equal(moved["ghi"][0], [np.nan, *means])
    np.testing.assert_array_equal(moved["temp_air"][0], [*means, np.nan])
    hour = 3600 * 10**9
    ends = pd.Timestamp("2024-06-01").as_unit("ns").value + hour * np.arange(1, 5)[None, :]
    found = RunGrid(started, label="start").means(np.array([0]), ends, hour)
    np.testing.assert_allclose(found["ghi"][0], means)
