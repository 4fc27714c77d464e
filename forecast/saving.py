"""Saves a fitted forecaster as one zip: boosters as text, arrays as npz, a JSON manifest; no code, no pickle."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from forecast.errors import BundleError
from forecast.features.custom import content_hash
from forecast.models import can_be_saved
from forecast.models.treetext import check_the_rest, read_trees
from forecast.storage.arrays import write_arrays
from forecast.storage.atomic import write_whole
from forecast.storage.zipped import MOST_BYTES
from forecast.version import VERSION

if TYPE_CHECKING:
    from forecast.forecaster import Forecaster

FORMAT = 2
MANIFEST, ARRAYS = "manifest.json", "arrays.npz"
_SETTINGS = ("horizon", "step", "first_lead", "quantiles", "objective", "adapt", "random_state", "n_jobs", "issued_at",
             "local_days")  # fmt: skip


def save(forecaster: Forecaster, path: Any) -> None:
    """Write a fitted forecaster to `path`, whole or not at all; an existing file is replaced at the end.

    What a killed save left beside `path` is removed by the next one. What could not be loaded is not saved.

    Raises:
        NotFittedError: nothing to save. BundleError: a model that cannot give its parts.
    """
    forecaster.history_needed  # noqa: B018  raises where nothing is fitted
    manifest, parts = _parts(forecaster)
    manifest["parts"] = {
        name: {"bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()} for name, blob in parts.items()
    }
    parts[MANIFEST] = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False).encode()
    if sum(map(len, parts.values())) > MOST_BYTES:
        raise BundleError(
            f"the forecaster is larger than {MOST_BYTES} bytes; fewer trees, or fewer leads, make it less"
        )

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(parts):
                # a fixed date: two saves of one forecaster are the same bytes
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts[name], zipfile.ZIP_DEFLATED)

    write_whole(Path(path), write)


def _parts(forecaster: Forecaster) -> tuple[dict[str, Any], dict[str, bytes]]:
    if not can_be_saved(forecaster.model_):
        raise BundleError(
            f"{type(forecaster.model_).__name__} is a model of another library and cannot be saved: bundles hold no "
            "code; keep the fitted object in memory, or use one of forecast.models"
        )
    model_values, model_arrays, model_texts = forecaster.model_.to_parts()
    spread_values, spread_arrays, spread_texts = forecaster.uncertainty_.to_parts()
    arrays = {f"model/{k}": v for k, v in model_arrays.items()}
    arrays |= {f"uncertainty/{k}": v for k, v in spread_arrays.items()}
    online_values, online_arrays = (None, {}) if forecaster.online_ is None else forecaster.online_.to_parts()
    arrays |= {f"online/{k}": v for k, v in online_arrays.items()}
    ladder_values, ladder_arrays = (None, {}) if forecaster.ladder_ is None else forecaster.ladder_.to_parts()
    arrays |= {f"ladder/{k}": v for k, v in ladder_arrays.items()}
    if forecaster.dependence_ is not None:
        arrays["dependence"] = forecaster.dependence_.correlation
    sites = []
    for i, (name, features) in enumerate(forecaster.sites_.items()):
        values, curves = features.to_parts()
        sites.append({"name": name, **values})
        arrays |= {f"site{i}/{k}": v for k, v in curves.items()}
    texts = {f"model/{k}.txt": v for k, v in model_texts.items()}
    texts |= {f"uncertainty/{k}.txt": v for k, v in spread_texts.items()}
    own = next(iter(forecaster.sites_.values())).own
    manifest = {
        "format": FORMAT,
        "quarterhour": VERSION,
        "libraries": _versions(),
        "settings": {name: _plain(getattr(forecaster, name)) for name in _SETTINGS},
        "model_setting": forecaster.model if isinstance(forecaster.model, str) else None,
        "model": {"name": forecaster.model_.name, "values": model_values},
        "uncertainty": spread_values,
        "online": online_values,
        "ladder": ladder_values,
        "kind": forecaster.kind_,
        "shared": forecaster.shared_,
        "sites": sites,
        "common_columns": [asdict(c) for c in forecaster.common_columns_],
        "lead_columns": [asdict(c) for c in forecaster.lead_columns_],
        "trained_on": forecaster.trained_on_,
        "own_features": {f.__name__: content_hash(f) for f in own},
    }
    for text in texts.values():
        read_trees(text)
        check_the_rest(text)  # a later LightGBM may write what is not read here
    return manifest, {ARRAYS: write_arrays(arrays), **{name: text.encode() for name, text in texts.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list | np.ndarray):
        return [v if isinstance(v, str) else float(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | int | float | None) else str(value)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "pandas", "lightgbm", "scikit-learn", "pvlib")}
