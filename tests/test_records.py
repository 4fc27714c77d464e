"""The benchmark records load with the clock and capacity of the stored test rows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]


def _records() -> ModuleType:
    spec = importlib.util.spec_from_file_location("records", ROOT / "benchmarks" / "records.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


records = _records()


@pytest.mark.parametrize("name", records.RECORDS)
def test_truth_and_persistence_of_the_stored_rows_are_the_loaded_power(name: str, shared_data: Path) -> None:
    if not (shared_data.parent / "reference" / "rows").is_dir():
        pytest.skip("no stored test rows in ../reference/rows beside the data")
    data, rows = records.load_site(name, shared_data), records.load_rows(name, shared_data)
    share = data.power / data.site.capacity_kw
    issued = pd.DatetimeIndex(rows["issue_time"])
    step = share.index.to_series().diff().mode()[0]
    valid = issued + rows["lead"].to_numpy(dtype=int) * step

    np.testing.assert_allclose(share.reindex(valid), rows["actual"], rtol=0, atol=1e-6)
    # the stored persistence is cut at 0, a farm's own use is not forecast
    np.testing.assert_allclose(share.reindex(issued).clip(lower=0), rows["persistence"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(records.names()) - set(records.RECORDS)))
def test_every_other_record_loads_with_power_of_the_stated_capacity(name: str, shared_data: Path) -> None:
    data = records.load_site(name, shared_data)
    usual_maximum = data.power.quantile(0.999) / data.site.capacity_kw
    assert 0.7 < usual_maximum < 1.05


def test_the_other_turbine_is_an_observed_column_at_the_same_label(shared_data: Path) -> None:
    data = records.load_site("la_haute_borne.R80711", shared_data)
    other = pd.read_parquet(shared_data / "la_haute_borne" / "R80721.parquet").drop_duplicates("clock_label")
    expected = other.set_index(other["clock_label"].dt.tz_localize("UTC"))["power_kw"]
    pd.testing.assert_series_equal(
        data.observed["R80721_power"], expected, check_names=False, check_freq=False, check_index_type=False
    )


def test_weather_runs_keep_their_issue_and_lead_time(shared_data: Path) -> None:
    runs: Any = records.load_site("gefcom2012_wind.farm3", shared_data).nwp["nwp"]
    raw = pd.read_parquet(shared_data / "gefcom2012_wind" / "nwp_forecasts.parquet")
    row = raw[(raw["farm"] == 3) & raw["ws10_ms"].notna()].iloc[12345]
    cell = runs.sel(init_time=row["issue_time"], lead_time=pd.Timedelta(hours=int(row["lead_h"])))
    assert float(cell["wind_speed_10m"]) == pytest.approx(row["ws10_ms"], abs=0.01)
    # the file's wd10_deg says where the wind goes
    assert float(cell["wind_direction_10m"]) == pytest.approx((row["wd10_deg"] + 180) % 360, abs=0.5)
