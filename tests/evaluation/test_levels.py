from __future__ import annotations

import pytest

from forecast.errors import ColumnError
from forecast.evaluation.levels import central_pairs, quantile_columns
from forecast.settings import quantile_name


def test_names_of_columns_and_levels_turn_into_each_other() -> None:
    for level in (0.01, 0.025, 0.05, 0.1, 0.333, 0.5, 0.9, 0.995):
        assert quantile_columns(["power", quantile_name(level), 7]) == {quantile_name(level): level}


def test_columns_come_by_level_and_others_are_left_alone() -> None:
    found = quantile_columns(["q95", "q", "quality", "q05x", "q050", "q5_", "q10"])
    assert list(found.items()) == [("q050", 0.05), ("q10", 0.1), ("q95", 0.95)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["q5"], "column 'q5' is unclear"),
        (["q00"], "stands for level 0"),
        (["q10", "q100"], "two columns stand for one level among q10, q100"),
    ],
)
def test_unclear_names_are_refused(names: list[str], text: str) -> None:
    with pytest.raises(ColumnError, match=text):
        quantile_columns(names)


def test_pairs_are_central_and_come_from_narrow_to_wide() -> None:
    assert central_pairs([0.0125, 0.1, 0.3, 0.5, 0.9, 0.9875]) == {"80": (1, 4), "97.5": (0, 5)}
    assert central_pairs([0.5]) == {}
    assert central_pairs([0.1, 0.2]) == {}
