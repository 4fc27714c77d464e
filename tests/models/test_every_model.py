"""Every model through the same contract."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import cases
import numpy as np
import plants
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeRegressor

from forecast.design import Design
from forecast.errors import NotEnoughDataError, SettingsError
from forecast.models import (
    Blend,
    Boosted,
    Climatology,
    Cosine,
    Model,
    Network,
    Persistence,
    Pooled,
    Reference,
    Ridge,
    SmartPersistence,
    Wrapped,
    by_name,
    can_be_saved,
    make,
)
from forecast.models.reference import usable

TINY = {"trees": 5, "leaves": 5, "least_rows": 15}
MODELS: dict[str, Callable[[], Any]] = {
    "persistence": Persistence,
    "smart persistence": SmartPersistence,
    "climatology": Climatology,
    "reference": Reference,
    "ridge": lambda: Ridge(penalty=0.1),
    "boosted": lambda: Boosted(**TINY),
    "boosted on ridge": lambda: Boosted(base=Ridge(), random_splits=True, **TINY),
    "boosted on power": lambda: Boosted(base=None, **TINY),
    "network": lambda: Network(units=6, rounds=30),
    "blend": cases.small_default,
    "pooled": lambda: Pooled(trees=8, leaves=5, least_rows=15),
    "cosine": lambda: Cosine(cosines=20, penalty=0.1),
    "wrapped": lambda: Wrapped(DecisionTreeRegressor(max_depth=4)),
}
each_model = pytest.mark.parametrize("name", MODELS)
each_kind = pytest.mark.parametrize("kind", ["wind", "pv"])


@cache
def fitted(name: str, kind: str) -> Any:
    return MODELS[name]().fit(plants.small_design(kind), random_state=3)


def nothing_known(design: Design) -> Design:
    """Return the design as it is when every feed is down."""
    gone = np.full_like(design.now, np.nan)
    common, lead = np.full_like(design.common, np.nan), np.full_like(design.lead, np.nan)
    return replace(design, common=common, lead=lead, now=gone, index=gone, clear=np.zeros_like(design.clear))


@each_kind
@each_model
def test_forecasts_are_finite_whatever_is_missing(name: str, kind: str) -> None:
    design = plants.small_design(kind)
    for rows in (design, nothing_known(design)):
        point = fitted(name, kind).point(rows)
        assert point.shape == (len(design), 3) and point.dtype == np.float32
        assert np.isfinite(point).all()


@each_kind
@each_model
def test_one_row_has_the_bits_it_has_among_many(name: str, kind: str) -> None:
    design, model = plants.small_design(kind), fitted(name, kind)
    whole = model.point(design)
    for i in (0, 5, 63, 64, 200, len(design) - 1):
        assert model.point(design.take(slice(i, i + 1))).tobytes() == whole[i : i + 1].tobytes()
    for rows in (slice(3, 70), slice(0, 65)):
        assert model.point(design.take(rows)).tobytes() == whole[rows].tobytes()


@each_kind
@each_model
def test_two_runs_agree_to_the_bit_and_change_nothing(name: str, kind: str) -> None:
    design = plants.small_design(kind)
    before = {key: value.copy() for key, value in vars(design).items() if isinstance(value, np.ndarray)}
    again = MODELS[name]().fit(design, random_state=3)
    assert again.point(design).tobytes() == fitted(name, kind).point(design).tobytes()
    assert all(getattr(design, key).tobytes() == value.tobytes() for key, value in before.items())


@pytest.mark.parametrize("name", ["blend"])
def test_the_number_of_jobs_does_not_change_a_bit(name: str) -> None:
    design = plants.small_design("wind")
    other = MODELS[name]().fit(design, random_state=3, n_jobs=2)
    assert other.point(design).tobytes() == fitted(name, "wind").point(design).tobytes()


@each_kind
@each_model
def test_only_measured_values_with_the_sun_up_are_learned_from(name: str, kind: str) -> None:
    design = plants.small_design(kind)
    assert not usable(design).all()
    nonsense = np.where(usable(design), design.actual, np.where(np.isnan(design.actual), np.nan, 17.0))
    other = MODELS[name]().fit(replace(design, actual=nonsense.astype(np.float32)), random_state=3)
    assert other.point(design).tobytes() == fitted(name, kind).point(design).tobytes()


@each_model
def test_estimators_follow_scikit_learn(name: str) -> None:
    model = MODELS[name]()
    copy = clone(model)
    assert type(copy) is type(model) and copy is not model
    assert repr(copy) == repr(model)
    assert set(copy.get_params(deep=False)) == set(model.get_params(deep=False))
    assert not any(key.endswith("_") and not key.startswith("_") for key in vars(clone(fitted(name, "wind"))))
    with pytest.raises(SettingsError, match="has no setting 'speed'"):
        copy.set_params(speed=3)


def test_settings_can_be_set_by_name_and_inside_others() -> None:
    model = Boosted(base=Ridge()).set_params(trees=7, base__penalty=0.5)
    assert (model.get_params()["trees"], model.get_params()["base__penalty"]) == (7, 0.5)
    assert repr(Boosted(trees=9, leaves=15)) == "Boosted(trees=9)"


@each_kind
@each_model
def test_a_model_comes_back_bit_equal_from_its_parts(name: str, kind: str) -> None:
    if name == "wrapped":
        pytest.skip("an estimator of another library is never saved")
    model, design = fitted(name, kind), plants.small_design(kind)
    assert isinstance(model, Model) and can_be_saved(model)
    values, arrays, texts = model.to_parts()
    buffer = io.BytesIO()
    np.savez(buffer, **{key.replace("/", "."): value for key, value in arrays.items()})
    buffer.seek(0)
    read = {key.replace(".", "/"): value for key, value in np.load(buffer, allow_pickle=False).items()}
    back = by_name(model.name).from_parts(json.loads(json.dumps(values)), read, {k: str(v) for k, v in texts.items()})
    assert type(back) is type(model)
    assert back.point(design).tobytes() == model.point(design).tobytes()
    assert repr(back) == repr(model)
    assert back.to_parts()[2] == texts
    again = clone(back).fit(design, random_state=3)
    assert again.point(design).tobytes() == model.point(design).tobytes()


@each_kind
@each_model
def test_importances_are_one_weight_a_feature(name: str, kind: str) -> None:
    design = plants.small_design(kind)
    weights = fitted(name, kind).importance(design)
    assert weights.shape == (len(design.names),)
    assert np.isfinite(weights).all() and (weights >= 0).all()
    assert (weights.sum() > 0) == fitted(name, kind).learns


@each_kind
@each_model
def test_a_model_that_learns_is_better_than_its_base_on_what_it_saw(name: str, kind: str) -> None:
    design = plants.small_design(kind)
    good = usable(design)

    def rmse(model: Any) -> float:
        return float(np.sqrt(np.mean((model.point(design) - design.actual)[good].astype(float) ** 2)))

    # five small trees do not reach persistence, nor does a network in two rounds
    if fitted(name, kind).learns and name not in ("boosted on power", "blend"):
        assert rmse(fitted(name, kind)) < rmse(fitted("reference", kind))
    assert rmse(fitted("reference", kind)) <= rmse(fitted("persistence", kind))


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("persistence",)])
def test_too_few_rows_are_a_typed_error_that_names_the_lead(name: str) -> None:
    design = plants.small_design("wind")
    with pytest.raises(NotEnoughDataError, match="usable training values"):
        MODELS[name]().fit(design.take(slice(0, 15)))
    actual = design.actual.copy()
    actual[:, 2] = np.nan
    with pytest.raises(NotEnoughDataError, match="0 usable training values .* at lead 5"):
        MODELS[name]().fit(replace(design, actual=actual))


def test_models_are_made_by_name_or_copied() -> None:
    for name in ("lightgbm", "ridge", "blend", "reference", "persistence", "smart_persistence", "climatology"):
        assert isinstance(make(name, "pv", 3), Model)
    given = Ridge(penalty=7.0)
    made = make(given, "wind", 3)
    assert made is not given and isinstance(made, Ridge) and made.penalty == 7.0
    assert isinstance(make(DecisionTreeRegressor(), "wind", 3), Wrapped)
    with pytest.raises(SettingsError, match="model='oracle' is not known; models are lightgbm"):
        make("oracle", "wind", 3)
    with pytest.raises(SettingsError, match="'oracle' is not known here"):
        by_name("oracle")
    with pytest.raises(SettingsError, match="at least one member"):
        Blend([]).fit(plants.small_design())


def test_a_blend_is_the_mean_of_its_members() -> None:
    design = plants.small_design("pv")
    members = [member.point(design) for member in fitted("blend", "pv").members_]
    np.testing.assert_allclose(fitted("blend", "pv").point(design), np.mean(members, axis=0), rtol=1e-5, atol=1e-6)


def test_members_of_a_blend_err_differently_and_stay_as_they_were() -> None:
    twins = [Boosted(random_splits=True, **TINY), Boosted(random_splits=True, **TINY)]
    blend = Blend(twins).fit(plants.small_design())
    one, two = (member.point(plants.small_design()) for member in blend.members_)
    assert (one != two).any()
    assert not any(hasattr(member, "forest_") for member in twins)
