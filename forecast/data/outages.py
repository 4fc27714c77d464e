"""Outages of a site's inputs: a schedule of them, and what is left of the data for whoever forecasts through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.changed import changed
from forecast.data.inputs import MEASURED, PLAIN
from forecast.data.sitedata import SiteData
from forecast.errors import ColumnError, InputTypeError, SettingsError, TimeError
from forecast.timegrid import duration_ns, moment_ns, to_index

COLUMNS = ("source", "start", "end")


def outages(
    sources: str | Sequence[str],
    start: Any,
    end: Any,
    every: Any = "10D",
    lengths: Sequence[Any] = ("1h", "6h", "24h"),
    random_state: int = 0,
) -> pd.DataFrame:
    """Return random outages from `start` to `end`: a row each, columns `source start end`, as `fc.backtest` takes them.

    Args:
        sources: names as in `without_lost`. every: the mean time between the starts of two outages of a source.
        lengths: durations, each as likely as the other.

    >>> import pandas as pd
    >>> made = outages("power", pd.Timestamp("2024-03-01", tz="UTC"), pd.Timestamp("2024-03-31", tz="UTC"), every="3D")
    >>> list(made.columns), bool((made["end"] > made["start"]).all())
    (['source', 'start', 'end'], True)
    """
    names = [sources] if isinstance(sources, str) else list(sources)
    first, last, apart = moment_ns(start, "start"), moment_ns(end, "end"), duration_ns(every, "every")
    sizes = np.array([duration_ns(one, "a length") for one in lengths], dtype=np.int64)
    if last <= first or apart <= 0 or not len(sizes) or (sizes <= 0).any():
        raise SettingsError(f"start={start!r}, end={end!r}, every={every!r}, lengths={lengths!r}: no outages fit these")
    rng, tables = np.random.default_rng(random_state), []
    for name in names:
        gaps = rng.exponential(apart, size=2 * int((last - first) // apart) + 20).astype(np.int64)
        begins = first + np.cumsum(gaps)
        ends = np.minimum(begins + rng.choice(sizes, size=len(begins)), last)
        moments = (to_index(moment[begins < last], "UTC") for moment in (begins, ends))
        tables.append(pd.DataFrame(dict(zip(COLUMNS[1:], moments, strict=True))).assign(source=name))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def checked_outages(schedule: Any, sites: Sequence[SiteData]) -> pd.DataFrame:
    """Return the schedule with `start_ns` and `end_ns`; typed errors for what is none or names an unknown source."""
    if not isinstance(schedule, pd.DataFrame):
        raise InputTypeError(
            f"outages is {type(schedule).__name__}, expected a DataFrame with columns source, start, end"
        )
    if missing := [name for name in COLUMNS if name not in schedule]:
        raise ColumnError(f"outages lacks the columns {', '.join(missing)}; expected source, start, end")
    known = {name for site in sites for name in _sources(site)}
    if unknown := sorted(set(schedule["source"]) - known):
        raise SettingsError(f"outages of {', '.join(map(str, unknown))}; sources are {', '.join(sorted(known))}")
    out = schedule.assign(
        start_ns=[moment_ns(t, "start of an outage") for t in schedule["start"]],
        end_ns=[moment_ns(t, "end of an outage") for t in schedule["end"]],
    )
    if (out["end_ns"] <= out["start_ns"]).any():
        raise TimeError("outages: an end does not lie after its start")
    return out


def _sources(data: SiteData) -> list[str]:
    there = [name for name in MEASURED if getattr(data, name) is not None]
    return there + [*data.nwp, *(["nwp"] if data.nwp else []), *(["neighbours"] if data.neighbours else [])]


def without_lost(data: SiteData, schedule: pd.DataFrame) -> SiteData:
    """Return the data without what would have become known during the outages, start < moment ≤ end: it never arrives.

    Sources: `power observed available_kw curtailed`; a weather source by its name, or `nwp` for all of them where none
    is called so; `neighbours`: their power, measurements and weather runs. Tables of weather by valid time know of no
    moment at which a value became known: `as_faced` hides them while their outage lasts.
    """
    tables, times = {}, dict(data._times)
    for name in MEASURED:
        table = getattr(data, name)
        if table is None or not len(spans := _spans(schedule, name, data)):
            continue
        kept = ~_inside(data.times(name) + data.delays[name], spans)
        tables[name], times[name] = table[kept], data.times(name)[kept]
    runs = dict(data.nwp)
    for name, source in data.nwp.items():
        if isinstance(source, pd.DataFrame):
            continue
        lost = _inside(data.published(name), _spans(schedule, name, data))
        if lost.any():
            runs[name] = source.isel(init_time=np.flatnonzero(~lost))
    near = data.neighbours
    if len(_spans(schedule, "neighbours", data)):
        only = schedule[schedule["source"] == "neighbours"]
        everything = [only.assign(source=name) for name in PLAIN]
        near = {name: without_lost(other, pd.concat(everything)) for name, other in near.items()}
    return changed(data, **tables, _times=times, nwp=runs, neighbours=near)


def as_faced(data: SiteData, schedule: pd.DataFrame, issue_ns: np.ndarray) -> Iterator[tuple[np.ndarray, SiteData]]:
    """Yield (rows, data) of issue times that face the same outages of weather by valid time: that table is hidden."""
    tables = [name for name in data.nwp if name not in data.run_sources]
    out = np.zeros((len(tables), len(issue_ns)), dtype=bool)
    for i, name in enumerate(tables):
        out[i] = _inside(issue_ns, _spans(schedule, name, data))
    for which in np.unique(out, axis=1).T if tables else [np.zeros(0, dtype=bool)]:
        rows = np.flatnonzero((out == which[:, None]).all(axis=0))
        gone = {name for name, hit in zip(tables, which, strict=True) if hit}
        left = {name: source for name, source in data.nwp.items() if name not in gone}
        yield rows, changed(data, nwp=left) if gone else data


def _spans(schedule: pd.DataFrame, name: str, data: SiteData) -> np.ndarray:
    """Return starts and ends (k, 2) [ns] of a source's outages."""
    named = schedule["source"] == name
    if name in data.nwp and "nwp" not in data.nwp:
        named |= schedule["source"] == "nwp"
    spans: np.ndarray = schedule.loc[named, ["start_ns", "end_ns"]].to_numpy(dtype=np.int64)
    return spans


def _inside(moments_ns: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return which moments lie in one of the spans (start, end]."""
    out = np.zeros(len(moments_ns), dtype=bool)
    for start, end in spans:
        out |= (moments_ns > start) & (moments_ns <= end)
    return out
