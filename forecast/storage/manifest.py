"""A manifest's text as plain values: bounded in size and depth, no name twice, no number that is none."""

from __future__ import annotations

import json
from typing import Any

from forecast.errors import BundleError

MOST_BYTES = 32 * 1024**2
MOST_DEPTH = 32


def read_manifest(blob: bytes) -> dict[str, Any]:
    """Return the manifest that these bytes hold; `BundleError` where they hold anything else."""
    if len(blob) > MOST_BYTES:
        raise BundleError(f"the manifest has {len(blob)} bytes; at most {MOST_BYTES}")
    try:
        text = blob.decode("utf-8")
        if _depth(blob) > MOST_DEPTH:
            raise BundleError(f"the manifest is nested deeper than {MOST_DEPTH} levels")
        read = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except BundleError:
        raise
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BundleError(f"the manifest cannot be read ({str(error)[:200]})") from None
    if not isinstance(read, dict):
        raise BundleError("the manifest names no format; not a quarterhour bundle")
    return read


def _depth(blob: bytes) -> int:
    """Return at least the depth; brackets inside texts count too, and names have few."""
    deep = most = 0
    for sign in blob.translate(None, _OTHERS):
        deep += 1 if sign in b"[{" else -1
        most = max(most, deep)
    return most


_OTHERS = bytes(sign for sign in range(256) if sign not in b"[]{}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise BundleError("the manifest names something twice")
    return out


def _no_number(name: str) -> Any:
    raise BundleError(f"the manifest holds {name}, which is not a number")
