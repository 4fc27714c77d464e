"""Bundles: they come back bit-equal or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pandas as pd
import plants
import pytest
from bundled import NOW, data_of, rise
from sklearn.linear_model import LinearRegression

import forecast as fc
from forecast import Forecaster
from forecast.errors import BundleError, NotFittedError
from forecast.features.custom import View
from forecast.models import Blend, Boosted, Cosine, Pooled, Reference
from forecast.models.reference import NearReference


def lagged(lag: int) -> Callable[[View], np.ndarray]:
    def rise(view: View) -> np.ndarray:
        return view.power() - view.power(lag=lag)

    return rise


@pytest.mark.parametrize("kind", ["wind", "pv"])
@pytest.mark.parametrize("model", cases.MODELS)
def test_a_forecaster_comes_back_bit_equal(model: str, kind: str, tmp_path: Path) -> None:
    data = data_of(kind)
    forecaster = plants.forecaster(cases.MODELS[model](), objective="median", quantiles=(0.1, 0.9)).fit(data)
    forecaster.save(tmp_path / "model.qh")
    back = fc.load(tmp_path / "model.qh")
    for hours in (0, 7):
        at = NOW + pd.Timedelta(hours=hours)
        pd.testing.assert_frame_equal(back.predict(data, at), forecaster.predict(data, at))
        assert back.predict(data, at).attrs == forecaster.predict(data, at).attrs
    assert repr(back) == repr(forecaster)
    assert back.history_needed == forecaster.history_needed and back.trained_on_ == forecaster.trained_on_
    pd.testing.assert_frame_equal(back.importance(), forecaster.importance())
    pd.testing.assert_frame_equal(back.explain(data, NOW), forecaster.explain(data, NOW))


OTHERS: dict[str, Callable[[], Any]] = {
    "physical": lambda: "physical",
    "members of days": lambda: Blend([Pooled(trees=4, leaves=4), Cosine(cosines=10)]),
    "on nothing, on near leads": lambda: Blend(
        [Boosted(base, trees=3, leaves=4, least_rows=15) for base in (None, NearReference())]
    ),
    "large trees": lambda: Boosted(trees=2, leaves=90, least_rows=2, l2=0.0),
}


@pytest.mark.parametrize("model", OTHERS)
def test_every_other_model_comes_back_bit_equal_too(model: str, tmp_path: Path) -> None:
    data = data_of("pv")
    forecaster = plants.forecaster(OTHERS[model](), adapt="1D").fit(data)
    forecaster.save(tmp_path / "model.qh")
    back = fc.load(tmp_path / "model.qh")
    pd.testing.assert_frame_equal(back.predict(data, NOW), forecaster.predict(data, NOW))
    pd.testing.assert_frame_equal(back.scenarios(data, NOW, n=5), forecaster.scenarios(data, NOW, n=5))
    assert back.trained_on_ == forecaster.trained_on_ and "scores" in back.trained_on_


def test_what_comes_back_can_be_saved_again_and_fitted_again(bundle: tuple[Forecaster, Path], tmp_path: Path) -> None:
    forecaster, path = bundle
    back = fc.load(path, features=[rise])
    back.save(str(tmp_path / "again.qh"))
    assert (tmp_path / "again.qh").read_bytes() == path.read_bytes()
    data = data_of("wind")
    pd.testing.assert_frame_equal(back.fit(data).predict(data, NOW), forecaster.predict(data, NOW))


def test_a_shared_forecaster_serves_new_sites_after_it_came_back(tmp_path: Path) -> None:
    sites = [plants.wind(days=12, seed=s, site=plants.wind_site(f"farm {s}")) for s in (3, 4)]
    forecaster = plants.forecaster("ridge").fit(sites)
    forecaster.save(tmp_path / "model.qh")
    back, new = fc.load(tmp_path / "model.qh"), plants.wind(days=12, seed=5, site=plants.wind_site("new"))
    for data in (*sites, new):
        pd.testing.assert_frame_equal(back.predict(data), forecaster.predict(data))


@pytest.mark.parametrize(
    "changes",
    [
        {"first_lead": np.int64(2), "n_jobs": np.int64(1), "random_state": np.int32(3)},
        {"horizon": pd.Timedelta("45min"), "step": pd.Timedelta("15min")},
        {"quantiles": np.array([0.1, 0.5])},
        {"quantiles": ()},
    ],
)
def test_settings_of_any_usual_type_come_back(changes: dict[str, Any], tmp_path: Path) -> None:
    forecaster = plants.forecaster(**changes).fit(data_of("pv"))
    forecaster.save(tmp_path / "model.qh")
    back = fc.load(tmp_path / "model.qh")
    pd.testing.assert_frame_equal(back.predict(data_of("pv"), NOW), forecaster.predict(data_of("pv"), NOW))
    back.fit(data_of("pv"))


# ------------------------------------------------------------------- own features


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (None, r"fitted with own features \['rise'\], given are none"),
        ([lagged(4)], "source has changed"),
        ([lambda view: view.power()], "named function"),
    ],
)
def test_own_features_must_be_handed_in_again_unchanged(
    bundle: tuple[Forecaster, Path], features: Any, says: str
) -> None:
    with pytest.raises((BundleError, TypeError), match=says):
        fc.load(bundle[1], features=features)


def test_a_number_that_a_feature_closes_over_is_part_of_it(tmp_path: Path) -> None:
    plants.forecaster("ridge", features=[lagged(4)]).fit(data_of("wind")).save(tmp_path / "model.qh")
    fc.load(tmp_path / "model.qh", features=[lagged(4)])
    with pytest.raises(BundleError, match="source has changed"):
        fc.load(tmp_path / "model.qh", features=[lagged(5)])


# ------------------------------------------------------------------- what cannot be saved


def test_a_forecaster_that_is_not_fitted_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="fit"):
        plants.forecaster().save(tmp_path / "model.qh")
    assert not list(tmp_path.iterdir())


class Mine(Reference):
    """A model of the user's own that looks like one of ours."""


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    for model in (LinearRegression(), Mine(), Blend([Reference(), Mine()])):
        with pytest.raises(BundleError, match="cannot be saved"):
            plants.forecaster(model).fit(data_of("wind")).save(tmp_path / "model.qh")
        assert not list(tmp_path.iterdir())


def test_saving_is_whole_or_not_at_all(
    bundle: tuple[Forecaster, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model.qh"
    bundle[0].save(target)
    before = target.read_bytes()

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, broken)
            with pytest.raises(OSError, match="disk full"):
                plants.forecaster("persistence").fit(data_of("pv")).save(target)
        assert target.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["model.qh"]
    with pytest.raises(OSError, match="nowhere"):
        bundle[0].save(tmp_path / "nowhere" / "model.qh")


def test_two_saves_are_the_same_bytes_and_as_readable_as_any_file(
    bundle: tuple[Forecaster, Path], tmp_path: Path
) -> None:
    bundle[0].save(tmp_path / "b.qh")
    assert (tmp_path / "b.qh").read_bytes() == bundle[1].read_bytes()
    (tmp_path / "plain").touch()
    assert (tmp_path / "b.qh").stat().st_mode == (tmp_path / "plain").stat().st_mode
