from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import results
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation import BacktestResult
from forecast.evaluation import metrics as m
from forecast.plot import pit

EDGES = np.array([0, *results.LEVELS, 1])


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def heights(ax: Axes) -> np.ndarray:
    return np.array([patch.get_height() for patch in ax.patches])  # type: ignore[attr-defined]


def narrowed(result: BacktestResult, share: float) -> BacktestResult:
    wide = result.dataset["quantiles"]
    middle = wide.sel(quantile=0.5)
    return BacktestResult(result.dataset.assign(quantiles=middle + share * (wide - middle)))


def test_bars_are_the_shares_between_neighbouring_levels_over_their_width() -> None:
    result = results.backtest(days=30)
    frame = result.frame().query("model == 'plain' and valid")
    quantiles = frame[["q05", "q10", "q25", "q50", "q75", "q90", "q95"]].to_numpy()
    values = m.pit(frame["actual"].clip(0, results.CAPACITY).to_numpy(), quantiles, levels=results.LEVELS)
    expected = np.histogram(values, bins=EDGES)[0] / len(values) / np.diff(EDGES)
    found = heights(pit(result, model="plain"))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (found * np.diff(EDGES)).sum() == pytest.approx(1)


def test_quantiles_too_narrow_raise_the_ends_beyond_chance_and_too_wide_ones_the_middle() -> None:
    result = results.backtest(days=40)
    for share, ends in ((0.4, True), (2.5, False)):
        ax = pit(narrowed(result, share))
        (chance,) = ax.collections
        top = chance.get_paths()[0].vertices[:, 1].max()
        found = heights(ax)
        assert (found[[0, -1]] > top).all() if ends else (found[[0, -1]] < 0.5).all()
        assert (found[3:5] < 1).all() if ends else (found[3:5] > 1).all()


def test_it_draws_on_the_axes_given_and_refuses_what_is_not_there() -> None:
    ax = plt.figure().subplots()
    assert pit(results.backtest(), ax) is ax
    with pytest.raises(NotEnoughDataError, match="gbm has no quantiles"):
        pit(results.backtest(levels=()))
    with pytest.raises(SettingsError, match="model='gmb' is not in this backtest"):
        pit(results.backtest(), model="gmb")
