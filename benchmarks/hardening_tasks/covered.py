"""Mutants that look for new paths through our own readers: needs atheris, `python -m hardening_tasks.covered -runs=N`.

It exits with an error at the first exception that is not a `BundleError`, and at a crash or a hang.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["forecast.storage", "forecast.models.treetext"]):
    from forecast.errors import BundleError
    from forecast.models.treetext import check_the_rest, read_trees
    from forecast.storage.arrays import read_arrays
    from forecast.storage.manifest import read_manifest
    from forecast.storage.zipped import opened_zip, read_part

from hardening_tasks import samples
from hardening_tasks.mutants import parts_of


def unzipped(blob: bytes) -> None:
    with opened_zip(io.BytesIO(blob), "a mutant") as (archive, sizes):
        for name, size in sizes.items():
            read_part(archive, name, size)


def booster(blob: bytes) -> None:
    text = blob.decode("latin-1")
    read_trees(text)
    check_the_rest(text)


READERS = (unzipped, read_manifest, read_arrays, booster)


def one(data: bytes) -> None:
    if not data:
        return
    with contextlib.suppress(BundleError):
        READERS[data[0] % len(READERS)](data[1:])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        blob = samples.bundle("wind physical", folder)
        parts = parts_of(samples.bundle("wind blend", folder))
        texts = [text for part, text in parts.items() if part.endswith(".txt")]
        corpus = folder / "corpus"
        corpus.mkdir()
        for i, seed in enumerate([(0, blob), (1, parts["manifest.json"]), (2, parts["arrays.npz"]), (3, texts[0])]):
            (corpus / str(i)).write_bytes(bytes([seed[0]]) + seed[1])
        atheris.Setup([*sys.argv, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
