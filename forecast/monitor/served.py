"""One line a forecast: which inputs, how old, made it, and what it was, so that it can be made again and compared."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.inputs import MEASURED
from forecast.data.published import newest_published
from forecast.errors import InputTypeError
from forecast.forecaster import Forecaster
from forecast.timegrid import NS_PER_DAY, index_ns, moment_ns, to_moment

LOG = logging.getLogger("forecast.served")
HISTORY_NS = 60 * NS_PER_DAY


def served(
    frame: pd.DataFrame, data: SiteData, forecaster: Forecaster | None = None, bundle: str | None = None
) -> dict[str, Any]:
    """Return what a forecast was made from, as plain values.

    `site model version bundle issue_time asked_at level reasons`; `inputs`: the `newest` label of each that held one
    (`init_time` of the newest run published), its `age_s` at the issue time, and a hash of its values; `forecast`: the
    hash of the forecast's numbers. Nothing of the future is looked at.

    Args:
        frame: what `predict` returned. data: the data it was made from. bundle: the hash of the model's file.
        forecaster: says how much history counts; None: the hashes cover 60 days.

    Raises:
        InputTypeError: a frame of another kind.
    """
    check_forecast(frame)
    issue = moment_ns(frame.attrs["issue_time"], "issue_time")
    history = HISTORY_NS if forecaster is None else int(forecaster.history_needed.as_unit("ns").value)
    last = int(index_ns(frame.index, "frame").max())
    reasons = [text for text in pd.unique(frame["reason"]).tolist() if text] if "reason" in frame else []
    return {
        **{name: frame.attrs.get(name) for name in ("site", "model", "version")},
        "bundle": bundle,
        "issue_time": frame.attrs["issue_time"],
        "asked_at": frame.attrs.get("asked_at", frame.attrs["issue_time"]),
        "level": int(frame["level"].max()) if "level" in frame else None,
        "reasons": reasons,
        "history_s": history // 10**9,
        "inputs": inputs_of(data, issue, history, last),
        "forecast": forecast_hash(frame),
    }


def check_forecast(frame: Any) -> None:
    """Raise `InputTypeError` for anything but a frame that `predict` returned."""
    if not isinstance(frame, pd.DataFrame) or not {"site", "issue_time"} <= set(frame.attrs):
        raise InputTypeError("frame is no forecast; pass what Forecaster.predict returned, unchanged")


def append(line: dict[str, Any], path: str | os.PathLike[str] | None = None) -> None:
    """Log what `served` returned as one line of JSON (logger `forecast.served`, INFO), and append it to a file.

    Without a path, hang a handler of your own on the logger: `logging.handlers.TimedRotatingFileHandler` rotates.
    """
    text = json.dumps(line, ensure_ascii=False)
    LOG.info("%s", text)
    if path is not None:
        # one write of a whole line: several processes may append to one file
        with open(path, "ab", buffering=0) as file:
            file.write(text.encode() + b"\n")


def bundle_hash(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, to be logged as `bundle`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def forecast_hash(frame: pd.DataFrame) -> str:
    """Return a hash of a forecast's valid times, leads and powers: equal forecasts, equal hash, on any machine."""
    numbers = frame.drop(columns=["reason"], errors="ignore")
    names = ",".join(numbers.columns)
    return _hash(names.encode(), index_ns(frame.index, "frame"), numbers.to_numpy(dtype=np.float64))


def inputs_of(data: SiteData, issue_ns: int, history_ns: int, last_ns: int) -> dict[str, dict[str, Any]]:
    """Return what of each input was known at the issue time: newest label or run, its age, a hash of its values."""
    known = data.until(to_moment(issue_ns, "UTC"))
    return dict(_inputs(known, issue_ns, history_ns, last_ns))


def _inputs(known: SiteData, issue: int, history: int, last: int) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = [name for name in MEASURED if getattr(known, name) is not None]
    for name in [*tables, *known.nwp]:
        if name in known.run_sources:
            yield name, _run(known, name, issue)
            continue
        times, values = known.times(name), known.values(name)
        reach = last if name in known.nwp else issue  # weather by valid time: what the forecast looks at
        inside = slice(*np.searchsorted(times, [issue - history, reach], side="right"))
        times, values = times[inside], values[inside].reshape(len(times[inside]), -1)
        there = times[np.isfinite(values).any(axis=1)]
        newest = int(there[-1]) if len(there) else None
        yield name, _facts("newest", newest, issue, _hash(times, values))
    if known.plan is not None:
        yield "plan", {"rows": len(known.plan), "hash": _hash(known.plan.iloc[:, :5].to_json().encode())}
    for name, near in known.neighbours.items():
        for inner, facts in _inputs(near, issue, history, last):
            yield f"{name}/{inner}", facts


def _run(known: SiteData, name: str, issue: int) -> dict[str, Any]:
    place = int(newest_published(known.published(name), np.array([issue]))[0])
    if place < 0:
        return _facts("init_time", None, issue, _hash())
    run: Any = known.nwp[name]
    run = run.isel(init_time=place)
    arrays = [run[variable].transpose(..., "lead_time").to_numpy() for variable in sorted(map(str, run.data_vars))
              if "lead_time" in run[variable].dims]  # fmt: skip
    init = int(known.inits(name)[place])
    return _facts("init_time", init, issue, _hash(np.array([init]), *arrays))


def _facts(what: str, moment: int | None, issue: int, code: str) -> dict[str, Any]:
    if moment is None:
        return {what: None, "age_s": None, "hash": code}
    return {what: to_moment(moment, "UTC").isoformat(), "age_s": (issue - moment) / 1e9, "hash": code}


def _hash(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            plain = part if part.dtype.kind == "i" else part.astype(np.float64) + 0.0  # no −0
            part = np.ascontiguousarray(plain).astype(plain.dtype.newbyteorder("<"), copy=False).tobytes()
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]
