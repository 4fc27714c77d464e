"""Features of the measured power against pandas on a regular grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plants
import pytest

from forecast import SiteData

LEADS = (1, 2, 5, 97)
STEP = pd.Timedelta("15min")
ISSUES = plants.START + pd.Timedelta("12D") + pd.to_timedelta(15 * np.array([0, 1, 37, 60, 61, 200, 333]), unit="min")


def known_share(data: SiteData, delay: str) -> pd.Series:
    """Return the newest known power as a share of capacity, at each quarter of an hour UTC."""
    grid = data.clean.tz_convert("UTC").asfreq("15min") / data.site.capacity_kw
    late = -(-pd.Timedelta(delay) // STEP)
    return grid.reindex(pd.date_range(grid.index[0], ISSUES[-1] + 100 * STEP, freq=STEP)).shift(late)


@pytest.mark.parametrize("kind", ["wind", "pv"])
@pytest.mark.parametrize("delay", ["0min", "10min", "15min", "70min"])
def test_lags_steps_and_windows_are_those_of_pandas(kind: str, delay: str) -> None:
    data = {"wind": plants.wind, "pv": plants.pv}[kind](delay={"power": delay}, nwp=False)
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    x = known_share(data, delay)

    def check(name: str, wanted: pd.Series, atol: float = 2e-6) -> None:
        np.testing.assert_allclose(found[name], wanted.reindex(ISSUES), rtol=1e-5, atol=atol, err_msg=name)

    check("power", x)
    for lag in (1, 4, 12):
        check(f"power_lag{lag}", x.shift(lag))
    for lag in (1, 8):
        check(f"power_step{lag}", x - x.shift(lag))
    for width in (2, 16, 64):
        check(f"power_mean{width}", x.rolling(width, min_periods=width // 2).mean())
    for width in (4, 16, 64):
        enough = x.rolling(width, min_periods=width // 2)
        check(f"power_std{width}", enough.std(ddof=0), atol=3e-4)
        check(f"power_min{width}", x.rolling(width, min_periods=1).min())
        check(f"power_max{width}", x.rolling(width, min_periods=1).max())
    moves = x.diff().abs()
    for width in (4, 16):
        check(f"power_roughness{width}", moves.rolling(width, min_periods=width // 2).mean())


def test_rest_and_rated_are_shares_of_the_known_values() -> None:
    data = plants.wind(nwp=False)
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(ISSUES)))
    x = known_share(data, "0min")
    for name, hit in (("rest", x <= 0.005), ("rated", x >= 0.95)):
        for width in (8, 32):
            wanted = hit.astype(float).where(x.notna()).rolling(width, min_periods=width // 2).mean()
            np.testing.assert_allclose(found[f"power_{name}{width}"], wanted.reindex(ISSUES), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("delay", ["0min", "70min", "30h"])
def test_yesterdays_power_is_of_the_newest_day_that_was_wholly_known(delay: str) -> None:
    data = plants.wind(delay={"power": delay}, nwp=False)
    found = plants.by_name(plants.features_of(data, LEADS).design(data, plants.nanoseconds(ISSUES)))
    share = known_share(data, "0min")
    for k, lead in enumerate(LEADS):
        for i, issue in enumerate(ISSUES):
            valid = issue + lead * STEP
            days = next(d for d in range(1, 9) if valid - pd.Timedelta(days=d) + pd.Timedelta(delay) <= issue)
            wanted = share.get(valid - pd.Timedelta(days=days), np.nan)
            np.testing.assert_allclose(found["power_yesterday"][i, k], wanted, rtol=1e-6)


def test_power_is_a_share_of_the_capacity_that_was_in_service_when_it_became_known() -> None:
    half = plants.START + pd.Timedelta("12D") + 30 * STEP
    available = pd.Series([2050.0, 1025.0], index=[plants.START, half])
    plain = plants.wind(nwp=False)
    data = plants.rebuilt(plain, available_kw=available, delay={"available_kw": "30min"})
    before, after = (
        plants.by_name(plants.features_of(d).design(d, plants.nanoseconds(ISSUES)))["power"] for d in (plain, data)
    )
    later = half + pd.Timedelta("30min") <= ISSUES
    np.testing.assert_array_equal(after, np.where(later, 2 * before, before))
    assert later.any() and not later.all()


@pytest.mark.parametrize("issued", [0, 1, 7, 14])
def test_quarters_of_an_hour_from_minutes_end_at_any_minute(issued: int) -> None:
    data = plants.wind(days=3, step="1min", nwp=False)
    times = plants.START + pd.Timedelta("2D") + pd.to_timedelta(np.array([0, 15, 90, 300]) + issued, unit="min")
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(times)))
    fine = (data.clean.tz_convert("UTC") / data.site.capacity_kw).asfreq("1min")
    quarter = fine.rolling(15, min_periods=12).mean()  # four fifths of fifteen

    def check(name: str, wanted: pd.Series, atol: float = 2e-6) -> None:
        np.testing.assert_allclose(found[name], wanted.reindex(times), rtol=1e-5, atol=atol, err_msg=name)

    check("power", quarter)
    check("power_lag3", quarter.shift(45))
    check("power_step1", quarter - quarter.shift(15))
    check("power_mean4", pd.concat([quarter.shift(15 * k) for k in range(4)], axis=1).mean(axis=1))
    check("fine_newest", fine)
    for reach in (2, 5, 60):
        check(f"fine_mean{reach}", fine.rolling(reach, min_periods=1).mean())
        check(f"fine_above_mean{reach}", fine - fine.rolling(reach, min_periods=1).mean())
    for reach in (5, 15, 60):
        check(f"fine_std{reach}", fine.rolling(reach, min_periods=1).std(ddof=0))
        check(f"fine_roughness{reach}", fine.diff().abs().rolling(reach - 1, min_periods=1).mean())
        wanted = [slope(fine.loc[at - pd.Timedelta(minutes=reach - 1) : at]) for at in times]
        np.testing.assert_allclose(found[f"fine_slope{reach}"], wanted, rtol=1e-4, atol=1e-5)


def slope(values: pd.Series) -> float:
    here = np.isfinite(values.to_numpy())
    if here.sum() < 2:
        return np.nan
    return float(np.polyfit(np.flatnonzero(here), values.to_numpy()[here], 1)[0])


def test_minutes_that_come_late_are_not_read_before_they_come() -> None:
    data = plants.wind(days=3, step="1min", nwp=False, delay={"power": "4min"})
    times = plants.START + pd.Timedelta("2D") + pd.to_timedelta([3, 77], unit="min")
    found = plants.by_name(plants.features_of(data).design(data, plants.nanoseconds(times)))
    fine = (data.clean.tz_convert("UTC") / data.site.capacity_kw).asfreq("1min")
    late = times - pd.Timedelta("4min")
    np.testing.assert_allclose(found["fine_newest"], fine.reindex(late), rtol=1e-6)
    np.testing.assert_allclose(found["power"], fine.rolling(15, min_periods=12).mean().reindex(late), rtol=1e-5)
