from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import results
from matplotlib import pyplot as plt

from forecast.errors import SettingsError
from forecast.evaluation import BacktestResult
from forecast.plot import skill_by_lead


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def drawn(result: BacktestResult, **options: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    ax = skill_by_lead(result, **options)
    return {str(one.get_label()): (np.asarray(one.get_xdata()), np.asarray(one.get_ydata())) for one in ax.lines}


def test_each_line_is_one_minus_the_ratio_of_the_errors_lead_by_lead() -> None:
    result = results.backtest()
    lines = drawn(result)
    table = result.frame()
    table = table[table["valid"]].assign(square=lambda t: (t["power"].astype(float) - t["actual"]) ** 2)
    rmse = np.sqrt(table.groupby(["model", "lead"])["square"].mean())
    for model in ("gbm", "plain"):
        np.testing.assert_allclose(lines[model][1], 100 * (1 - rmse[model] / rmse["reference"]))
        np.testing.assert_array_equal(lines[model][0], [30, 60, 90, 120])
    assert set(lines) == {"gbm", "plain", "reference"}
    assert set(lines["reference"][1]) == {0}


def test_long_leads_are_shown_in_hours() -> None:
    ax = skill_by_lead(results.backtest(leads=8))
    assert ax.get_xlabel() == "lead [h]"
    assert np.asarray(ax.lines[1].get_xdata())[-1] == 4


def test_only_the_rows_asked_for_count() -> None:
    result = results.backtest("pv")
    light = result.scores(where="daylight").loc["gbm", "skill"]
    np.testing.assert_allclose(drawn(result, where="daylight")["gbm"][1], 100 * light)
    assert not np.allclose(drawn(result)["gbm"][1], 100 * light)


def test_the_reference_may_be_any_model_or_the_one_that_the_dataset_names() -> None:
    result = results.backtest()
    assert set(drawn(result, reference="plain")) == {"gbm", "plain", "reference"}
    other = results.backtest(models={"gbm": 4.0, "persistence": 6.0})
    other.dataset.attrs["reference"] = "persistence"
    assert set(drawn(other)["persistence"][1]) == {0}


def test_without_a_reference_there_is_no_skill() -> None:
    with pytest.raises(SettingsError, match="reference='reference' is not among the models: gbm, plain"):
        skill_by_lead(results.backtest(models={"gbm": 4.0, "plain": 7.0}))


def test_the_range_about_a_line_is_the_interval_of_the_comparison_with_the_reference() -> None:
    result = results.backtest(days=12)
    ax = skill_by_lead(result)
    table = result.compare("gbm", "reference", by="lead")
    corners = ax.collections[0].get_paths()[0].vertices
    for lead, (_, row) in zip((30, 60, 90, 120), table.iterrows(), strict=True):
        here = corners[np.isclose(corners[:, 0], lead), 1]
        assert here.min() == pytest.approx(-100 * row["relative_high"])
        assert here.max() == pytest.approx(-100 * row["relative_low"])
        assert here.min() < -100 * row["relative"] < here.max()


def test_one_day_has_skill_and_no_range() -> None:
    result = results.backtest(days=6)
    few = BacktestResult(result.dataset.isel(issue_time=slice(0, 10)))
    ax = skill_by_lead(few)
    assert np.isfinite(np.asarray(ax.lines[1].get_ydata())).all()
    assert not any(len(path.vertices) for part in ax.collections for path in part.get_paths())
