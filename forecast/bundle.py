"""Loads a saved forecaster; sizes and hashes are checked before any parser sees a byte."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forecast.design import Column, one_column
from forecast.errors import BundleError, SettingsError
from forecast.features.custom import Feature, checked_features, content_hash
from forecast.features.featureset import FeatureSet
from forecast.forecaster import Forecaster
from forecast.ladder import Ladder
from forecast.models import by_name
from forecast.models.dependence import Dependence
from forecast.models.online import Online
from forecast.models.stated import StatedUncertainty
from forecast.models.uncertainty import Uncertainty
from forecast.params import copy_unfitted
from forecast.saving import ARRAYS, FORMAT, MANIFEST

MOST_BYTES = 2 * 1024**3


def load(path: Any, features: Sequence[Feature] | None = None) -> Forecaster:
    """Return the forecaster that `Forecaster.save` wrote; it forecasts bit-equally.

    Sizes and hashes are checked before any parser sees a byte. Load bundles only from where you trust.

    Args:
        features: the user's own features, the same functions that it was fitted with.

    Raises:
        BundleError: damaged, foreign, of a newer format, or fitted with other features.
    """
    manifest, parts = _read(Path(path))
    own = _own_features(path, manifest, features)
    try:
        return _restored(manifest, parts, own)
    except (KeyError, TypeError, AttributeError, SettingsError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BundleError(f"{path}: the manifest is not one that was saved ({reason})") from error


def _restored(manifest: dict[str, Any], parts: dict[str, bytes], own: tuple[Feature, ...]) -> Forecaster:
    arrays = dict(np.load(io.BytesIO(parts[ARRAYS]), allow_pickle=False))
    out = Forecaster(**_settings(manifest), features=list(own) or None)
    out.kind_, out.shared_, out.trained_on_ = manifest["kind"], manifest["shared"], manifest["trained_on"]
    out.sites_ = {
        site["name"]: FeatureSet.from_parts(site, _under(f"site{i}/", arrays), own)
        for i, site in enumerate(manifest["sites"])
    }
    out._remember_columns(_columns(manifest["common_columns"]), _columns(manifest["lead_columns"]))
    texts = {name.removesuffix(".txt"): blob.decode() for name, blob in parts.items() if name.endswith(".txt")}
    model = manifest["model"]
    out.model_ = by_name(model["name"]).from_parts(model["values"], _under("model/", arrays), _under("model/", texts))
    kind_of = StatedUncertainty if manifest["uncertainty"].get("stated") else Uncertainty
    out.uncertainty_ = kind_of.from_parts(
        manifest["uncertainty"], _under("uncertainty/", arrays), _under("uncertainty/", texts)
    )
    out.dependence_ = Dependence(arrays["dependence"]) if "dependence" in arrays else None
    online = manifest.get("online")
    out.online_ = None if online is None else Online.from_parts(online, _under("online/", arrays))
    ladder = manifest.get("ladder")  # bundles of before have none
    out.ladder_ = None if ladder is None else Ladder.from_parts(ladder, _under("ladder/", arrays))
    if manifest["model_setting"] is None:
        out.model = copy_unfitted(out.model_)
    return out


def _columns(listed: list[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(one_column(c["name"], c["unit"], c["group"], c["known_ns"]) for c in listed)


def _settings(manifest: dict[str, Any]) -> dict[str, Any]:
    settings = dict(manifest["settings"])
    settings["quantiles"] = tuple(settings["quantiles"])
    if manifest["model_setting"] is not None:
        settings["model"] = manifest["model_setting"]
    return settings


def _under(prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in parts.items() if key.startswith(prefix)}


def _own_features(path: Any, manifest: dict[str, Any], features: Any) -> tuple[Feature, ...]:
    wanted = manifest.get("own_features")
    if not isinstance(wanted, dict):
        raise BundleError(f"{path}: the manifest does not say which own features there are; not one that was saved")
    given = checked_features(features)
    have = {f.__name__: content_hash(f) for f in given}
    if have != wanted:
        raise BundleError(
            f"the bundle was fitted with own features {sorted(wanted) or 'none'}, given are {sorted(have) or 'none'}"
            + ("; a function's source has changed" if sorted(have) == sorted(wanted) else "")
            + ". Pass the same functions: load(path, features=[...])"
        )
    return given


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    if not path.is_file():
        raise BundleError(f"{path} is not a file; save one with forecaster.save(path)")
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if MANIFEST not in sizes or sum(sizes.values()) > MOST_BYTES:
                raise BundleError(f"{path} is not a quarterhour bundle, or larger than {MOST_BYTES} bytes")
            manifest = json.loads(archive.read(MANIFEST))
            _check_manifest(path, manifest, sizes)
            parts = {name: archive.read(name) for name in manifest["parts"]}
    except BundleError:
        raise
    except Exception as error:  # zipfile, zlib and json raise many kinds for damaged files
        raise BundleError(f"{path} cannot be read as a bundle ({type(error).__name__}: {error})") from error
    for name, blob in parts.items():
        if hashlib.sha256(blob).hexdigest() != manifest["parts"][name]["sha256"]:
            raise BundleError(f"{path}: part {name} does not have the hash it was saved with; the file is damaged")
    return manifest, parts


def _check_manifest(path: Path, manifest: Any, sizes: dict[str, int]) -> None:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise BundleError(f"{path}: the manifest names no format; not a quarterhour bundle")
    if manifest["format"] > FORMAT:
        raise BundleError(
            f"{path} has format {manifest['format']}, this version reads up to {FORMAT}; install a newer quarterhour"
        )
    parts = manifest.get("parts", {})
    if set(parts) | {MANIFEST} != set(sizes) or ARRAYS not in parts:
        raise BundleError(f"{path}: its parts are not those that the manifest lists; the file is damaged or foreign")
    for name, facts in parts.items():
        if sizes[name] != facts["bytes"]:
            raise BundleError(f"{path}: part {name} has {sizes[name]} bytes, {facts['bytes']} were saved")
