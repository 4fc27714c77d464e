from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plants
import pytest
import results
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num, num2date

import forecast as fc
from forecast.errors import ColumnError, InputTypeError, SettingsError, TimeError
from forecast.plot import forecast_fan

AT = plants.START + pd.Timedelta("20D")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def data() -> fc.SiteData:
    return plants.wind()


@pytest.fixture(scope="module")
def frame(data: fc.SiteData) -> pd.DataFrame:
    return plants.forecaster("persistence").fit(data).predict(data, AT)


def line(ax: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = (one for one in ax.lines if one.get_label() == label)
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def edges(ax: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of a band, read from what was drawn."""
    (band,) = (one for one in ax.collections if one.get_label() == label)
    assert isinstance(band, PolyCollection)
    corners = pd.DataFrame(band.get_paths()[0].vertices, columns=["x", "y"]).groupby("x")["y"]
    return corners.min().to_numpy(), corners.max().to_numpy()


def test_bands_are_the_quantiles_and_the_line_is_the_point_forecast(frame: pd.DataFrame) -> None:
    ax = forecast_fan(frame)
    for label, low, high in (("90 % interval", "q05", "q95"), ("50 % interval", "q25", "q75")):
        lower, upper = edges(ax, label)
        np.testing.assert_allclose(lower, frame[low])
        np.testing.assert_allclose(upper, frame[high])
    x, y = line(ax, "forecast")
    np.testing.assert_array_equal(y, frame["power"])
    np.testing.assert_allclose(x, date2num(frame.index.tz_convert("UTC").tz_localize(None)))


def test_the_widest_band_lies_behind_and_is_the_palest(frame: pd.DataFrame) -> None:
    bands = forecast_fan(frame).collections
    assert [band.get_label() for band in bands] == ["90 % interval", "50 % interval"]
    shades = [band.get_facecolor()[0, :3].mean() for band in bands]
    assert shades[0] > shades[1]


def test_the_truth_is_drawn_from_a_while_before_the_issue_time_to_the_last_valid_time(
    frame: pd.DataFrame, data: fc.SiteData
) -> None:
    x, y = line(forecast_fan(frame, data.power), "measured")
    assert data.power is not None
    assert num2date(x[-1]) <= frame.index[-1]
    assert len(x) < 20
    expected = data.power[data.power.index.isin(pd.DatetimeIndex(num2date(x)).round("s"))]
    np.testing.assert_array_equal(y, expected)
    assert num2date(x[0]) < AT < num2date(x[-1])


def test_the_time_axis_shows_the_clock_of_the_forecast(frame: pd.DataFrame) -> None:
    ax = forecast_fan(frame)
    assert "Europe/Paris" in ax.get_xlabel()
    middle = ax.xaxis.get_major_formatter().format_ticks([line(ax, "forecast")[0][0]])
    assert f"{frame.index[0]:%H:%M}" in middle[0]
    assert "ridge, persistence, issued 2024-03-21 01:00" in ax.get_title()


def test_a_fan_goes_onto_the_axes_it_is_given_and_changes_nothing(frame: pd.DataFrame, data: fc.SiteData) -> None:
    before, power = frame.copy(), None if data.power is None else data.power.copy()
    _, ax = plt.subplots()
    assert forecast_fan(frame, data.power, ax) is ax
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_series_equal(data.power, power)
    assert len(plt.get_fignums()) == 1


def test_a_forecast_without_quantiles_is_a_line(frame: pd.DataFrame) -> None:
    ax = forecast_fan(frame[["lead", "power"]])
    assert not ax.collections
    assert len(line(ax, "forecast")[0]) == len(frame)


def test_out_of_a_backtest_comes_the_forecast_of_that_issue_time_and_its_truth() -> None:
    result = results.backtest()
    table = result.frame()
    issue = table["issue_time"].unique()[100]
    ax = forecast_fan(result, issue_time=issue, model="plain")
    rows = table[(table["model"] == "plain") & (table["issue_time"] == issue)]
    np.testing.assert_array_equal(line(ax, "forecast")[1], rows["power"])
    lower, upper = edges(ax, "80 % interval")
    np.testing.assert_allclose(lower, rows["q10"])
    np.testing.assert_allclose(upper, rows["q90"])
    x, y = line(ax, "measured")
    truth = table.drop_duplicates("valid_time").set_index("valid_time")["actual"].sort_index()
    np.testing.assert_array_equal(y, truth[truth.index.isin(pd.DatetimeIndex(num2date(x)).round("s"))])
    assert "Asia/Kolkata" in ax.get_xlabel()


def test_several_issue_times_are_several_fans_with_one_legend() -> None:
    result = results.backtest()
    issues = pd.DatetimeIndex(result.dataset["issue_time"].values[[40, 60]], tz="UTC")
    ax = forecast_fan(result, issue_time=issues)
    assert len(ax.collections) == 2 * 3
    labels = ax.get_legend_handles_labels()[1]
    assert sorted(labels) == ["50 % interval", "80 % interval", "90 % interval", "forecast", "issued", "measured"]


def test_without_an_issue_time_a_backtest_shows_its_last_and_the_first_model_that_is_no_reference() -> None:
    result = results.backtest(models={"reference": 6.0, "gbm": 4.0})
    ax = forecast_fan(result)
    last = result.dataset["power"].sel(model="gbm").values[0, -1]
    np.testing.assert_array_equal(line(ax, "forecast")[1], last)
    assert ax.get_title().startswith("field, gbm, issued 2024-03-07 23:30")


def test_what_cannot_be_drawn_is_a_typed_error_that_says_what_there_is(frame: pd.DataFrame) -> None:
    result = results.backtest()
    with pytest.raises(SettingsError, match="model='gmb' is not in this backtest; it has gbm, plain, reference"):
        forecast_fan(result, model="gmb")
    with pytest.raises(SettingsError, match="site='hill' is not in this backtest; it has field"):
        forecast_fan(result, site="hill")
    with pytest.raises(SettingsError, match="the nearest that is: 2024-03-02 00:00:00"):
        forecast_fan(result, issue_time="2024-03-02T00:10Z")
    with pytest.raises(TimeError, match="no time zone"):
        forecast_fan(result, issue_time="2024-03-02 00:00")
    with pytest.raises(ColumnError, match="lacks the column 'power'; columns are lead"):
        forecast_fan(frame[["lead"]])
    with pytest.raises(InputTypeError, match="forecast is list"):
        forecast_fan([1.0])  # type: ignore[arg-type]
    with pytest.raises(TimeError, match="no time zone"):
        forecast_fan(frame.tz_localize(None))
