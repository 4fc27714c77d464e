"""Waves of the day and the year against plain trigonometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants

ISSUES = pd.date_range("2024-03-20 02:15", periods=9, freq="7h", tz="UTC")


def test_waves_stand_at_the_middle_of_the_valid_interval_in_utc() -> None:
    data = plants.wind(nwp=False)
    features = plants.features_of(data, (1, 4))
    found = plants.by_name(features.design(data, plants.nanoseconds(ISSUES)))
    for k, lead in enumerate((1, 4)):
        middle = ISSUES + lead * pd.Timedelta("15min") - pd.Timedelta("7.5min")
        turn = 2 * np.pi * (middle - middle.normalize()) / pd.Timedelta("1D")
        for times in (1, 2):
            np.testing.assert_allclose(found[f"day_sin{times}"][:, k], np.sin(times * turn), atol=1e-5)
            np.testing.assert_allclose(found[f"day_cos{times}"][:, k], np.cos(times * turn), atol=1e-5)


def test_a_short_record_knows_no_seasons_and_a_long_one_does() -> None:
    short, long = plants.wind(days=20, step="6h", nwp=False), plants.wind(days=560, step="6h", nwp=False)
    for data, wanted in ((short, []), (long, ["year_cos1", "year_sin1"])):
        design = plants.features_of(data, (1,), "6h").design(data, data.times("power")[-3:])
        assert sorted(name for name in design.names if name.startswith("year")) == wanted


def test_times_of_day_and_year_are_shares_below_one() -> None:
    data = plants.wind(nwp=False)
    design = plants.features_of(data, (1, 4)).design(data, plants.nanoseconds(ISSUES))
    middle = ISSUES + pd.Timedelta("7.5min")
    np.testing.assert_allclose(design.slot[:, 0], (middle - middle.normalize()) / pd.Timedelta("1D"), atol=1e-6)
    assert (design.season >= 0).all() and (design.season < 1).all()
