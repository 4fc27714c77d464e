"""Local measurements and other sites' power as they were known, against loops over what had arrived."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

STEP = pd.Timedelta("15min")
ISSUES = plants.START + pd.Timedelta("12D") + pd.to_timedelta(15 * np.array([0, 1, 37, 60, 61, 200, 333]), unit="min")


def newest(table: pd.Series, at: pd.Timestamp, delay: str, steps: int) -> float:
    """Mean of what became known in the newest quarter of an hour that brought something, `steps` back at most."""
    known = table.index + pd.Timedelta(delay)
    for back in range(steps):
        end = at - back * STEP
        values = table[(known > end - STEP) & (known <= end)].dropna()
        if len(values):
            return float(values.mean())
    return np.nan


@pytest.mark.parametrize(("step", "steps"), [("15min", 1), ("10min", 1), ("5min", 1), ("30min", 2), ("1h", 4)])
@pytest.mark.parametrize("delay", ["0min", "20min"])
def test_measurements_of_any_step_are_read_as_they_had_arrived(step: str, steps: int, delay: str) -> None:
    base = "5min" if step in ("5min", "10min") else "15min"
    data = plants.wind(step=base, observed_step=step, delay={"observed": delay}, nwp=False)
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    mast = data.observed
    assert mast is not None
    wind = mast["wind_speed"]
    for i, at in enumerate(ISSUES):
        wanted = newest(wind, at, delay, steps)
        np.testing.assert_allclose(found["observed:wind_speed"][i], wanted, rtol=1e-5)
        back = newest(wind, at - 4 * STEP, delay, steps)
        np.testing.assert_allclose(found["observed:wind_speed_step4"][i], wanted - back, atol=2e-5)
        last = [newest(wind, at - k * STEP, delay, steps) for k in range(16)]
        mean = np.nanmean(last) if np.isfinite(last).sum() >= 8 else np.nan
        np.testing.assert_allclose(found["observed:wind_speed_mean16"][i], mean, rtol=1e-5)
    assert np.isfinite(found["observed:wind_speed"]).sum() >= 5


def test_directions_are_two_components_so_that_359_and_1_are_neighbours() -> None:
    data = plants.wind(nwp=False)
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    assert "observed:wind_direction" not in found and data.observed is not None
    turn = np.deg2rad(data.observed["wind_direction"].reindex(ISSUES))
    np.testing.assert_allclose(found["observed:wind_direction_sin"], np.sin(turn), atol=1e-6)
    np.testing.assert_allclose(found["observed:wind_direction_cos"], np.cos(turn), atol=1e-6)


def test_impossible_measurements_are_missing() -> None:
    data = plants.wind(nwp=False)
    assert data.observed is not None
    mast = data.observed.copy()
    mast.loc[mast.index == ISSUES[2], "temp_air"] = -3276.0
    data = plants.rebuilt(data, observed=mast)
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    assert np.isnan(found["observed:temp_air"][2])


def test_the_power_curve_is_read_at_the_measured_wind() -> None:
    data = plants.wind(nwp=False)
    features = plants.features_of(data)
    found = plants.by_name(features.design(data, plants.nanoseconds(ISSUES)))
    assert data.observed is not None
    curve = features.curves["observed:wind_speed"]
    wanted = np.interp(data.observed["wind_speed"].reindex(ISSUES), curve.x, curve.y)
    np.testing.assert_allclose(found["curve:wind_speed"], wanted, atol=1e-5)
    share = (data.clean / data.site.capacity_kw).reindex(ISSUES)
    np.testing.assert_allclose(found["beside_curve:wind_speed"], share - wanted, atol=1e-5)


def test_clearness_is_irradiance_over_the_clear_sky() -> None:
    data = plants.pv()
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    assert data.observed is not None
    from forecast.features.solar import sun

    first = int(ISSUES[0].as_unit("ns").value)
    clear = sun(data.site, first, 400, 900 * 10**9).ghi[((ISSUES - ISSUES[0]) // STEP).to_numpy()]
    ghi = data.observed["ghi"].reindex(ISSUES).to_numpy()
    wanted = np.where(clear > 40, np.minimum(ghi / np.where(clear > 40, clear, 1), 2), np.nan)
    np.testing.assert_allclose(found["clearness:ghi"], wanted, rtol=1e-4)
    assert np.isfinite(wanted).any() and np.isnan(wanted).any()


def test_other_sites_are_shares_of_their_own_capacity_known_with_their_own_delay() -> None:
    near = plants.wind(seed=9, nwp=False, site=plants.wind_site("near"), delay={"power": "20min"})
    data = plants.rebuilt(plants.wind(nwp=False), neighbours={"near": near})
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    assert near.power is not None
    share = near.power / near.site.capacity_kw
    share = share.where(share.between(-0.05, 1.3))
    wanted = [newest(share, at, "20min", 1) for at in ISSUES]
    np.testing.assert_allclose(found["neighbour:near"], wanted, rtol=1e-5)


def test_another_site_that_is_silent_is_missing_and_no_error() -> None:
    near = plants.wind(seed=9, nwp=False, site=plants.wind_site("near"))
    data = plants.rebuilt(plants.wind(nwp=False), neighbours={"near": near})
    features = plants.features_of(data)
    assert near.power is not None
    for rows in (0, 1):
        silent = plants.rebuilt(near, power=near.power.iloc[:rows])
        now = plants.rebuilt(data, neighbours={"near": silent})
        found = plants.by_name(features.design(now, plants.nanoseconds(ISSUES)))
        assert np.isnan(found["neighbour:near"]).all()
    gone = plants.by_name(features.design(plants.rebuilt(data, neighbours={}), plants.nanoseconds(ISSUES)))
    assert np.isnan(gone["neighbour:near"]).all()


def test_measurements_that_stopped_long_ago_are_missing_and_no_error() -> None:
    data = plants.wind(nwp=False)
    features = plants.features_of(data)
    assert data.observed is not None
    for rows in (0, 1, 40):
        now = plants.rebuilt(data, observed=data.observed.iloc[:rows])
        found = plants.by_name(features.design(now, plants.nanoseconds(ISSUES)))
        assert np.isnan(found["observed:wind_speed"]).all() and np.isfinite(found["power"]).any()
