"""The parts of the ladder: patterns of what is missing, columns left, sums of products, late power."""

from __future__ import annotations

import numpy as np
import plants
from short_inputs import HOUR_NS, NOW, data, fitted

from forecast.data.changed import with_later_runs
from forecast.design import Column
from forecast.ladder.aged import late_power
from forecast.ladder.patterns import columns_left, nothing_left, patterns_of, poorer
from forecast.ladder.products import PENALTY, Products, added, solved
from forecast.missing import STALE, Input, conditions


def some_inputs() -> tuple[Input, ...]:
    return (Input("power", (0,), (), (), 6), Input("observed", (1,), (), (), 2), Input("nwp", (), (0,), (), 5))


def test_there_is_a_pattern_for_one_or_two_late_inputs_and_for_any_that_are_gone() -> None:
    found = patterns_of(some_inputs())
    assert (0, 0, 0) not in found and (5, 1, 4) in found and (2, 0, 3) in found and (0, 1, 2) in found
    assert (2, 1, 3) not in found and nothing_left(some_inputs()) == (5, 1, 4)
    for i in poorer((2, 1, 3), found):
        assert all(a >= b for a, b in zip(found[i], (2, 1, 3), strict=True))
    assert len(poorer((2, 1, 3), found)) == sum(a >= 2 and b >= 1 and c >= 3 for a, b, c in found) > 0


def test_features_are_left_only_where_all_that_they_read_is_there() -> None:
    columns = [
        ("power", "power"),
        ("power_lag6", "power"),
        ("power_mean16", "power"),
        ("observed:wind_speed", "observed"),
        ("curve:wind_speed", "power curve"),
        ("beside_curve:wind_speed", "power curve"),
        ("nwp:ghi", "weather forecast"),
        ("expected:nwp:ghi", "weather to power"),
        ("expected_error:nwp:ghi", "weather to power"),
        ("day_sin1", "calendar"),
        ("slot_index_7d", "day memory"),
        ("own:rise", "own"),
    ]
    made = tuple(Column(name, "1", group) for name, group in columns)

    def left(pattern: tuple[int, ...]) -> set[str]:
        kept = columns_left(pattern, some_inputs(), made)
        return {name for (name, _), yes in zip(columns, kept, strict=True) if yes}

    everything = {name for name, _ in columns}
    assert left((0, 0, 0)) == everything
    assert left((0, 0, 2)) == everything
    late = everything - {"power", "power_mean16", "beside_curve:wind_speed", "expected_error:nwp:ghi", "own:rise"}
    assert left((2, 0, 0)) == late and left((3, 0, 0)) == late - {"power_lag6"}
    assert left((5, 1, 0)) == {"nwp:ghi", "expected:nwp:ghi", "day_sin1"}
    assert left((5, 1, 4)) == {"day_sin1"}


def test_sums_of_products_give_the_ridge_of_any_choice_of_features() -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(1, 2, size=(300, 7)), rng.normal(size=300)
    y += z @ rng.normal(size=7)
    left = np.array([True, False, True, True, False, False, True])
    weight, bias = solved(added([Products.of(z[:120], y[:120]), Products.of(z[120:], y[120:])]), left)
    x = z[:, left] - z[:, left].mean(axis=0)
    # ridge as least squares: rows of its own for the penalty
    rows = np.vstack([x, np.sqrt(PENALTY * 300) * np.eye(4)])
    wanted = np.linalg.lstsq(rows, np.r_[y - y.mean(), np.zeros(4)], rcond=None)[0]
    np.testing.assert_allclose(weight, wanted, rtol=1e-9)
    np.testing.assert_allclose(z[:, left] @ weight + bias, x @ wanted + y.mean(), rtol=1e-9)


def test_late_power_in_training_is_that_of_a_row_of_the_same_site_so_much_earlier() -> None:
    design = plants.small_design()
    lengths, rows = [200, len(design) - 200], np.arange(0, len(design), 3)
    step = 7 * 900 * 10**9  # the small design has every seventh row
    made = late_power(design, lengths, rows, step, 0)
    for i, row in enumerate(rows):
        begin = 0 if row < 200 else 200
        for c, most in enumerate(STALE):
            least = STALE[c - 1] + 1 if c else 1
            behind = (design.issue_ns[row] - design.issue_ns[begin:row]) / step
            could = design.last[begin:row][(behind >= least) & (behind <= most) & (design.late[begin:row] == 0)]
            assert np.isnan(made[i, c]) or made[i, c] in could
    assert np.isfinite(made).mean() > 0.7


def test_conditions_tell_late_from_gone() -> None:
    forecaster, some = fitted("runs"), data("runs")
    design = forecaster._design(forecaster._features_for(some), some, plants.nanoseconds([NOW]))
    names = [one.name for one in forecaster._inputs]
    assert names == ["power", "observed", "nwp"]
    assert (conditions(design, forecaster._inputs) == 0).all()
    for hours, condition in ((6, 1), (14, 2), (30, 3)):
        late = with_later_runs(some, {"runs": hours * HOUR_NS})
        old = forecaster._design(forecaster._features_for(late), late, plants.nanoseconds([NOW]))
        assert conditions(old, forecaster._inputs)[0, 0, 2] in (condition, 4)
