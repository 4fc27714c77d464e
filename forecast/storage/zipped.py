"""A zip whose every number may be a lie: counted, bounded and named before anything is unpacked, and never to disk."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from forecast.errors import BundleError

MOST_BYTES = 1024**3  # of all parts together, unpacked
MOST_TIMES, FREE_BYTES = 100, 16 * 1024**2  # beyond the first so many bytes, no more than that times the file's size
MOST_PARTS, MOST_LISTED = 4096, 1024**2  # parts, and bytes of the list of them
_END = struct.Struct("<4s4H2LH")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@contextmanager
def opened_zip(file: IO[bytes], what: str) -> Iterator[tuple[zipfile.ZipFile, dict[str, int]]]:
    """Open a zip and yield it with the sizes of its parts; nothing is unpacked yet.

    Raises:
        BundleError: no plain zip, or one with parts that are too many, too large, encrypted, links, of the same name or
            with a name that leads elsewhere.
    """
    packed = _checked_end(file, what)
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
            names = [info.filename for info in listed]
            if len(set(names)) < len(names):
                raise BundleError(f"{what} names a part twice")
            for info in listed:
                _check_part(info, what)
            whole = sum(info.file_size for info in listed)
            if whole > min(MOST_BYTES, max(FREE_BYTES, MOST_TIMES * packed)):
                raise BundleError(f"{what} would unpack to {whole} bytes, larger than bundles of {packed} bytes are")
            yield archive, {info.filename: info.file_size for info in listed}
    except BundleError:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds for damaged files
        raise BundleError(f"{what} cannot be read as a bundle ({type(error).__name__}: {str(error)[:200]})") from error


def read_part(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """Return a part's bytes, of the size that was listed."""
    with archive.open(name) as part:
        blob = part.read(size)
        if len(blob) != size or part.read(1):
            raise BundleError(f"part {name} is not of the {size} bytes that were listed")
    return blob


def _checked_end(file: IO[bytes], what: str) -> int:
    """Return the file's size, where it ends as a zip that we write does: without a comment, and not as a zip64."""
    packed = file.seek(0, io.SEEK_END)
    if packed < _END.size:
        raise BundleError(f"{what} cannot be read as a bundle: it has {packed} bytes")
    file.seek(packed - _END.size)
    mark, disk, first, here, parts, size, start, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\5\6" or comment or disk or first or here != parts:
        raise BundleError(f"{what} cannot be read as a bundle: it does not end as a zip that was saved whole")
    if parts > MOST_PARTS or size > MOST_LISTED or start + size + _END.size != packed:
        raise BundleError(f"{what} cannot be read as a bundle: its list of parts is too long, or not where it belongs")
    file.seek(0)
    return packed


def _check_part(info: zipfile.ZipInfo, what: str) -> None:
    name = info.filename[:80]
    if not _NAME.fullmatch(info.filename):
        raise BundleError(f"{what} has a part called {name!r}; parts have plain names, and none leads elsewhere")
    if info.flag_bits & 0x41 or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise BundleError(f"{what}: part {name} is encrypted or no plain file")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{what}: part {name} is packed in a way that bundles are not")
