"""Settings as scikit-learn expects them: `get_params`, `set_params`, `clone`, a readable repr."""

from __future__ import annotations

import inspect
from typing import Any, Self

from forecast.errors import SettingsError


class Params:
    """Gives a class whose constructor only stores its arguments scikit-learn's parameter protocol."""

    @classmethod
    def _names(cls) -> list[str]:
        parameters = inspect.signature(cls.__init__).parameters.values()
        stars = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)  # of a class without __init__
        return [p.name for p in parameters if p.name != "self" and p.kind not in stars]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments by name; with `deep` also those of nested estimators."""
        out: dict[str, Any] = {}
        for name in self._names():
            value = getattr(self, name)
            out[name] = value
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                out.update({f"{name}__{key}": inner for key, inner in value.get_params().items()})
        return out

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments (nested ones as `name__inner`) and return the object."""
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if name not in self._names():
                raise SettingsError(f"{type(self).__name__} has no setting {name!r}; it has {', '.join(self._names())}")
            if inner:
                getattr(self, name).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy with the same settings; nested estimators are copied too."""
        copy: Self = copy_unfitted(self)
        return copy

    def __repr__(self) -> str:
        defaults = {n: p.default for n, p in inspect.signature(type(self).__init__).parameters.items()}
        changed = [f"{n}={getattr(self, n)!r}" for n in self._names() if not _same(getattr(self, n), defaults[n])]
        return f"{type(self).__name__}({', '.join(changed)})"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Params):
        return type(a) is type(b) and repr(a) == repr(b)
    return a is b or (type(a) is type(b) and bool(a == b))


def copy_unfitted(estimator: Any) -> Any:
    """Return an unfitted copy of an estimator, ours or scikit-learn's, or of a list of them."""
    if isinstance(estimator, list | tuple):
        return type(estimator)(copy_unfitted(e) for e in estimator)
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        return estimator
    params = {name: copy_unfitted(value) for name, value in estimator.get_params(deep=False).items()}
    return type(estimator)(**params)
