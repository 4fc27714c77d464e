"""A file is written whole or not at all: into a file beside it that takes its name at the end.

A process that is killed leaves that other file behind. Each writer holds a lock on its own, which the system gives up
when the process ends, however it ends; so the next writer of the same file knows the left ones, and removes them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed: trying to is the question
    fcntl = None  # type: ignore[assignment]


def write_whole(target: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Have `write` fill a new file and give it the name `target`, in place of a file that had it.

    A kill or a loss of power at any moment leaves the old file or the new one.
    """
    _remove_left(target)
    temporary, file = _own_file(target)
    try:
        with file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, target)
        _sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(target: Path, text: str) -> None:
    """Write a text in UTF-8, as `write_whole` does."""
    write_whole(target, lambda file: file.write(text.encode("utf-8")))


def _own_file(target: Path) -> tuple[Path, IO[bytes]]:
    """Return a new locked file beside the target, that another writer did not take for a left one meanwhile."""
    while True:
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
        file = open(temporary, "xb")  # noqa: SIM115  handed on, and closed there
        if fcntl is None or not _lock(file.fileno()) or os.fstat(file.fileno()).st_nlink:
            return temporary, file
        file.close()


def _lock(file: int) -> bool:
    """Return whether this process now holds the lock; a file system without locks has none to give."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_left(target: Path) -> None:
    start, size = f".{target.name}.", len(f".{target.name}.") + 32 + len(".part")
    try:
        names = [name for name in os.listdir(target.parent) if name.startswith(start) and name.endswith(".part")]
    except OSError:
        return  # a folder that cannot be read: the writer's own error will say so, if it cannot be written either
    for name in names:
        if len(name) == size:
            _remove_if_left(target.with_name(name))


def _remove_if_left(path: Path) -> None:
    try:
        if fcntl is None:
            path.unlink()
            return
        with open(path, "rb") as file:
            if _lock(file.fileno()):
                path.unlink()
    except OSError:
        pass  # gone meanwhile, or another user's


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a loss of power; where folders cannot be synced, there is nothing to do."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
