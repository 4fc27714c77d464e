"""Designs: columns in the order that was fitted, rows under one another."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import numpy as np
import plants

from forecast.design import Design, aligned, stack, stack_in_turn


def test_columns_come_in_the_wanted_order_and_what_is_not_there_is_missing() -> None:
    design = plants.small_design("wind")
    common, lead = design.common_columns, design.lead_columns
    fewer = aligned(design, common[5:][::-1], lead[::-1])
    assert fewer.names == [c.name for c in (*common[5:][::-1], *lead[::-1])]
    back = aligned(fewer, common, lead)
    assert np.isnan(back.common[:, :5]).all()
    np.testing.assert_array_equal(back.common[:, 5:], design.common[:, 5:])
    np.testing.assert_array_equal(back.lead, design.lead)
    assert aligned(design, common, lead) is design


def test_designs_of_several_sites_share_all_columns() -> None:
    design = plants.small_design("wind")
    other = aligned(design, design.common_columns[2:], design.lead_columns[:-1])
    both = stack([design, other])
    assert both.names == design.names and len(both) == 2 * len(design)
    assert np.isnan(both.common[len(design) :, :2]).all() and np.isnan(both.lead[len(design) :, :, -1]).all()
    np.testing.assert_array_equal(both.common[: len(design)], design.common)
    np.testing.assert_array_equal(both.actual, np.concatenate([design.actual, design.actual]))
    assert stack([design]) is design


def test_designs_that_are_made_in_turn_are_not_held() -> None:
    design, made = plants.small_design("wind"), []

    def in_turn() -> Iterator[Design]:
        for i in range(4):
            assert sum(one() is not None for one in made) <= 1  # the one before may still be on its way
            one = aligned(design.take(slice(i, i + 9)), design.common_columns[i:], design.lead_columns)
            made.append(weakref.ref(one))
            yield one

    whole = stack_in_turn(in_turn(), [9] * 4)
    rows = np.concatenate([np.arange(i, i + 9) for i in range(4)])
    assert whole.names == design.names and len(made) == 4 and len(whole) == 36
    for name in ("lead", "actual", "up", "scale", "issue_ns"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(design, name)[rows])
        assert getattr(whole, name).dtype == getattr(design, name).dtype
    for i in range(4):
        own = whole.common[9 * i : 9 * i + 9]
        assert np.isnan(own[:, :i]).all()
        np.testing.assert_array_equal(own[:, i:], design.common[i : i + 9, i:])


def test_rows_can_be_taken_by_place_by_slice_and_by_truth() -> None:
    design = plants.small_design("pv")
    rows = np.arange(len(design)) % 3 == 1
    for chosen in (rows, np.flatnonzero(rows)):
        part = design.take(chosen)
        np.testing.assert_array_equal(part.lead, design.lead[rows])
        np.testing.assert_array_equal(part.issue_ns, design.issue_ns[rows])
    np.testing.assert_array_equal(design.take(slice(2, 9)).now, design.now[2:9])
    assert (part.leads == design.leads).all() and part.names == design.names


def test_the_matrix_of_a_lead_is_what_all_share_and_its_own() -> None:
    design = plants.small_design("pv")
    matrix = design.matrix(2)
    np.testing.assert_array_equal(matrix[:, : design.common.shape[1]], design.common)
    np.testing.assert_array_equal(matrix[:, design.common.shape[1] :], design.lead[:, 2])
    np.testing.assert_array_equal(design.matrix(1, slice(3, 5)), design.matrix(1)[3:5])
