"""Plain values from a file as the types that the code expects; never as anything else."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from forecast.errors import BundleError

LARGEST_WHOLE = 2**62


def read_as(hint: Any, value: Any, what: str) -> Any:
    """Return a value of JSON as what an annotation says: numbers, texts, lists, dicts and dataclasses of these.

    Raises:
        BundleError: it is something else; `what` names it.

    >>> read_as(tuple[int, ...], [1, 2], "leads")
    (1, 2)
    """
    if hint is Any:
        return value
    plain = _PLAIN.get(hint)
    if plain is not None:
        if not plain(value):
            raise _wrong(hint, value, what)
        return float(value) if hint is float else value
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        options = [one for one in inner if one is not types.NoneType]
        return None if value is None and len(options) < len(inner) else read_as(options[0], value, what)
    if is_dataclass(hint):
        return _dataclass(hint, value, what)
    if origin in (tuple, list) and isinstance(value, list):
        return origin(read_as(inner[0], one, what) for one in value)
    if origin is dict and isinstance(value, dict):
        return {key: read_as(inner[1], one, f"{what}, {key[:80]}") for key, one in value.items()}
    raise _wrong(hint, value, what)


def _wrong(hint: Any, value: Any, what: str) -> BundleError:
    wanted = getattr(hint, "__name__", str(hint))
    return BundleError(f"{what} is {str(value)[:60]!r} ({type(value).__name__}), expected {wanted}")


_PLAIN: dict[Any, Callable[[Any], bool]] = {
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE,
    float: lambda value: isinstance(value, int | float) and not isinstance(value, bool) and _sensible(value),
    str: lambda value: isinstance(value, str),
}


def _sensible(value: float) -> bool:
    return abs(value) <= LARGEST_WHOLE and math.isfinite(value)


def _dataclass(kind: Any, value: Any, what: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(kind, value, what)
    hints, known = _hints(kind), {field.name for field in fields(kind)}
    if unknown := [key for key in value if key not in known]:
        raise BundleError(f"{what} has {unknown[0][:80]!r}, which is not known here")
    read = {key: read_as(hints[key], one, f"{what}, {key}") for key, one in value.items()}
    try:
        return kind(**read)
    except TypeError as error:
        raise BundleError(f"{what} is not whole ({error})") from None


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def parameters(kind: type, values: Any, what: str) -> dict[str, Any]:
    """Return the arguments of a class's constructor, each of the type that it is annotated with."""
    return arguments(kind.__init__, values, what)  # type: ignore[misc]  # of this very class


def arguments(function: Any, values: Any, what: str) -> dict[str, Any]:
    """Return arguments of a function, each of the type that it is annotated with."""
    if not isinstance(values, dict):
        raise _wrong(dict, values, what)
    hints = _hints(function)
    if unknown := [key for key in values if key not in hints]:
        raise BundleError(f"{what} has {str(unknown[0])[:80]!r}, which is not known here")
    return {key: read_as(hints[key], value, f"{what}, {key}") for key, value in values.items()}


def one_array(arrays: Mapping[str, np.ndarray], name: str, dims: int, kind: str = "f") -> np.ndarray:
    """Return an array of so many dims, of floats (`"f"`) or whole numbers (`"i"`)."""
    array = arrays.get(name)
    if array is None or array.ndim != dims or array.dtype.kind != kind or (kind == "f" and not array.size):
        have = "not there" if array is None else f"{array.dtype} of shape {array.shape}"
        raise BundleError(f"array {name} is {have}, expected {dims} dims of kind {kind}")
    return array
