from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import results
from matplotlib import pyplot as plt

from forecast.errors import NotEnoughDataError
from forecast.plot import ramps


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_each_line_runs_over_the_leads_from_hits_to_false_alarms() -> None:
    result = results.backtest(days=25)
    table = result.ramps(threshold=0.15)
    ax = ramps(result, threshold=0.15)
    for model in result.models:
        (line,) = (one for one in ax.lines if one.get_label() == model)
        np.testing.assert_allclose(line.get_xdata(), 1 - table.loc[model, "far"])
        np.testing.assert_allclose(line.get_ydata(), table.loc[model, "pod"])
    assert "30min (large) to 2h" in ax.get_title()


def test_grey_lines_are_equal_critical_success_index() -> None:
    ax = ramps(results.backtest(days=25))
    grey = ax.lines[4]  # the one of 0.5
    right, found = np.asarray(grey.get_xdata()), np.asarray(grey.get_ydata())
    np.testing.assert_allclose(1 / (1 / found + 1 / right - 1), 0.5)


def test_it_draws_on_the_axes_given_and_says_when_there_is_no_ramp() -> None:
    ax = plt.figure().subplots()
    assert ramps(results.backtest(days=25), ax) is ax
    with pytest.raises(NotEnoughDataError, match="no ramps of 95 % within 1h"):
        ramps(results.backtest(), threshold=0.95)
