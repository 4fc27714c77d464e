"""Bundles of every format there was still load, and forecast what they forecast then."""

from __future__ import annotations

import json

import numpy as np
import old_bundles
import pytest

import forecast as fc
from forecast.saving import FORMAT

FORMATS = sorted(int(path.stem.removeprefix("format")) for path in old_bundles.FOLDER.glob("format*.qh"))


def test_there_is_a_bundle_of_every_format() -> None:
    assert list(range(1, FORMAT + 1)) == FORMATS


@pytest.mark.parametrize("number", FORMATS)
def test_a_bundle_of_an_old_format_forecasts_as_it_did(number: int) -> None:
    stored = json.loads((old_bundles.FOLDER / f"format{number}.json").read_text(encoding="utf-8"))
    made = old_bundles.forecasts(fc.load(old_bundles.FOLDER / f"format{number}.qh"))
    assert made.keys() == stored.keys() and len(stored) == 3
    for at, columns in stored.items():
        for name, values in columns.items():
            away = np.abs(np.array(made[at][name]) - np.array(values))
            assert away.max() <= 1e-6 * old_bundles.CAPACITY, (at, name)
