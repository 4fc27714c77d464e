"""The competition's months: read from any files, as of their start, one row an hour, quantiles that rise."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
WINDS = ["nwp_u10_ms", "nwp_v10_ms", "nwp_u100_ms", "nwp_v100_ms"]
START, END = pd.Timestamp("2012-11-01"), pd.Timestamp("2012-12-01")


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """The script with boosters of a few trees."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(BENCHMARKS))
    module = importlib.import_module("gefcom2014")
    patch.setattr(importlib.import_module("gefcom2014_tasks.points"), "ROUNDS", 8)
    distributions = importlib.import_module("gefcom2014_tasks.distributions")
    patch.setattr(distributions, "SHARED", {"cosines": 30})
    patch.setattr(distributions, "OWN", {"cosines": 30})
    patch.setattr(distributions, "COSINES", 30)
    yield module
    patch.undo()
    for name in [name for name in sys.modules if name.startswith("gefcom2014")]:
        del sys.modules[name]


def table(zones: int = 3) -> pd.DataFrame:
    """Hourly records of August to December 2012: winds that wander together, power by a cubic curve with noise."""
    hours = pd.date_range("2012-08-15 01:00", "2012-12-20 00:00", freq="1h")
    rng = np.random.default_rng(4)
    slow = pd.DataFrame(rng.normal(size=(len(hours), 2))).ewm(halflife=15).mean().to_numpy() * 20
    frames = []
    for zone in range(1, zones + 1):
        far = slow + rng.normal(size=slow.shape)
        speed = np.hypot(*far.T)
        power = np.clip((speed / 10) ** 3 + 0.1 * rng.normal(size=len(hours)), 0, 1)
        winds = np.column_stack([0.7 * far, far])
        frames.append(pd.DataFrame({"zone": zone, "timestamp": hours, "power_norm": power}).join(
            pd.DataFrame(winds, columns=WINDS)))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def made(script: Any, folder: Path, rows: pd.DataFrame, **asked: Any) -> tuple[pd.DataFrame, list[dict[str, float]]]:
    folder.mkdir(exist_ok=True)
    rows.to_parquet(folder / "one.parquet")
    options = {"zones": [3], "tasks": [2], "compare": []} | asked
    result: tuple[pd.DataFrame, list[dict[str, float]]] = script.forecasts(script.read(folder), **options)
    return result


@pytest.fixture(scope="module")
def plain(script: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, list[dict[str, float]]]:
    """The quantiles of November in zone 3, and their scores."""
    return made(script, tmp_path_factory.mktemp("plain"), table(), compare=[2])


def test_nothing_later_than_the_months_start_changes_its_forecast(script: Any, plain: Any, tmp_path: Path) -> None:
    planted = table()
    later, unpublished = planted["timestamp"] > START, planted["timestamp"] > END
    planted.loc[later, "power_norm"] = np.where(np.arange(later.sum()) % 3, 0.0, 0.9)
    planted.loc[unpublished, WINDS] = 30.0
    pd.testing.assert_frame_equal(made(script, tmp_path, planted)[0], plain[0], check_exact=True)


def test_power_before_the_start_and_winds_of_the_month_do_change_it(script: Any, plain: Any, tmp_path: Path) -> None:
    rows = table()
    for column, at in (("power_norm", rows["timestamp"] == START), ("nwp_u100_ms", rows["timestamp"] == END)):
        planted = rows.copy()
        planted.loc[at, column] = 0.123
        assert (made(script, tmp_path, planted)[0].to_numpy() != plain[0].to_numpy()).any()


def test_each_hour_of_the_month_has_99_rising_quantiles_within_the_capacity(plain: Any) -> None:
    frame, rows = plain
    assert list(frame.columns) == ["zone", "timestamp", *(f"q{level:02d}" for level in range(1, 100))]
    assert (frame["zone"] == 3).all()
    assert list(frame["timestamp"]) == list(pd.date_range(START, END, freq="1h")[1:])
    quantiles = frame.filter(regex="^q").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all() and quantiles.min() >= 0 and quantiles.max() <= 1
    assert [(row["task"], row["zone"], row["hours"]) for row in rows] == [(2, 3, 720)]
    assert rows[0]["ours"] < 0.7 * rows[0]["climatology"] and rows[0]["boosters"] < rows[0]["climatology"]


def test_files_are_read_as_one_and_a_month_without_power_is_still_forecast(script: Any, tmp_path: Path) -> None:
    rows = table()
    known = rows["timestamp"] <= END
    rows[known & (rows["zone"] < 3)].to_parquet(tmp_path / "a.parquet")
    rows[known & (rows["zone"] == 3)].to_parquet(tmp_path / "b.parquet")
    rows[~known].drop(columns="power_norm").to_parquet(tmp_path / "c.parquet")
    (tmp_path / "README.md").write_text("not a table")
    records = script.read(tmp_path)
    assert records.zones == [1, 2, 3] and [task for task, _, _ in script.months(records)] == [1, 2, 3]
    frame, scores = script.forecasts(records, [2], [3], [])
    assert len(frame) == 19 * 24 and np.isfinite(frame.to_numpy()[:, 2:].astype(float)).all()
    assert np.isnan(scores[0]["ours"]) and scores[0]["hours"] == 0


def test_a_zone_without_power_before_the_month_is_not_forecast(script: Any, tmp_path: Path) -> None:
    rows = table()
    rows.loc[(rows["zone"] == 1) & (rows["timestamp"] <= START), "power_norm"] = np.nan
    frame, _ = made(script, tmp_path, rows, zones=[1, 3])
    assert frame["zone"].unique().tolist() == [3]


def test_zeros_of_several_zones_in_wind_and_lone_zeros_count_as_missing(script: Any, tmp_path: Path) -> None:
    rows = table()
    at = pd.Timestamp("2012-09-02 05:00")
    rows.loc[rows["timestamp"].between(at, at + pd.Timedelta("5h")), ["power_norm", *WINDS]] = [0.0, 6, 6, 8, 8]
    calm = pd.Timestamp("2012-09-04 05:00")
    rows.loc[rows["timestamp"] == calm, ["power_norm", *WINDS]] = [0.0, 1, 1, 1, 1]
    lone = pd.Timestamp("2012-09-06 05:00")
    for shift, value in ((-1, 0.4), (0, 0.0), (1, 0.3)):
        mine = (rows["timestamp"] == lone + shift * pd.Timedelta("1h")) & (rows["zone"] == 2)
        rows.loc[mine, ["power_norm", *WINDS]] = [value, 1, 1, 2, 2]
    rows.to_parquet(tmp_path / "one.parquet")
    records = script.read(tmp_path)
    power = pd.DataFrame(script.without_false_zeros(records).power, records.hours, records.zones)
    assert power.loc[at : at + pd.Timedelta("5h")].isna().to_numpy().all()
    assert (power.loc[calm] == 0).all() and np.isnan(power.loc[lone, 2])
    untouched = power.notna().to_numpy()
    np.testing.assert_array_equal(power.to_numpy()[untouched], records.power[untouched])


def test_a_folder_without_parquet_is_told(script: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no parquet file in"):
        script.read(tmp_path)
