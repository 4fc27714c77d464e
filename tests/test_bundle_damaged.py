"""Damaged and foreign files are errors, never another forecaster."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bundled import NOW, data_of, rise
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast as fc
from forecast import Forecaster
from forecast.errors import BundleError


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, target: Path, manifest: Any = None, **parts: bytes | None) -> Path:
    """Write a bundle again with another manifest, other parts, or without some."""
    have = {**parts_of(path), **parts}
    if manifest is not None:
        have["manifest.json"] = json.dumps(manifest(json.loads(have["manifest.json"]))).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, blob in have.items():
            if blob is not None:
                archive.writestr(name, blob)
    return target


GONE = object()


def changed(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda manifest: {key: value for key, value in (manifest | changes).items() if value is not GONE}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_an_error(bundle: tuple[Forecaster, Path], tmp_path: Path, share: float) -> None:
    blob = bundle[1].read_bytes()
    (tmp_path / "cut.qh").write_bytes(blob[: int(len(blob) * share)])
    with pytest.raises(BundleError, match=r"cut\.qh"):
        fc.load(tmp_path / "cut.qh", features=[rise])


@settings(max_examples=40)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_flipped_byte_is_an_error_or_makes_no_difference(
    bundle: tuple[Forecaster, Path], place: float, flip: int
) -> None:
    forecaster, path = bundle
    blob = bytearray(path.read_bytes())
    blob[int(place * len(blob))] ^= flip
    target = path.with_name("flipped.qh")
    target.write_bytes(blob)
    try:
        back = fc.load(target, features=[rise])
    except BundleError:
        return
    data = data_of("wind")
    pd.testing.assert_frame_equal(back.predict(data, NOW), forecaster.predict(data, NOW))


def test_a_changed_part_does_not_have_its_hash_or_size(bundle: tuple[Forecaster, Path], tmp_path: Path) -> None:
    parts = parts_of(bundle[1])
    name = next(name for name in parts if name.endswith(".txt"))
    text = parts[name].replace(b"0.1", b"0.2")
    assert text != parts[name]
    with pytest.raises(BundleError, match="does not have the hash it was saved with"):
        fc.load(rewritten(bundle[1], tmp_path / "a.qh", **{name: text}), features=[rise])
    with pytest.raises(BundleError, match="bytes were saved|bytes, .* were saved"):
        fc.load(rewritten(bundle[1], tmp_path / "b.qh", **{name: text + b" "}), features=[rise])


@pytest.mark.parametrize(
    ("name", "parts", "says"),
    [
        ("missing part", {"arrays.npz": None}, "not those that the manifest lists"),
        ("extra part", {"extra.txt": b"x"}, "not those that the manifest lists"),
        ("path trick", {"../../etc/cron.d/evil": b"x"}, "none leads elsewhere"),
        ("no manifest", {"manifest.json": None}, "not a quarterhour bundle"),
        ("no json", {"manifest.json": b"\x00{"}, "cannot be read"),
        ("a list", {"manifest.json": b"[1]"}, "names no format"),
        ("empty", {"manifest.json": b"{}"}, "names no format"),
    ],
)
def test_another_set_of_parts_is_an_error(
    bundle: tuple[Forecaster, Path], tmp_path: Path, name: str, parts: dict[str, bytes | None], says: str
) -> None:
    path = rewritten(bundle[1], tmp_path / "x.qh", **parts)
    with pytest.raises(BundleError, match=says):
        fc.load(path, features=[rise])
    assert [p.name for p in tmp_path.iterdir()] == ["x.qh"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (changed(format=99), "has format 99, this version reads up to 2; install a newer"),
        (changed(format="1"), "names no format"),
        (changed(parts=[]), "not those|cannot be read"),
        (changed(model=GONE), "not one that was saved"),
        (changed(model={"name": "oracle", "values": {}}), "not one that was saved.*oracle"),
        (changed(model={"name": "os.system", "values": {}}), "not one that was saved"),
        (changed(settings={"speed": 3}), "not one that was saved"),
        (changed(sites=GONE), "not one that was saved"),
        (changed(sites=[{"name": "x"}]), "not one that was saved"),
        (changed(own_features=GONE), "does not say which own features"),
        (changed(common_columns=[{"title": "x"}]), "not one that was saved"),
    ],
)
def test_a_newer_format_or_another_manifest_is_an_error(
    bundle: tuple[Forecaster, Path], tmp_path: Path, change: Any, says: str
) -> None:
    with pytest.raises(BundleError, match=says):
        fc.load(rewritten(bundle[1], tmp_path / "x.qh", manifest=change), features=[rise])


def test_a_file_that_claims_to_be_huge_is_not_unpacked(
    bundle: tuple[Forecaster, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sum(map(len, parts_of(bundle[1]).values()))
    monkeypatch.setattr("forecast.storage.zipped.MOST_BYTES", whole - 1)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(BundleError, match="larger than"):
        fc.load(bundle[1], features=[rise])


def test_other_files_and_no_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not a bundle")
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros(3))
    (tmp_path / "arrays.npz").write_bytes(buffer.getvalue())
    for name, says in (
        ("note.txt", "cannot be read"),
        ("arrays.npz", "not a quarterhour bundle"),
        ("none", "not a file"),
    ):
        with pytest.raises(BundleError, match=says):
            fc.load(tmp_path / name)
    with pytest.raises(BundleError, match="not a file"):
        fc.load(tmp_path)
