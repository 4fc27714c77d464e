"""Zips, arrays, manifests and values that are not what was written are refused before they are used."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from forecast.errors import BundleError
from forecast.storage.arrays import read_arrays, write_arrays
from forecast.storage.manifest import read_manifest
from forecast.storage.typed import one_array, read_as
from forecast.storage.zipped import opened_zip, read_part


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, blob in parts.items():
            archive.writestr(name, blob)
    return buffer.getvalue()


def unzipped(blob: bytes) -> dict[str, bytes]:
    with opened_zip(io.BytesIO(blob), "x.qh") as (archive, sizes):
        return {name: read_part(archive, name, size) for name, size in sizes.items()}


def edited(blob: bytes, offset: int, form: str, value: int) -> bytes:
    """Return a zip with one number of its first listed part changed."""
    place = blob.index(b"PK\x01\x02") + offset
    return blob[:place] + struct.pack(form, value) + blob[place + struct.calcsize(form) :]


WHOLE = zipped({"a.txt": b"first" * 40, "b/c.npz": b"second"})


def test_a_plain_zip_is_read() -> None:
    assert unzipped(WHOLE) == {"a.txt": b"first" * 40, "b/c.npz": b"second"}


@pytest.mark.parametrize(
    ("blob", "says"),
    [
        (b"", "0 bytes"),
        (WHOLE[:-1], "saved whole"),
        (WHOLE + b"x", "saved whole"),
        (b"#!/bin/sh\n" + WHOLE, "not where it belongs"),
        (edited(WHOLE, 8, "<H", 1), "encrypted"),
        (edited(WHOLE, 38, "<I", 0o120777 << 16), "no plain file"),
        (edited(WHOLE, 10, "<H", 14), "packed in a way|cannot be read"),
        (edited(WHOLE, 24, "<I", 2**31), "larger than"),
        (edited(WHOLE, 24, "<I", 199), "CRC|not of the 199 bytes"),
        (edited(WHOLE, 24, "<I", 201), "not of the 201 bytes|CRC"),
        (zipped({"a": b"x"}, zipfile.ZIP_LZMA), "packed in a way"),
        (zipped({"/a": b"x"}), "plain names"),
        (zipped({"a/../b": b"x"}), "plain names"),
        (zipped({"a/": b""}), "plain names"),
        (zipped({"a": bytes(40 * 1024**2)}), "larger than"),
        (zipped({str(i): b"" for i in range(5000)}), "too long"),
        (zipped({"ab": b"x", "ac": b"y"}).replace(b"ac", b"ab"), "twice"),
    ],
)
def test_any_other_zip_is_refused(blob: bytes, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        unzipped(blob)


KINDS = st.sampled_from([np.dtype(kind) for kind in ("<f4", "<f8", "<i8", "?")])


@given(st.data())
def test_arrays_come_back_as_they_are(data: st.DataObject) -> None:
    bounds = {"min_value": -1e9, "max_value": 1e9}
    kind, shape = data.draw(KINDS), data.draw(arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    elements = bounds if kind.kind == "f" else None
    array = data.draw(arrays_of.arrays(kind, shape, elements=arrays_of.from_dtype(kind, **(elements or {}))))
    for given_ in (array, np.asfortranarray(array)):
        back = read_arrays(write_arrays({"model/0/x": given_}))["model/0/x"]
        assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()


def npy(header: str, held: bytes = b"\0" * 24) -> bytes:
    text = header.encode() + b"\n"
    return zipped({"x.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + held})


@pytest.mark.parametrize(
    ("blob", "says"),
    [
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"), "not written as plain numbers"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os'),), }"), "not written as plain"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999999999,), }"), "not those of its shape"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"), "not those of its shape"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,3), }"), "not those of its shape"),
        (zipped({"x.npy": b"\x93NUMPY"}), "not written as plain numbers"),
        (b"PK", "2 bytes"),
    ],
)
def test_arrays_that_are_none_are_refused(blob: bytes, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        read_arrays(blob)


@pytest.mark.parametrize("array", [np.array([1, None]), np.array([np.nan]), np.array([1e30]), np.array(["x"])])
def test_what_could_not_be_read_is_not_written(array: np.ndarray) -> None:
    with pytest.raises(BundleError, match="array x"):
        write_arrays({"x": array})
    assert write_arrays({"spread": np.array([np.inf]), "mean": np.array([1e30])})


@pytest.mark.parametrize(
    ("blob", "says"),
    [
        (b"[1]", "names no format"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "deeper"),
        (b'{"a": ' + b"[" * 10**6, "deeper"),
        (b'{"a": ' + b"9" * 9000 + b"}", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_a_manifest_that_is_none_is_refused(blob: bytes, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        read_manifest(blob)


@dataclass(frozen=True)
class Thing:
    name: str
    sizes: tuple[float, ...]
    near: dict[str, int]
    late: int | None = None


def test_values_become_what_the_annotations_say() -> None:
    read = read_as(Thing, json.loads('{"name": "a", "sizes": [1, 2.5], "near": {"b": 3}}'), "thing")
    assert read == Thing("a", (1.0, 2.5), {"b": 3}) and isinstance(read.sizes[0], float)


@pytest.mark.parametrize(
    "change",
    [
        {"name": 1}, {"name": None}, {"sizes": 1.0}, {"sizes": ["1"]}, {"sizes": [True]}, {"sizes": [10**400]},
        {"near": []}, {"near": {"b": 1.5}}, {"late": "1"}, {"late": True}, {"more": 1}, {"late": 2**70},
    ],
)  # fmt: skip
def test_values_of_other_types_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="thing"):
        read_as(Thing, {"name": "a", "sizes": [1], "near": {}} | change, "thing")
    with pytest.raises(BundleError, match="not whole"):
        read_as(Thing, {"name": "a"}, "thing")


def test_arrays_of_other_dims_are_refused() -> None:
    assert one_array({"x": np.ones((2, 3))}, "x", 2).shape == (2, 3)
    for array in (np.ones(2), np.ones((2, 3), dtype=np.int64), np.ones((0, 3))):
        with pytest.raises(BundleError, match="array x is"):
            one_array({"x": array}, "x", 2)
    with pytest.raises(BundleError, match="not there"):
        one_array({}, "x", 2)
