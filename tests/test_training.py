"""Which issue times a forecaster learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import plants
import pytest

from forecast import training
from forecast.errors import NotEnoughDataError
from forecast.features.spec import read_spec
from forecast.training import training_times

MINUTE = 60 * 10**9


def test_every_step_whose_first_lead_is_inside_the_record_is_learned_from() -> None:
    data = plants.wind()
    times = training_times(data, read_spec(data, 15 * MINUTE, (3, 4)), 1)
    power = data.times("power")
    assert times[0] == power[0] and times[-1] == power[-1] - 45 * MINUTE
    assert (np.diff(times) == 15 * MINUTE).all()


@pytest.mark.parametrize("moved", [0, 4])
def test_blocks_of_minutes_are_learned_from_at_several_places_within_the_step(moved: int) -> None:
    data = plants.wind(days=4, step="1min", nwp=False)
    assert data.power is not None
    data = plants.rebuilt(data, power=data.power.set_axis(data.power.index + pd.Timedelta(seconds=moved)))
    spec = read_spec(data, 15 * MINUTE, (1,))
    times = training_times(data, spec, 1)
    assert len(np.unique(times % (15 * MINUTE))) >= 5
    assert (times % MINUTE == moved * 10**9).all()


def test_a_long_record_is_thinned_evenly_and_several_sites_share_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MOST_ROWS", 600)
    data = plants.wind()
    spec = read_spec(data, 15 * MINUTE, (1,))
    one, many = training_times(data, spec, 1), training_times(data, spec, 3)
    assert 300 < len(one) <= 600 and 100 < len(many) <= 200
    assert len(np.unique(np.diff(one))) == len(np.unique(np.diff(many))) == 1
    assert one[-1] > data.times("power")[-1] - 8 * 15 * MINUTE


def test_a_record_that_is_too_short_is_a_typed_error() -> None:
    data = plants.wind()
    short = data.until(plants.START + pd.Timedelta("12h"))
    with pytest.raises(NotEnoughDataError, match=r"4\d issue times in the record; at least 50"):
        training_times(short, replace(read_spec(data, 15 * MINUTE, (1,))), 1)
