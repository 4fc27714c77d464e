"""Plain arrays of numbers in an npz: headers are compared, not evaluated, and sizes known before arrays are made."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping

import numpy as np

from forecast.errors import BundleError
from forecast.storage.zipped import opened_zip, read_part

LARGEST = 1e12  # of what forecasts are computed from: sums and products of these stay finite in single precision
_FREE = {"mean", "spread"}  # of features, which may have any size; a spread of infinity switches a feature off
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<|][fiub][1248])', 'fortran_order': (False|True), 'shape': \(([0-9, ]{0,200})\), \} *\n"
)
_TYPES = {"<f4", "<f8", "<i8", "<i4", "|b1", "|i1", "|u1"}
MOST_DIMS = 5


def read_arrays(blob: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that `write_arrays` put into an npz."""
    out = {}
    with opened_zip(io.BytesIO(blob), "arrays.npz") as (archive, sizes):
        for name, size in sizes.items():
            out[name.removesuffix(".npy")] = _array(read_part(archive, name, size), name)
    check_arrays(out)
    return out


def write_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return an npz of the arrays; `BundleError` for what `read_arrays` would not take."""
    check_arrays(arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise `BundleError` for arrays of anything but numbers, and for numbers that are missing or beyond all sense."""
    for name, array in arrays.items():
        if array.dtype.str not in _TYPES:
            raise BundleError(f"array {name} is of type {array.dtype}; bundles hold plain numbers")
        if array.dtype.kind != "f":
            continue
        free = name.rsplit("/", 1)[-1] in _FREE
        bad = np.isnan(array) if free else ~(np.abs(array) <= LARGEST)
        if bad.any():
            raise BundleError(f"array {name} has {int(bad.sum())} values that are missing or beyond all sense")


def _array(blob: bytes, name: str) -> np.ndarray:
    start = len(_MAGIC) + 2
    length = int.from_bytes(blob[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(blob[start : start + length])
    if not blob.startswith(_MAGIC) or header is None or header[1].decode() not in _TYPES:
        raise BundleError(f"array {name[:80]} is not written as plain numbers are")
    kind = np.dtype(header[1].decode())
    shape = tuple(int(n) for n in header[3].decode().replace(" ", "").split(",") if n)
    held = len(blob) - start - length
    if len(shape) > MOST_DIMS or math.prod(shape) * kind.itemsize != held:
        raise BundleError(f"array {name[:80]} has {held} bytes, not those of its shape {shape[:MOST_DIMS]}")
    flat = np.frombuffer(blob, dtype=kind, offset=start + length).copy()  # a copy: aligned and of its own
    return flat.reshape(shape, order="F" if header[2] == b"True" else "C")
