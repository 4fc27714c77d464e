"""The dispatch centre's table: its labels, its capacity, and the file that comes back the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

import forecast as fc
from forecast.errors import InputTypeError

ZONE = "Asia/Shanghai"


def quarter_hours(plan: pd.DataFrame | None = None, available: pd.Series | None = None) -> fc.SiteData:
    index = pd.date_range("2025-05-01 00:15", periods=70 * 96, freq="15min", tz=ZONE)
    power = pd.Series(1000 + 800 * np.sin(np.arange(len(index)) / 41.0), index=index)
    return fc.SiteData(plants.wind_site(), power, plan=plan, available_kw=available)


def test_a_day_has_ninety_six_points_from_0015_to_2400(tmp_path) -> None:
    data = quarter_hours()
    frame = fc.Forecaster.preset("day_ahead", model="reference").fit(data).predict(data, "2025-07-03 12:00+08:00")
    table = fc.submission(frame, data, tmp_path / "day.csv")
    assert table["time"].iloc[[0, 1, -1]].tolist() == ["00:15", "00:30", "24:00"]
    assert table["point"].tolist() == list(range(1, 97))
    assert set(table["date"]) == {"2025-07-04"} and set(table["issue_time"]) == {"2025-07-03 12:00"}
    np.testing.assert_allclose(table["power_kw"], frame["power"], atol=6e-4)
    assert (table["running_capacity_kw"] == data.site.capacity_kw).all()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "day.csv"), table, check_dtype=False)


def test_running_capacity_follows_what_is_in_service_and_planned() -> None:
    begin = pd.Timestamp("2025-07-05 10:00", tz=ZONE)
    plan = pd.DataFrame(
        {"start": [begin], "end": [begin + pd.Timedelta("1h")], "available_kw": [700.0], "limit_kw": [np.nan],
         "known_at": [begin - pd.Timedelta("1D")]}
    )  # fmt: skip
    available = pd.Series([1500.0], index=[pd.Timestamp("2025-05-02", tz=ZONE)])
    data = quarter_hours(plan, available)
    frame = fc.Forecaster(model="persistence", horizon="2h").fit(data).predict(data, begin - pd.Timedelta("30min"))
    table = fc.submission(frame, data)
    assert table["running_capacity_kw"].tolist() == [1500.0] * 2 + [700.0] * 4 + [1500.0] * 2
    assert (table["power_kw"] <= table["running_capacity_kw"]).all()


def test_another_table_is_refused() -> None:
    with pytest.raises(InputTypeError, match="Forecaster.predict"):
        fc.submission(pd.DataFrame({"power": [1.0]}), quarter_hours())
