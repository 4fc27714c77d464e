"""What a live forecaster keeps as one file: arrays in npz, a JSON manifest; no code, no pickle."""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data.plan import COLUMNS, FOREVER
from forecast.data.published import DrawnDelay
from forecast.errors import BundleError, InputTypeError, SiteError
from forecast.live.kept import Kept
from forecast.live.live import Live
from forecast.live.runs import HeldRuns
from forecast.live.state import State
from forecast.site import site_from_dict
from forecast.timegrid import to_moment

if TYPE_CHECKING:
    import xarray as xr

    from forecast.forecaster import Forecaster

FORMAT = 1
KIND = "quarterhour live state"
MANIFEST, ARRAYS = "manifest.json", "arrays.npz"
MOST_BYTES = 2 * 1024**3
Arrays = dict[str, np.ndarray]


def store(path: Any, state: State, clock: int | None) -> None:
    """Write a state to `path`, whole or not at all; an existing file is replaced at the end."""
    arrays: Arrays = {}
    facts = _written(state, "", arrays)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    blob = buffer.getvalue()
    manifest = {
        "kind": KIND, "format": FORMAT, "clock": clock, "state": facts,
        "bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest(),
    }  # fmt: skip
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with open(temporary, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, json.dumps(manifest, sort_keys=True))
                archive.writestr(ARRAYS, blob)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def restore_live(path: Any, forecaster: Forecaster) -> Live:
    """Return the live forecaster that `Live.save` wrote, with the forecaster that it was made from.

    Raises:
        BundleError: no such file, damaged, foreign or of a newer format. SiteError: a forecaster of another site.
    """
    manifest, arrays = _read(Path(path))
    try:
        state, clock = _made(manifest["state"], "", arrays), manifest["clock"]
        clock = None if clock is None else int(clock)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BundleError(f"{path}: the manifest is not one that was saved ({reason})") from error
    if not hasattr(forecaster, "_features_for"):
        raise InputTypeError(f"forecaster is {type(forecaster).__name__}, expected a fitted Forecaster")
    try:
        forecaster._features_for(state.snapshot)
    except SiteError as error:
        raise SiteError(f"{path}: {error}") from None
    return Live(forecaster, state, clock)


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    if not path.is_file():
        raise BundleError(f"{path} is not a file; save one with live.save(path)")
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if set(sizes) != {MANIFEST, ARRAYS} or sum(sizes.values()) > MOST_BYTES:
                raise BundleError(f"{path} is not a saved live forecaster, or larger than {MOST_BYTES} bytes")
            manifest = json.loads(archive.read(MANIFEST))
            if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
                raise BundleError(f"{path} is not a saved live forecaster")
            if not isinstance(manifest.get("format"), int) or manifest["format"] > FORMAT:
                raise BundleError(
                    f"{path} has format {manifest.get('format')}, this version reads up to {FORMAT}; "
                    "install a newer quarterhour"
                )
            blob = archive.read(ARRAYS)
        if len(blob) != manifest["bytes"] or hashlib.sha256(blob).hexdigest() != manifest["sha256"]:
            raise BundleError(f"{path}: the arrays are not those that were saved; the file is damaged")
        with zipfile.ZipFile(io.BytesIO(blob)) as inner:
            if sum(info.file_size for info in inner.infolist()) > MOST_BYTES:
                raise BundleError(f"{path}: its arrays are larger than {MOST_BYTES} bytes")
        return manifest, dict(np.load(io.BytesIO(blob), allow_pickle=False))
    except BundleError:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy raise many kinds for damaged files
        raise BundleError(f"{path} cannot be read ({type(error).__name__}: {error})") from error


# ---------------------------------------------------------------- one state, there and back


def _written(state: State, under: str, arrays: Arrays) -> dict[str, Any]:
    for name, kept in state.tables.items():
        arrays[f"{under}{name}/times"], arrays[f"{under}{name}/values"] = kept.times, kept.values
    return {
        "site": state.site.to_dict(),
        "zone": _zone_text(state.zone),
        "delays": state.delays,
        "labels": state.labels,
        "shifts": state.shifts,
        "drawn": {name: {**vars(d), "durations": [str(v) for v in d.durations]} for name, d in state.drawn.items()},
        "tables": {name: {"names": kept.names, "oldest": kept.oldest} for name, kept in state.tables.items()},
        "runs": {name: _written_runs(held, f"{under}{name}/", arrays) for name, held in state.runs.items()},
        "plan": None if state.plan is None else _written_plan(state.plan),
        "neighbours": {name: _written(near, f"{under}{name}>", arrays) for name, near in state.neighbours.items()},
    }


def _made(facts: dict[str, Any], under: str, arrays: Arrays) -> State:
    site = site_from_dict(facts["site"])
    labels = dict(facts["labels"])
    tables = {
        name: Kept.of(
            tuple(one["names"]), arrays[f"{under}{name}/times"], arrays[f"{under}{name}/values"], int(one["oldest"])
        )
        for name, one in facts["tables"].items()
    }
    runs = {
        name: HeldRuns(_made_runs(one, f"{under}{name}/", arrays), site, labels[name], int(one["oldest"]))
        for name, one in facts["runs"].items()
    }
    drawn = {name: DrawnDelay(**one | {"durations": tuple(one["durations"])}) for name, one in facts["drawn"].items()}
    near = {name: _made(one, f"{under}{name}>", arrays) for name, one in facts["neighbours"].items()}
    zone = to_moment(0, facts["zone"]).tz  # a text that names no zone is found out here
    plan = None if facts["plan"] is None else _made_plan(facts["plan"])
    delays = {name: int(value) for name, value in facts["delays"].items()}
    return State(site, zone, delays, labels, dict(facts["shifts"]), drawn, tables, runs, plan, near)


def _written_runs(held: HeldRuns, under: str, arrays: Arrays) -> dict[str, Any]:
    parts = {}
    for name, variable in held.source.variables.items():
        values = variable.to_numpy()
        values = values.astype(str) if values.dtype.kind == "O" else values
        kind = str(values.dtype) if values.dtype.kind in "mM" else ""
        # times as whole numbers: numpy's own file format has no units
        arrays[f"{under}{name}"] = values.view(np.int64) if kind else values
        parts[str(name)] = {"dims": list(variable.dims), "time": kind, "attrs": _plain(variable.attrs),
                            "coordinate": name in held.source.coords}  # fmt: skip
    return {"oldest": held.oldest, "attrs": _plain(held.source.attrs), "variables": parts}


def _made_runs(facts: dict[str, Any], under: str, arrays: Arrays) -> xr.Dataset:
    import xarray as xr

    variables: dict[str, Any] = {}
    coordinates: list[str] = []
    for name, one in facts["variables"].items():
        values = arrays[f"{under}{name}"]
        variables[name] = (one["dims"], values.view(one["time"]) if one["time"] else values, one["attrs"])
        if one["coordinate"]:
            coordinates.append(name)
    return xr.Dataset(variables, attrs=facts["attrs"]).set_coords(coordinates)


def _zone_text(zone: Any) -> str:
    """Return a text that pandas reads as the zone: its name, or its distance from UTC where it has none."""
    try:
        to_moment(0, str(zone))
    except (KeyError, ValueError, TypeError):
        return to_moment(0, zone).isoformat()[-6:]
    return str(zone)


def _plain(attrs: Any) -> dict[str, Any]:
    return {
        str(key): value if isinstance(value, str | int | float | bool) else str(value) for key, value in attrs.items()
    }


def _written_plan(plan: pd.DataFrame) -> list[dict[str, Any]]:
    times, powers = ("start_ns", "end_ns", "known_ns"), ("available_kw", "limit_kw")
    listed = plan.to_dict("records")
    moments = [{name: int(row[name]) for name in times} for row in listed]
    kilowatts = [{name: None if pd.isna(row[name]) else float(row[name]) for name in powers} for row in listed]
    return [a | b for a, b in zip(moments, kilowatts, strict=True)]


def _made_plan(rows: list[dict[str, Any]]) -> pd.DataFrame:
    moments = {"start": "start_ns", "end": "end_ns", "known_at": "known_ns"}
    table: dict[str, Any] = {
        name: [pd.NaT if row[short] == FOREVER else to_moment(row[short], "UTC") for row in rows]
        for name, short in moments.items()
    }
    for name in ("available_kw", "limit_kw"):
        table[name] = np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
    out = pd.DataFrame(table, columns=list(COLUMNS))
    for short in moments.values():
        out[short] = np.array([row[short] for row in rows], dtype=np.int64)
    return out
