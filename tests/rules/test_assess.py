from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forecast as fc
from forecast.errors import SettingsError, ShapeError
from forecast.rules import assess
from forecast.rules.book import read

RULES = [key for key in fc.rules.list().index.unique("key") if "wind" in fc.rules.get(key).kinds]
CAPACITY = 50e3


def day(seed: int = 0, shape: tuple[int, ...] = (2, 3, 96)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = np.clip(rng.gamma(2, 10e3, shape), 0, CAPACITY)
    f = np.clip(p + rng.normal(0, 9e3, shape), 0, CAPACITY)
    return p, f, (np.arange(96) + 0.5) / 4


def all_parts() -> list[tuple[str, str]]:
    return [(key, part.name) for key in RULES for part in fc.rules.get(key).parts["wind"]]


@pytest.mark.parametrize(("rule", "part"), all_parts())
def test_every_part_of_every_rule_shares_its_penalty_out_to_the_points(rule: str, part: str) -> None:
    p, f, hours = day()
    p[0, 1, 5:9], f[1, 2, 40] = np.nan, np.nan
    found = assess(p, f, rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=hours)
    assert found.status in ("verified", "unverified")
    missing = found.excluded["missing_truth"]
    assert missing[0, 1] == 4
    total = found.n + sum(found.excluded.values())
    assert (total == 96).all()
    if found.unit:
        np.testing.assert_allclose(found.point_penalty.sum(axis=-1), np.nan_to_num(found.penalty), rtol=1e-9)
        assert (found.point_penalty >= 0).all()
    else:
        assert np.isnan(found.point_penalty[np.isfinite(p) & np.isfinite(f)]).all()


@pytest.mark.parametrize(("rule", "part"), all_parts())
def test_float32_and_float64_say_the_same(rule: str, part: str) -> None:
    p, f, hours = (np.asarray(v, dtype=np.float32) for v in day(3))
    single = assess(p, f, rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=hours)
    double = assess(
        p.astype(np.float64), f.astype(np.float64), rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=hours
    )
    np.testing.assert_array_equal(single.n, double.n)
    np.testing.assert_allclose(single.error, double.error, rtol=1e-12)
    np.testing.assert_allclose(single.penalty, double.penalty, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_point_on_the_edge_passes_in_any_precision(dtype: Any) -> None:
    p = np.linspace(0.3, 0.7, 41, dtype=dtype) * dtype(CAPACITY)
    found = assess(p, p - dtype(0.25 * CAPACITY), "NE", part="pass rate", capacity_kw=CAPACITY, kind="wind")
    assert found.error == 0


def test_many_days_at_once_are_each_day_by_itself() -> None:
    p, f, hours = day(5, (4, 96))
    for rule, part in all_parts():
        together = assess(p, f, rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=hours)
        alone = [
            assess(a, b, rule, part=part, capacity_kw=CAPACITY, kind="wind", hours=hours)
            for a, b in zip(p, f, strict=True)
        ]
        np.testing.assert_allclose(together.error, [one.error for one in alone])
        np.testing.assert_allclose(together.penalty, [one.penalty for one in alone])


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    p, f, hours = day(1, (96,))
    p[:3], f[3:5] = np.nan, np.nan
    p[5:9] = f[5:9] = 0.001 * CAPACITY
    p[10:14] = np.nan
    curtailed, outage = np.zeros(96, bool), np.zeros(96, bool)
    curtailed[10:12], outage[12:14] = True, True
    found = assess(
        p, f, "NW-2023", part="short deviation energy", capacity_kw=CAPACITY, kind="wind", hours=hours,
        curtailed=curtailed, outage=outage,
    )  # fmt: skip
    both_low = int(((p < 0.03 * CAPACITY) & (f < 0.03 * CAPACITY)).sum())
    excluded = {name: int(value) for name, value in found.excluded.items()}
    assert (excluded["missing_truth"], excluded["curtailed"], excluded["outage"]) == (3, 2, 2)
    assert (excluded["no_forecast"], excluded["exempt"]) == (2, both_low)
    assert both_low >= 4
    assert int(found.n) == 96 - 9 - both_low


def test_shandong_keeps_curtailed_points_with_a_wider_band() -> None:
    p, f = np.array([50e3, 50e3]), np.array([30e3, 30e3])
    found = assess(p, f, "SD", capacity_kw=100e3, kind="wind", curtailed=[False, True])
    # 20 MW off: 7.5 MW beyond 25 %, 6 MW beyond 28 %; ratio 0.4
    np.testing.assert_allclose(found.point_penalty, [7.5 * 0.25 * 0.1, 6 * 0.25 * 0.1])


def test_night_counts_or_not_as_the_document_says() -> None:
    p, f = np.array([0.0, 0.0, 8e3, 9e3]), np.array([0.0, 0.0, 5e3, 9e3])
    up = [False, False, True, True]
    whole = assess(p, f, "NBT-32011-2013", capacity_kw=10e3, daylight=up)
    sunlit = assess(p, f, "NBT-32011-2013-daylight", capacity_kw=10e3, daylight=up)
    assert (int(whole.n), int(sunlit.n), int(sunlit.excluded["night"])) == (4, 2, 2)
    assert sunlit.error == pytest.approx(whole.error * np.sqrt(2))


def test_a_missing_forecast_is_an_error_of_1_in_the_revised_south() -> None:
    found = assess([30e3, 5e3], [np.nan, np.nan], "SO-2025", capacity_kw=100e3, kind="wind")
    assert found.error == pytest.approx(1.0)
    assert int(found.n) == 2


def test_own_use_counts_as_nothing_in_north_china() -> None:
    found = assess([-500.0, 40e3], [0.0, 40e3], "NC-2019", capacity_kw=100e3, kind="wind")
    assert found.error == 0


def test_zhejiang_caps_the_ratio_and_forgives_nothing_for_nothing() -> None:
    found = assess([0.0, 0.0, 10e3], [0.0, 5e3, 40e3], "ZJ", capacity_kw=100e3, kind="wind")
    assert found.error == pytest.approx(np.sqrt(2 / 3))


def test_shanxi_takes_the_largest_deviation_of_points_above_a_tenth() -> None:
    found = assess([5e3, 20e3, 50e3], [50e3, 26e3, 40e3], "SX-2021", part="largest deviation", capacity_kw=100e3,
                   kind="wind")  # fmt: skip
    np.testing.assert_allclose(found.penalty, (0.30 - 0.15) * 100)
    np.testing.assert_allclose(found.point_penalty, [0, 15, 0])
    assert int(found.excluded["exempt"]) == 1


def test_xinjiang_has_the_northwest_slots_an_hour_later() -> None:
    ask = {"part": "short deviation energy", "capacity_kw": 100e3, "kind": "wind"}
    here = assess([40e3], [60e3], "NW-2023", hours=[9.5], **ask)
    there = assess([40e3], [60e3], "NW-2023-Xinjiang", hours=[9.5], **ask)
    np.testing.assert_allclose([here.penalty, there.penalty], [0.0125, 0.0375])


def test_every_rule_shows_whether_it_is_verified_and_where_it_is_from() -> None:
    table = fc.rules.list()
    assert set(table["status"]) == {"verified", "unverified"}
    assert set(table.index[table["status"] == "verified"].get_level_values("key")) == {"AEMO"}
    for column in ("region", "document", "source", "points", "formula"):
        assert (table[column].str.len() > 0).all(), column
    assert table.attrs["version"] == fc.rules.version()


def test_a_rule_is_found_in_any_spelling_and_a_wrong_one_names_the_nearest() -> None:
    assert fc.rules.get("nw_2023") is fc.rules.get("NW-2023")
    with pytest.raises(SettingsError, match="did you mean 'NW-2023'"):
        fc.rules.get("NW-2033")


def test_typed_errors_say_what_to_pass() -> None:
    with pytest.raises(ShapeError, match=r"shape \(2,\), forecast \(3,\)"):
        assess([1.0, 2.0], [1.0, 2.0, 3.0], "NC-2019", capacity_kw=10.0, kind="wind")
    with pytest.raises(SettingsError, match="pass hours="):
        assess([1.0], [1.0], "NW-2023", capacity_kw=10.0, kind="wind")
    with pytest.raises(SettingsError, match="is for pv; got kind='wind'"):
        assess([1.0], [1.0], "GBT-19964-2024", capacity_kw=10.0, kind="wind")
    with pytest.raises(SettingsError, match="has no part 'hour 9 accuracy'"):
        assess([1.0], [1.0], "NW-2023", part="hour 9 accuracy", capacity_kw=10.0, kind="wind")


def test_a_new_rule_is_one_entry_and_a_mistake_in_it_is_told() -> None:
    entry = """
    version = "1"
    [[rule]]
    key = "mine"
    region = "here"
    document = "ours"
    status = "unverified"
    source = "us"
    [[rule.part]]
    name = "accuracy"
    points = "day ahead"
    measure = "mae"
    threshold = 0.9
    period = "day"
    penalty = { unit = "MWh", factor = 2.0 }
    """
    version, rules = read(entry)
    assert version == "1"
    found = assess([50.0], [70.0], rules["mine"], capacity_kw=100.0)
    assert found.penalty == pytest.approx(0.1 * 0.1 * 2.0)
    with pytest.raises(SettingsError, match="'treshold' is not known; did you mean 'threshold'"):
        read(entry.replace("threshold", "treshold"))
    with pytest.raises(SettingsError, match="status is 'sure'"):
        read(entry.replace('"unverified"', '"sure"'))
    with pytest.raises(SettingsError, match="needs a measure of"):
        read(entry.replace('"mae"', '"mea"'))


@given(st.lists(st.tuples(st.floats(-1, 1.2), st.floats(0, 1)), min_size=1, max_size=8), st.sampled_from(all_parts()))
def test_no_power_makes_a_score_or_a_penalty_that_is_no_number(pairs: list[tuple[float, float]], rule: Any) -> None:
    p, f = np.array(pairs).T * CAPACITY
    found = assess(p, f, rule[0], part=rule[1], capacity_kw=CAPACITY, kind="wind", hours=np.full(len(p), 12.0))
    if found.n:
        assert 0 <= found.score <= 1
        assert not found.unit or found.penalty >= 0
