"""Loads a saved forecaster; sizes and hashes are checked before any parser sees a byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecast.design import Column, one_column
from forecast.errors import BundleError, QuarterhourError
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
from forecast.storage.arrays import read_arrays
from forecast.storage.manifest import MOST_BYTES, read_manifest
from forecast.storage.typed import one_array, read_as
from forecast.storage.zipped import opened_zip, read_part
from forecast.trial import check_by_trial

MOST_COLUMNS = 20_000


def load(path: Any, features: Sequence[Feature] | None = None) -> Forecaster:
    """Return the forecaster that `Forecaster.save` wrote; it forecasts bit-equally.

    Sizes and hashes are checked before any parser sees a byte, and every value before it is used: a file that is
    damaged, or made to do harm, is an error. Whether its forecasts are any good, no check can tell.

    Args:
        features: the user's own features, the same functions that it was fitted with.

    Raises:
        BundleError: damaged, foreign, of a newer format, or fitted with other features.
    """
    manifest, parts = _read(Path(path))
    own = _own_features(path, manifest, features)
    try:
        return _restored(manifest, parts, own)
    except Exception as error:  # whatever it is, the cause is what the file says, and the file is what must be named
        reason = str(error) if isinstance(error, QuarterhourError) else f"{type(error).__name__}: {error}"
        raise BundleError(f"{path}: what it holds is not one that was saved ({reason[:500]})") from error


def manifest_of(path: Any) -> dict[str, Any]:
    """Return what a bundle says of itself, its parts' sizes and hashes checked; nothing is restored.

    Raises:
        BundleError: as `load`.
    """
    return _read(Path(path))[0]


def _restored(manifest: dict[str, Any], parts: dict[str, bytes], own: tuple[Feature, ...]) -> Forecaster:
    arrays = read_arrays(parts[ARRAYS])
    out = Forecaster(**_settings(manifest), features=list(own) or None)
    out.kind_ = read_as(str, manifest["kind"], "kind")
    out.shared_ = read_as(bool, manifest["shared"], "shared")
    out.trained_on_ = read_as(dict[str, Any], manifest["trained_on"], "trained_on")
    out.sites_ = _sites(manifest["sites"], arrays, own)
    out._remember_columns(
        _columns(manifest["common_columns"], "common_columns"), _columns(manifest["lead_columns"], "lead_columns")
    )
    texts = {name.removesuffix(".txt"): blob.decode("ascii") for name, blob in parts.items() if name.endswith(".txt")}
    model, spread = manifest["model"], manifest["uncertainty"]
    out.model_ = by_name(model["name"]).from_parts(model["values"], _under("model/", arrays), _under("model/", texts))
    kind_of = StatedUncertainty if spread.get("stated") else Uncertainty
    out.uncertainty_ = kind_of.from_parts(spread, _under("uncertainty/", arrays), _under("uncertainty/", texts))
    out.dependence_ = Dependence(one_array(arrays, "dependence", 2)) if "dependence" in arrays else None
    online = manifest.get("online")
    out.online_ = None if online is None else Online.from_parts(online, _under("online/", arrays))
    ladder = manifest.get("ladder")  # bundles of before have none
    out.ladder_ = None if ladder is None else Ladder.from_parts(ladder, _under("ladder/", arrays))
    if manifest["model_setting"] is None:
        out.model = copy_unfitted(out.model_)
    check_by_trial(out)
    return out


def _sites(listed: Any, arrays: dict[str, Any], own: tuple[Feature, ...]) -> dict[str, FeatureSet]:
    sites = {
        read_as(str, site["name"], "the site's name"): FeatureSet.from_parts(site, _under(f"site{i}/", arrays), own)
        for i, site in enumerate(read_as(list[Any], listed, "sites"))
    }
    if len(sites) != len(listed) or not sites:
        raise BundleError("sites: there is none, or two have the same name")
    return sites


def _columns(listed: Any, what: str) -> tuple[Column, ...]:
    columns = read_as(tuple[Column, ...], listed, what)
    if len(columns) > MOST_COLUMNS or len({c.name for c in columns}) < len(columns):
        raise BundleError(f"{what}: there are {len(columns)}, at most {MOST_COLUMNS}, and each has a name of its own")
    return tuple(one_column(c.name, c.unit, c.group, c.known_ns) for c in columns)


def _settings(manifest: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = read_as(dict[str, Any], manifest["settings"], "settings")
    settings["quantiles"] = read_as(tuple[float, ...], settings["quantiles"], "settings, quantiles")
    if manifest["model_setting"] is not None:
        settings["model"] = read_as(str, manifest["model_setting"], "model_setting")
    return settings


def _under(prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in parts.items() if key.startswith(prefix)}


def _own_features(path: Any, manifest: dict[str, Any], features: Any) -> tuple[Feature, ...]:
    wanted = manifest.get("own_features")
    if not isinstance(wanted, dict) or not all(isinstance(text, str) for text in wanted.values()):
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
        with open(path, "rb") as file, opened_zip(file, str(path)) as (archive, sizes):
            if sizes.get(MANIFEST, MOST_BYTES + 1) > MOST_BYTES:
                raise BundleError(f"{path} is not a quarterhour bundle: no manifest, or one above {MOST_BYTES} bytes")
            manifest = read_manifest(read_part(archive, MANIFEST, sizes.pop(MANIFEST)))
            hashes = _hashes(path, manifest, sizes)
            parts = {name: read_part(archive, name, size) for name, size in sizes.items()}
    except OSError as error:
        raise BundleError(f"{path} cannot be read as a bundle ({error})") from error
    for name, blob in parts.items():
        if hashlib.sha256(blob).hexdigest() != hashes[name]:
            raise BundleError(f"{path}: part {name} does not have the hash it was saved with; the file is damaged")
    return manifest, parts


def _hashes(path: Path, manifest: dict[str, Any], sizes: dict[str, int]) -> dict[str, str]:
    """Return the parts' hashes, where the manifest is of a format that is read here and lists what is there."""
    number = manifest.get("format")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BundleError(f"{path}: the manifest names no format; not a quarterhour bundle")
    if number > FORMAT:
        raise BundleError(f"{path} has format {number}, this version reads up to {FORMAT}; install a newer quarterhour")
    parts = manifest.get("parts")
    if not isinstance(parts, dict) or set(parts) != set(sizes) or ARRAYS not in parts:
        raise BundleError(f"{path}: its parts are not those that the manifest lists; the file is damaged or foreign")
    hashes = {}
    for name, facts in parts.items():
        saved = read_as(int, facts.get("bytes") if isinstance(facts, dict) else None, f"{path}: bytes of part {name}")
        if sizes[name] != saved:
            raise BundleError(f"{path}: part {name} has {sizes[name]} bytes, {saved} were saved")
        hashes[name] = read_as(str, facts.get("sha256"), f"{path}: sha256 of part {name}")
    return hashes
