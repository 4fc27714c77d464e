from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pytest
import results
from matplotlib import pyplot as plt

from forecast.errors import NotEnoughDataError, SettingsError
from forecast.evaluation import BacktestResult
from forecast.plot import reliability


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def shares(result: BacktestResult, model: str = "gbm", **options: object) -> np.ndarray:
    ax = reliability(result, model=model, **options)  # type: ignore[arg-type]
    (found,) = (one for one in ax.lines if one.get_label() == model)
    return np.asarray(found.get_ydata())


def test_shares_are_those_at_or_below_each_quantile_where_nothing_lies_on_a_bound() -> None:
    result = results.backtest()
    inside = (result.dataset["actual"] > 0) & (result.dataset["actual"] < results.CAPACITY)
    table = result.frame()
    table = table[table["valid"] & (table["model"] == "gbm") & (table["actual"] > 0)]
    table = table[table["actual"] < results.CAPACITY]
    expected = [(table["actual"] <= table[f"q{level}"]).mean() for level in ("05", "10", "25", "50", "75", "90", "95")]
    np.testing.assert_allclose(shares(result, where=inside), expected)


def test_a_reliable_forecast_lies_on_the_diagonal_though_much_of_its_truth_lies_on_a_bound() -> None:
    data = results.backtest(days=60).dataset
    rng = np.random.default_rng(3)
    middle, size = rng.uniform(-5, 105, data["actual"].shape), 8.0
    z = np.array([NormalDist().inv_cdf(level) for level in results.LEVELS])
    truth = np.clip(middle + size * rng.normal(size=middle.shape), 0, results.CAPACITY)
    quantiles = np.clip(middle[..., None] + size * z, 0, results.CAPACITY)
    result = BacktestResult(
        data.assign(
            actual=(data["actual"].dims, truth),
            quantiles=data["quantiles"].copy(data=np.broadcast_to(quantiles, data["quantiles"].shape)),
        )
    )
    assert ((truth == 0) | (truth == results.CAPACITY)).mean() > 0.05
    np.testing.assert_allclose(shares(result), results.LEVELS, atol=0.015)
    # what the plain count would show
    assert (truth <= quantiles[..., 0]).mean() > 0.07


def test_quantiles_that_are_too_narrow_leave_the_range_of_chance() -> None:
    result = results.backtest(days=40)
    wide = result.dataset["quantiles"]
    middle = wide.sel(quantile=0.5)
    narrow = BacktestResult(result.dataset.assign(quantiles=middle + 0.3 * (wide - middle)))
    ax = reliability(narrow, model="gbm")
    (range_of_chance,) = ax.collections
    corners = range_of_chance.get_paths()[0].vertices
    high = corners[np.isclose(corners[:, 0], 0.05), 1].max()
    assert shares(narrow)[0] > high


def test_of_pv_only_the_hours_with_the_sun_up_count() -> None:
    result = results.backtest("pv")
    np.testing.assert_array_equal(shares(result), shares(result, where="daylight"))
    assert not np.array_equal(shares(result), shares(result, where=None))


def test_all_models_but_the_reference_are_drawn_unless_one_is_named() -> None:
    labels = reliability(results.backtest()).get_legend_handles_labels()[1]
    assert sorted(labels) == ["by chance, 90 %", "gbm", "plain", "reliable"]


def test_a_backtest_without_quantiles_or_without_such_a_model_is_a_typed_error() -> None:
    with pytest.raises(NotEnoughDataError, match="none of gbm, plain has quantiles"):
        reliability(results.backtest(levels=()))
    with pytest.raises(SettingsError, match="model='gmb' is not in this backtest"):
        reliability(results.backtest(), model="gmb")
