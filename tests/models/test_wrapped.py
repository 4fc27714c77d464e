"""Any scikit-learn regressor as a model."""

from __future__ import annotations

import numpy as np
import plants
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from forecast.errors import BundleError, InputTypeError
from forecast.models import Reference, Wrapped
from forecast.models.reference import usable
from forecast.models.scaling import fit_scaler


def test_one_copy_a_lead_learns_the_residual_to_the_reference() -> None:
    design = plants.small_design("wind")
    tree = DecisionTreeRegressor(max_depth=3, random_state=1)
    model = Wrapped(tree).fit(design, random_state=1)
    base, good = Reference().fit(design).point(design), usable(design)
    for k in range(3):
        x = design.matrix(k)
        z = fit_scaler(x[good[:, k]])(x)
        own = DecisionTreeRegressor(max_depth=3, random_state=1).fit(
            z[good[:, k]], (design.actual - base)[good[:, k], k]
        )
        np.testing.assert_allclose(model.point(design)[:, k], base[:, k] + own.predict(z), atol=1e-6)
    assert not hasattr(tree, "tree_")


def test_regressors_with_matrix_products_give_the_same_bits_row_by_row() -> None:
    design = plants.small_design("pv")
    model = Wrapped(make_pipeline(StandardScaler(), LinearRegression())).fit(design)
    whole = model.point(design)
    assert model.point(design.take(slice(5, 6))).tobytes() == whole[5:6].tobytes()


def test_the_random_state_is_handed_on() -> None:
    design = plants.small_design("wind")
    tree = DecisionTreeRegressor(max_depth=5, max_features=3)
    one, same, other = (Wrapped(tree).fit(design, random_state=s).point(design) for s in (1, 1, 2))
    assert one.tobytes() == same.tobytes() != other.tobytes()


def test_what_is_no_regressor_is_a_typed_error() -> None:
    with pytest.raises(InputTypeError, match="has no fit and predict"):
        Wrapped(object()).fit(plants.small_design("wind"))


def test_it_cannot_be_saved_or_loaded() -> None:
    with pytest.raises(BundleError, match="LinearRegression cannot be saved"):
        Wrapped(LinearRegression()).to_parts()
    with pytest.raises(BundleError, match="cannot be loaded"):
        Wrapped.from_parts({}, {}, {})
