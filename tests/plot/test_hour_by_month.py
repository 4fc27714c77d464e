from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import results
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from forecast.errors import SettingsError
from forecast.plot import error_by_hour_and_month


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def colours(ax: Axes) -> np.ma.MaskedArray:
    (mesh,) = ax.collections
    return np.ma.masked_invalid(np.asarray(mesh.get_array()).reshape(-1, 24))


def test_each_cell_is_the_score_of_its_local_hour_and_month() -> None:
    result = results.backtest(days=50)
    ax = error_by_hour_and_month(result, model="plain")
    table = result.scores(["month", "hour"]).loc["plain", "nmae"].unstack("hour")
    np.testing.assert_allclose(colours(ax), 100 * table.to_numpy())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Mar", "Apr"]
    assert "Asia/Kolkata" in ax.get_xlabel()


def test_hours_that_were_not_asked_for_stay_empty() -> None:
    found = colours(error_by_hour_and_month(results.backtest("pv", days=40), where="daylight"))
    assert found.mask[:, [0, 3, 22]].all() and not found.mask[:, 12].any()


def test_a_score_with_a_sign_has_its_zero_in_the_middle() -> None:
    ax = error_by_hour_and_month(results.backtest(days=40), score="mbe")
    (mesh,) = ax.collections
    low, high = mesh.get_clim()
    assert low == -high and high == pytest.approx(np.abs(colours(ax)).max())


def test_it_draws_on_the_axes_given_and_refuses_unknown_scores() -> None:
    ax = plt.figure().subplots()
    assert error_by_hour_and_month(results.backtest(), ax) is ax
    with pytest.raises(SettingsError, match="score='mape' is not among the scores: n, excluded, mae"):
        error_by_hour_and_month(results.backtest(), score="mape")
