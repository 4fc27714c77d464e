"""A file is written whole or not at all, and what a killed writer left is removed by the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import pytest

from forecast.storage.atomic import write_whole


def writer(blob: bytes) -> object:
    return lambda file: file.write(blob)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_new_or_replaced(tmp_path: Path) -> None:
    for blob in (b"one", b"another"):
        write_whole(tmp_path / "a.qh", writer(blob))  # type: ignore[arg-type]
        assert (tmp_path / "a.qh").read_bytes() == blob and names(tmp_path) == ["a.qh"]


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.qh", writer(b"one"))  # type: ignore[arg-type]

    def fails(file: IO[bytes]) -> None:
        file.write(b"half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_whole(tmp_path / "a.qh", fails)
    assert (tmp_path / "a.qh").read_bytes() == b"one" and names(tmp_path) == ["a.qh"]


@pytest.mark.skipif(os.name == "nt", reason="a process that is killed by fork and _exit")
def test_what_a_dead_writer_left_is_removed_and_nothing_else_is(tmp_path: Path) -> None:
    left = tmp_path / f".a.qh.{'0' * 32}.part"
    other, mine = tmp_path / f".b.qh.{'1' * 32}.part", tmp_path / ".a.qh.notes.part"
    for path in (left, other, mine):
        path.write_bytes(b"half")
    write_whole(tmp_path / "a.qh", writer(b"one"))  # type: ignore[arg-type]
    assert names(tmp_path) == sorted([mine.name, other.name, "a.qh"])


@pytest.mark.skipif(os.name == "nt", reason="locks of Unix")
def test_a_file_that_another_writer_holds_is_not_taken_for_left(tmp_path: Path) -> None:
    def meanwhile(file: IO[bytes]) -> None:
        file.write(b"first")
        write_whole(tmp_path / "a.qh", writer(b"second"))  # type: ignore[arg-type]

    write_whole(tmp_path / "a.qh", meanwhile)
    assert (tmp_path / "a.qh").read_bytes() == b"first" and names(tmp_path) == ["a.qh"]
