"""Mutants of a file: bytes, cuts, zip tricks, and edits of one part with all hashes computed again."""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

Parts = dict[str, bytes]
ODD = (
    None, True, False, 0, 1, -1, 255, 2**31, -(2**63), 2**63, 10**30, 0.5, -0.5, 1e-300, 1e300, "", "x", "pv", "wind",
    "4h", "1ns", "9999D", "\x00", "../../x", "ridge", "blend", [], [0], [1, 2], {}, {"x": 1}, [[[]]],
)  # fmt: skip
NUMBERS = (
    "0",
    "1",
    "-1",
    "2",
    "99",
    "-99",
    "2147483647",
    "-2147483649",
    "1e308",
    "1e999",
    "nan",
    "",
    "x",
    "0x1",
    "٣",
    "-",
)
VALUES = (0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e38, -1e38, 1e300, 5e-324, 2.0**63)


def parts_of(blob: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Parts, **how: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, blob in parts.items():
            archive.writestr(name, blob)
    return buffer.getvalue()


def hashed(parts: Parts, manifest: Any) -> bytes:
    """Return a bundle whose hashes and sizes are those of its parts, as somebody who means harm would make it."""
    if isinstance(manifest, dict) and isinstance(manifest.get("parts"), dict):
        manifest["parts"] = {
            name: {"bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
            for name, blob in parts.items()
            if name != "manifest.json"
        }
    return packed({**parts, "manifest.json": json.dumps(manifest).encode()})


def flipped(blob: bytes, rng: np.random.Generator) -> bytes:
    out = bytearray(blob)
    for place in rng.integers(len(out), size=int(rng.integers(1, 8))):
        out[place] ^= int(rng.integers(1, 256))
    return bytes(out)


def cut(blob: bytes, rng: np.random.Generator) -> bytes:
    start, stop = np.sort(rng.integers(len(blob) + 1, size=2))
    middle = blob[start:stop]
    return (blob[:start], blob[:start] + blob[stop:], blob[:stop] + middle * 2 + blob[stop:], middle)[rng.integers(4)]


def zip_edit(blob: bytes, rng: np.random.Generator) -> bytes:
    parts = parts_of(blob)
    names = list(parts)
    name = names[rng.integers(len(names))]
    how = int(rng.integers(9))
    if how == 0:
        parts.pop(name)
    elif how == 1:
        odd = ("../evil", "/etc/evil", "a/../../b", "arrays.npz/x", "extra.txt", "\\\\x", "x" * 5000)
        parts[odd[rng.integers(7)]] = b"x"
    elif how == 2:
        parts[name] = bytes(int(rng.integers(1, 40)) * 1024**2)  # a bomb: zeros pack a thousandfold
    elif how == 3:
        parts = dict(zip(names, (parts[n] for n in rng.permutation(names)), strict=True))
    elif how == 4:
        return packed(parts, method=(zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED)[rng.integers(3)])
    elif how == 5:
        parts[name] = packed(parts)
    elif how == 6:
        return _twice(parts, name)
    else:
        return _listed(packed(parts), rng)
    return packed(parts)


def _twice(parts: Parts, name: str) -> bytes:
    other = name[:-1] + chr(ord(name[-1]) ^ 1)
    return packed({**parts, other: b"x" * 50}).replace(other.encode(), name.encode())


def _listed(blob: bytes, rng: np.random.Generator) -> bytes:
    """Change one field of the list of parts at the end: sizes, flags, offsets, counts, link bits."""
    out = bytearray(blob)
    places = [m.start() for m in re.finditer(rb"PK\x01\x02|PK\x05\x06", blob)]
    start = places[rng.integers(len(places))]
    field = start + int(rng.integers(4, 46))
    number = (0, 1, 0x41, 0xFFFF, 0xFFFFFFFF, 0xA1FF0000, int(rng.integers(2**32)))[rng.integers(7)]
    out[field : field + 4] = struct.pack("<I", number)[: len(out) - field]
    return bytes(out)


def manifest_edit(blob: bytes, rng: np.random.Generator) -> bytes:
    parts = parts_of(blob)
    manifest = json.loads(parts["manifest.json"])
    if rng.random() < 0.15:
        text = parts["manifest.json"].decode()
        deep = "[" * 100_000
        odd = (deep, '{"format": NaN}', '{"format":1,"format":1}', text[: rng.integers(len(text))], "9" * 5000)
        return packed({**parts, "manifest.json": odd[rng.integers(5)].encode()})
    for _ in range(int(rng.integers(1, 3))):
        holder, key = _place(manifest, rng)
        _change(holder, key, rng)
    return hashed(parts, manifest)


def _place(value: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return a dict or list and a key of it, somewhere in the manifest; sites and settings more often than columns."""
    while True:
        keys = [k for k in (value if isinstance(value, dict) else range(len(value))) if k != "parts"]
        weights = np.array([0.2 if str(k).endswith("_columns") else 1.0 for k in keys])
        key = keys[rng.choice(len(keys), p=weights / weights.sum())]
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.1:
            return value, key
        value = inner


def _change(holder: Any, key: Any, rng: np.random.Generator) -> None:
    how, value = rng.random(), holder[key]
    if how < 0.15:
        del holder[key]
    elif how < 0.2 and isinstance(holder, dict):
        holder[str(rng.integers(100))] = holder.pop(key)
    elif how < 0.5 and isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = (-value, value + 1, value * 2, value * 1000, value / 3, int(value) // 2)[rng.integers(6)]
    elif how < 0.6 and isinstance(value, list) and value:
        holder[key] = (value * 2, value[:-1], value[::-1], value * 5000)[rng.integers(4)]
    else:
        holder[key] = deepcopy(ODD[rng.integers(len(ODD))])  # a second edit may go into it


def array_edit(blob: bytes, rng: np.random.Generator) -> bytes:
    parts = parts_of(blob)
    members = parts_of(parts["arrays.npz"])
    name = list(members)[rng.integers(len(members))]
    how = int(rng.integers(8))
    if how == 0:
        members.pop(name)
    elif how == 1:
        members[name] = flipped(members[name], rng)
    elif how == 2:
        members[name] = cut(members[name], rng)
    elif how == 3:
        shapes = (b"(99999999999,)", b"(-1,)", b"(" + b"9," * 40 + b")", b"(0,)", b"[1]", b"(2**40,)")
        shape = shapes[rng.integers(6)]
        members[name] = re.sub(rb"\([0-9, ]*\)", lambda _: shape, members[name], count=1)
    elif how == 4:
        kinds = (b"'|O'", b"'<f8'", b"'<c8'", b"'|S8'", b"'<M8[s]'", b"[('a','<f4')]")
        members[name] = re.sub(rb"'<..'", lambda _: kinds[rng.integers(6)], members[name], count=1)
    else:
        members[name] = _array(np.load(io.BytesIO(members[name])), how, rng)
    parts["arrays.npz"] = packed(members, method=zipfile.ZIP_STORED)
    return hashed(parts, json.loads(parts["manifest.json"]))


def _array(array: np.ndarray, how: int, rng: np.random.Generator) -> bytes:
    if how == 5 and array.size:
        array = array.copy()
        with np.errstate(all="ignore"):
            new = np.array(VALUES)[rng.integers(len(VALUES), size=3)].astype(array.dtype)
        array.reshape(-1)[rng.integers(array.size, size=3)] = new
    elif how == 6:
        array = (array.T, array[..., None], array[:1], array[:0], np.repeat(array, 2, axis=0), array.ravel())[
            rng.integers(6)
        ]
    else:
        kinds = (np.float32, np.float64, np.int64, np.int8, bool, np.uint16, np.complex64)
        with np.errstate(all="ignore"):
            array = array.real.astype(kinds[rng.integers(len(kinds))])
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def text_edit(blob: bytes, rng: np.random.Generator) -> bytes:
    """Change a booster's text; where it keeps its lines, the sizes of trees are written anew, as LightGBM would."""
    parts = parts_of(blob)
    names = [name for name in parts if name.endswith(".txt")]
    if not names:
        return array_edit(blob, rng)
    name = names[rng.integers(len(names))]
    text = parts[name].decode()
    lines = text.split("\n")
    how = int(rng.integers(6))
    if how == 0:
        text = cut(text.encode(), rng).decode()
    elif how == 1:
        text = flipped(text.encode(), rng).decode("latin-1")
    elif how == 2:
        at = int(rng.integers(len(lines)))
        lines[at : at + 1] = ([], [lines[at]] * 2, [lines[int(rng.integers(len(lines)))]])[rng.integers(3)]
        text = "\n".join(lines)
    else:
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.choice([i for i, line in enumerate(lines) if "=" in line and len(line) < 2000]))
            lines[at] = _line(lines[at], rng)
        text = "\n".join(lines)
    parts[name] = (_sized(text) if rng.random() < 0.9 else text).encode("utf-8", "replace")
    return hashed(parts, json.loads(parts["manifest.json"]))


def _line(line: str, rng: np.random.Generator) -> str:
    key, _, rest = line.partition("=")
    numbers = rest.split(" ")
    place = int(rng.integers(len(numbers)))
    put = (NUMBERS[rng.integers(len(NUMBERS))], numbers[int(rng.integers(len(numbers)))], str(rng.integers(-9, 9)))
    numbers[place : place + 1] = [put[rng.integers(3)]] * int(rng.choice([0, 1, 1, 1, 1, 2]))
    return key + "=" + " ".join(numbers)


def _sized(text: str) -> str:
    start, stop = text.find("Tree=0"), text.find("end of trees")
    if start < 0 or stop < start:
        return text
    trees = [tree for tree in re.split(r"(?=^Tree=)", text[start:stop], flags=re.MULTILINE) if tree]
    sizes = " ".join(str(len(tree.encode("utf-8", "replace"))) for tree in trees)
    return re.sub(r"tree_sizes=.*", "tree_sizes=" + sizes, text[:start]) + text[start:]


def line_edit(blob: bytes, rng: np.random.Generator) -> bytes:
    """Change cells and lines of a text file."""
    lines = blob.decode("utf-8", "replace").split("\n")
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(len(lines)))
        cells = re.split(r"([,=\s])", lines[at])
        odd = ODD[rng.integers(len(ODD))]
        new = json.dumps(odd) if rng.random() < 0.5 else str(odd)
        cells[int(rng.integers(len(cells)))] = (new, NUMBERS[rng.integers(len(NUMBERS))], "", '"', ";")[rng.integers(5)]
        lines[at] = "".join(cells)
        if rng.random() < 0.2:
            lines[at:at] = [lines[int(rng.integers(len(lines)))]] * int(rng.integers(1, 4))
    return "\n".join(lines).encode("utf-8", "replace")


Mutation = Callable[[bytes, np.random.Generator], bytes]
OF_BUNDLES: dict[str, Mutation] = {
    "bytes flipped": flipped, "cut and doubled": cut, "zip edited": zip_edit, "manifest edited": manifest_edit,
    "array edited": array_edit, "booster text edited": text_edit,
}  # fmt: skip
OF_TEXTS: dict[str, Mutation] = {"bytes flipped": flipped, "cut and doubled": cut, "cells edited": line_edit}
OF_TABLES: dict[str, Mutation] = {"bytes flipped": flipped, "cut and doubled": cut}


def mutations(form: str) -> dict[str, Mutation]:
    """Return the mutations of a bundle or of a form of input files."""
    return {"csv": OF_TEXTS, "toml": OF_TEXTS, "parquet": OF_TABLES, "netcdf": OF_TABLES}.get(form, OF_BUNDLES)


def mutant(blob: bytes, form: str, seed: int) -> tuple[str, bytes]:
    """Return the name of a mutation and the mutant of a seed."""
    rng = np.random.default_rng([seed, sum(form.encode())])
    kinds = mutations(form)
    # rejected by their hash, most of the first three are dull: less of them
    weights = np.array([1.0, 1.0, 1.5, 4.0, 4.0, 5.0]) if len(kinds) == 6 else np.ones(len(kinds))
    name = list(kinds)[rng.choice(len(kinds), p=weights / weights.sum())]
    return name, kinds[name](blob, rng)
