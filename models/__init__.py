"""Matrices in, forecasts out: the models by name. No time stamps, no files, no features are made here."""

from __future__ import annotations

from typing import Any

from forecast.errors import SettingsError
from forecast.models.blend import Blend
from forecast.models.boosted import Boosted
from forecast.models.contract import Model
from forecast.models.cosine import Cosine
from forecast.models.linear import Ridge
from forecast.models.network import Network
from forecast.models.persistence import Climatology, Persistence, SmartPersistence
from forecast.models.physical import Physical
from forecast.models.pooled import Pooled
from forecast.models.reference import NearReference, Reference
from forecast.models.wrapped import Wrapped
from forecast.params import copy_unfitted

__all__ = [
    "Blend", "Boosted", "Climatology", "Cosine", "Model", "Network", "Persistence", "Physical", "Pooled", "Reference",
    "Ridge",
    "SmartPersistence", "Wrapped", "by_name", "can_be_saved", "make",
]  # fmt: skip

_CLASSES: dict[str, Any] = {
    cls.name: cls
    for cls in (
        Blend, Boosted, Climatology, Cosine, NearReference, Network, Persistence, Physical, Pooled, Reference, Ridge,
        SmartPersistence, Wrapped,
    )  # fmt: skip
}


MANY_LEADS = 32  # from here on a booster a lead costs more than it brings


def best(kind: str, leads: int) -> Blend:
    """Return the default model for PV or wind: boosters of different kinds and a smooth learner, averaged."""
    if leads > MANY_LEADS:
        return Blend([Pooled(), Pooled(random_splits=True, feature_share=0.8), Cosine()])
    members: list[Model] = [Boosted(), Boosted(random_splits=True, feature_share=0.6, rate=0.1), Network()]
    return Blend([*members, *([Boosted(base=NearReference())] if kind == "pv" else [])])


_MAKERS: dict[str, Any] = {
    "blend": lambda: Blend([Boosted(), Ridge()]),
    "ridge": Ridge,
    "physical": Physical,
    "reference": Reference,
    "persistence": Persistence,
    "smart_persistence": SmartPersistence,
    "climatology": Climatology,
}


def make(model: Any, kind: str, leads: int) -> Model:
    """Return a fresh, unfitted model for `"pv"` or `"wind"`: by name, of the interface, or a scikit-learn regressor."""
    if isinstance(model, str) and model == "lightgbm":
        return best(kind, leads)
    if isinstance(model, str):
        if model not in _MAKERS:
            raise SettingsError(f"model={model!r} is not known; models are lightgbm, {', '.join(_MAKERS)}")
        made: Model = _MAKERS[model]()
        return made
    copy: Model = copy_unfitted(model) if isinstance(model, Model) else Wrapped(model)
    return copy


def by_name(name: str) -> Any:
    """Return the class that a bundle calls by this name."""
    if name not in _CLASSES:
        raise SettingsError(f"a model called {name!r} is not known here; known are {', '.join(_CLASSES)}")
    return _CLASSES[name]


def can_be_saved(model: Model) -> bool:
    """Return whether a bundle can name the model's class, and those of its members; a subclass is another class."""
    return _CLASSES.get(model.name) is type(model) and all(map(can_be_saved, getattr(model, "members_", ())))
