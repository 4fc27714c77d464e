"""Arrays as texts, so that a state of many numbers stays a small JSON file."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ReadingError

KINDS = ("<i8", "<f8", "<f4", "|b1")


def pack(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array of whole numbers, floats or booleans as plain values.

    >>> unpack(pack(np.array([1.5, 2.0]))).tolist()
    [1.5, 2.0]
    """
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"kind": little.dtype.str, "shape": list(array.shape), "data": base64.b64encode(little.tobytes()).decode()}


def unpack(values: Any) -> NDArray[Any]:
    """Return what `pack` was given; `ReadingError` for anything else."""
    try:
        kind, shape, data = values["kind"], [int(size) for size in values["shape"]], values["data"]
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r}")
        flat = np.frombuffer(base64.b64decode(data, validate=True), dtype=kind)
        return flat.reshape(shape).astype(flat.dtype.newbyteorder("="))
    except (KeyError, TypeError, ValueError) as error:
        raise ReadingError(f"an array of the state is damaged ({error})") from error
