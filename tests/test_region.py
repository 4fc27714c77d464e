"""Sums over sites: each site's quantiles stay, and the sum's count how the errors hang together."""

from __future__ import annotations

import fleets
import numpy as np
import pandas as pd
import pytest

import forecast as fc
from forecast.errors import ColumnError, NotEnoughDataError, SettingsError
from forecast.fleet import SiteDependence

NAMES = ("a", "b", "c", "d")
COMMON = 0.4
LEARNED, JUDGED, END = (fleets.START + pd.Timedelta(days=d) for d in (30, 60, 85))


@pytest.fixture(scope="module")
def region() -> tuple[fc.Forecaster, dict[str, fc.SiteData], fc.BacktestResult]:
    data = {
        name: fleets.site_data(name, fleets.power_of(i, COMMON, days=86)) for i, name in enumerate(NAMES)
    }
    settings = {"horizon": "3h", "step": "1h", "quantiles": (0.1, 0.25, 0.5, 0.75, 0.9)}
    forecaster = fc.Forecaster("reference", **settings)  # type: ignore[arg-type]
    forecaster.fit([site.until(LEARNED) for site in data.values()])
    result = fc.backtest({"shared": forecaster}, list(data.values()), LEARNED, JUDGED, every="1h", refit="never",
                         progress=False)  # fmt: skip
    return forecaster, data, result


def test_the_dependence_is_that_of_what_the_sites_share(region) -> None:
    _, data, result = region
    found = fc.dependence_between(result)
    assert found.sites == NAMES
    away = found.correlation[~np.eye(4, dtype=bool)]
    assert np.abs(away - COMMON).max() < 0.1
    np.testing.assert_allclose(np.diag(found.correlation), 1)
    each = {name: fc.BacktestResult(result.dataset.sel(site=[name])) for name in reversed(NAMES)}
    again = fc.dependence_between(each)
    np.testing.assert_allclose(again.of(NAMES), found.correlation, atol=1e-9)
    with pytest.raises(NotEnoughDataError, match="between two or more"):
        fc.dependence_between({"a": each["a"]})
    with pytest.raises(ColumnError, match="no model 'x'"):
        fc.dependence_between(result, model="x")


def test_the_sums_quantiles_hold_what_they_say_and_better_than_two_simple_beliefs(region) -> None:
    forecaster, data, result = region
    beliefs = {
        "learned": fc.dependence_between(result),
        "independent": SiteDependence(NAMES, np.eye(4)),
        "as one": SiteDependence(NAMES, np.ones((4, 4))),
    }
    hits: dict[str, list[bool]] = {name: [] for name in beliefs}
    total = sum(site.power for site in data.values())  # type: ignore[misc]
    shared = dict.fromkeys(NAMES, forecaster)
    for at in pd.date_range(JUDGED, END, freq="5h"):
        for name, belief in beliefs.items():
            frame = fc.regional_sum(shared, data, at, dependence=belief, quantiles=(0.1, 0.5, 0.9), n=300)
            truth = total.reindex(frame.index)
            hits[name] += list((truth >= frame["q10"]) & (truth <= frame["q90"]))
    off = {name: float(np.mean(hit)) - 0.8 for name, hit in hits.items()}
    assert abs(off["learned"]) < min(abs(off["independent"]), abs(off["as one"]), 0.06)
    assert off["independent"] < -0.1 and off["as one"] > 0.05


def test_each_sites_quantiles_stay_and_power_adds_up(region) -> None:
    forecaster, data, result = region
    at, shared = JUDGED + pd.Timedelta("7h"), dict.fromkeys(NAMES, forecaster)
    belief = fc.dependence_between(result)
    paths = fc.joint_scenarios(shared, data, at, dependence=belief, n=4000, random_state=3)
    frames = {name: forecaster.predict(site, at) for name, site in data.items()}
    for name, frame in frames.items():
        for column, level in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
            spread = (frame["q90"] - frame["q10"]).to_numpy()
            assert (np.abs(paths[name].quantile(level, axis=1) - frame[column]) < 0.06 * spread + 1).all()
    total = fc.regional_sum(shared, data, at, dependence=belief, n=4000, random_state=3)
    np.testing.assert_allclose(total["power"], sum(frame["power"] for frame in frames.values()))
    summed = paths.T.groupby(level="scenario").sum().T
    np.testing.assert_allclose(total["q90"], summed.quantile(0.9, axis=1))
    pd.testing.assert_frame_equal(
        total, fc.regional_sum(shared, data, at, dependence=belief, n=4000, random_state=3)
    )


def test_leads_of_a_site_hang_together_as_in_its_own_scenarios(region) -> None:
    forecaster, data, result = region
    at, shared = JUDGED + pd.Timedelta("7h"), dict.fromkeys(NAMES, forecaster)
    paths = fc.joint_scenarios(shared, data, at, dependence=fc.dependence_between(result), n=6000)
    alone = forecaster.scenarios(data["b"], at, n=6000)
    wanted = alone.T.corr(method="spearman").to_numpy()
    np.testing.assert_allclose(paths["b"].T.corr(method="spearman").to_numpy(), wanted, atol=0.05)
    both = np.corrcoef(paths["a"].iloc[1].rank(), paths["b"].iloc[1].rank())[0, 1]
    assert abs(both - COMMON) < 0.12


def test_what_does_not_fit_together_is_a_typed_error(region) -> None:
    forecaster, data, _ = region
    belief, shared = SiteDependence(("a", "b"), np.eye(2)), dict.fromkeys(NAMES, forecaster)
    with pytest.raises(ColumnError, match="no dependence of c, d"):
        fc.regional_sum(shared, data, JUDGED, dependence=belief)
    with pytest.raises(ColumnError, match="no forecaster for b"):
        fc.regional_sum({"a": forecaster}, {n: data[n] for n in "ab"}, JUDGED, dependence=belief)
    two = {"a": data["a"], "b": data["b"].until(JUDGED)}
    with pytest.raises(SettingsError, match="not for the same times"):
        fc.regional_sum(shared, two, dependence=belief)
    with pytest.raises(SettingsError, match="n=0"):
        fc.regional_sum(shared, {n: data[n] for n in "ab"}, JUDGED, dependence=belief, n=0)
