"""Faults that the raw records' READMEs name are found, and a year of minutes is checked quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import forecast as fc

SITES = Path(__file__).resolve().parents[2] / "benchmarks" / "sites.toml"


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ("pvod.station00", "duplicates"),
        ("sdt_inverter_5min", "absent_nights"),
        ("sdt_inverter_5min", "sentinel"),
        ("paddle_wind", "frozen"),
        ("la_haute_borne.R80711", "dst_hole"),
        ("stategrid_pv.site3_30mw", "swapped_columns"),
        ("turkey_t1", "stop"),
    ],
)
def test_a_named_fault_is_found(record: str, what: str, shared_data: Path) -> None:
    data = fc.SiteData.from_toml(SITES, record, folder=shared_data)
    assert what in set(fc.check(data)["what"])


def test_a_year_and_a_half_of_minutes_is_checked_within_the_budget_and_its_lost_half_found(shared_data: Path) -> None:
    data = fc.SiteData.from_toml(SITES, "cuee_pv.1min", folder=shared_data)
    begin = time.process_time()
    table = fc.check(data)
    assert time.process_time() - begin < 30  # 20 s a year
    lost = table[table["what"] == "capacity_changed"]
    assert [f"{start:%Y-%m-%d}" for start in lost["start"]] == ["2023-08-02"]
