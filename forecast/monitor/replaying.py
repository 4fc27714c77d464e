"""Makes a logged forecast again from archived data, and says whether it is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.data.inputs import MEASURED
from forecast.errors import ReadingError
from forecast.forecaster import Forecaster
from forecast.monitor.served import forecast_hash, inputs_of
from forecast.timegrid import index_ns, moment_ns


@dataclass(frozen=True)
class Replay:
    """A forecast made again: whether its numbers are `equal` to the logged ones, and what `differs` that may tell why.

    `differs` names inputs whose archived values are not those of then, and `version`, `model` or `reasons`.
    """

    equal: bool
    differs: tuple[str, ...]
    frame: pd.DataFrame


def replay(line: dict[str, Any], forecaster: Forecaster, data: SiteData) -> Replay:
    """Make the forecast of a line that `served` made again, from archived data, and compare.

    Of each input only what was there is used: nothing after the newest label and run of the line, so that what came
    late does not count. A value that was corrected, or that filled a gap further back, is told by `differs`.

    Raises:
        ReadingError: not such a line. And what `predict` raises for another site or other columns.
    """
    try:
        issue, asked = moment_ns(line["issue_time"]), line["asked_at"]
        history, logged, code = int(line["history_s"]) * 10**9, dict(line["inputs"]), line["forecast"]
    except (KeyError, TypeError, ValueError) as error:
        raise ReadingError(f"not a line that forecast.monitor.served made ({type(error).__name__}: {error})") from error
    then = _as_of_then(data, logged)
    frame = forecaster.predict(then, asked)
    found = inputs_of(then, issue, history, int(index_ns(frame.index, "frame").max()))
    names = [*logged, *(name for name in found if name not in logged)]
    differs = [name for name in names if logged.get(name, {}).get("hash") != found.get(name, {}).get("hash")]
    differs += [name for name in ("model", "version") if frame.attrs.get(name) != line.get(name)]
    reasons = [text for text in pd.unique(frame["reason"]).tolist() if text]
    differs += ["reasons"] if reasons != line.get("reasons") else []
    return Replay(forecast_hash(frame) == code, tuple(differs), frame)


def _as_of_then(data: SiteData, logged: dict[str, Any], prefix: str = "") -> SiteData:
    """Return the data without what came after the newest label, or run, of the line."""

    def newest(name: str) -> int | None:
        facts = logged.get(prefix + name) or {}
        text = facts.get("newest") or facts.get("init_time")
        return None if text is None else moment_ns(text)

    tables: dict[str, Any] = {}
    for name in MEASURED:
        table, end = getattr(data, name), newest(name)
        if table is not None:
            tables[name] = table.iloc[:0] if end is None else table[data.times(name) <= end]
    sources: dict[str, Any] = {}
    for name, source in data.nwp.items():
        end = newest(name)
        if name in data.run_sources:
            runs: Any = source
            inits = data.inits(name)
            sources[name] = runs.isel(init_time=np.flatnonzero(inits <= (inits.min() - 1 if end is None else end)))
        else:
            sources[name] = source  # by valid time: when a value came is not known
    # measured labels are period-ending by now; runs keep theirs, which are read when they are laid on a grid
    labels = {
        name: "end" if label == "start" and name not in data.run_sources else label
        for name, label in data.labels.items()
    }
    return SiteData(
        data.site,
        tables.get("power"),
        observed=tables.get("observed"),
        available_kw=tables.get("available_kw"),
        curtailed=tables.get("curtailed"),
        nwp=sources or None,
        plan=None if data.plan is None else data.plan.iloc[:, :5],
        neighbours={name: _as_of_then(near, logged, f"{prefix}{name}/") for name, near in data.neighbours.items()},
        delay={name: pd.Timedelta(value, unit="ns") for name, value in data.delays.items()} | data.drawn,
        label=labels,
    )
