"""What a result was made of: hashes of code, data and settings, and the versions beneath."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import forecast
from forecast.data import SiteData
from forecast.version import VERSION

if TYPE_CHECKING:
    from forecast.bench.suites import Workload

LENGTH = 16  # hexadecimal digits kept
BENEATH = ("lightgbm", "numpy", "pandas", "pvlib", "scikit-learn", "scipy", "xarray")


def code_hash() -> str:
    """Return a hash of the package's source files: names and bytes."""
    root, found = Path(str(forecast.__file__)).parent, hashlib.sha256()
    files: list[Path] = []
    for folder, inner, names in os.walk(root, followlinks=True):  # features and models may be links
        inner[:] = [name for name in inner if name != "__pycache__"]
        files += [Path(folder) / name for name in names if name.endswith(".py")]
    for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:LENGTH]


def data_hash(data: SiteData) -> str:
    """Return a hash of a record: the site, and labels and values of power and observations."""
    found = hashlib.sha256(repr(data.site).encode())
    for name in ("power", "observed"):
        if getattr(data, name) is not None:
            # adding 0 turns −0 into 0; every NaN becomes the same one
            values = np.nan_to_num(data.values(name) + 0.0, nan=-1e300)
            found.update(name.encode() + data.times(name).astype("<i8").tobytes() + values.astype("<f8").tobytes())
    return found.hexdigest()[:LENGTH]


def settings_hash(workloads: Sequence[Workload]) -> str:
    """Return a hash of everything that is asked for."""
    text = json.dumps([workload.settings() for workload in workloads], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def versions() -> dict[str, Any]:
    """Return versions of ours, of Python and of what the numbers depend on, and the kind of machine."""
    out: dict[str, Any] = {"quarterhour": VERSION, "python": platform.python_version(), "machine": platform.machine()}
    for name in BENEATH:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = None
    return out | {"cpus": os.cpu_count()}
