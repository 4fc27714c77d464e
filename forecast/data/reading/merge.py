"""Several sources, one site: their inputs joined into one SiteData."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.data.reading.source import INPUTS, Source, read_source
from forecast.data.series import tidy
from forecast.errors import ColumnError, SettingsError, StepError
from forecast.site import Site
from forecast.suggest import suggestion
from forecast.timegrid import duration_ns, index_ns, step_text, usual_step_ns

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData


def build(site: Site, sources: Sequence[Source], **rest: Any) -> SiteData:
    """Return the SiteData of a site whose inputs stand in one or several sources.

    Power, availability and curtailment come from one source each; observed columns of several are joined on
    time; weather forecasts of several become a dict by the source's `name`. `rest` goes to SiteData as it is.
    """
    from forecast.data.sitedata import SiteData

    for source in sources:
        _check_inputs(source)
    read = [(source, read_source(source, site.capacity_kw)) for source in sources]
    inputs: dict[str, Any] = dict(rest)
    labels, delays = {}, {}
    for name in ("power", "available_kw", "curtailed", "observed"):
        giving = [(source, parts[name]) for source, parts in read if name in parts]
        if len(giving) > 1 and name != "observed":
            raise SettingsError(
                f"{name} stands in {len(giving)} files; name it in one (path may be a list of files)"
            )
        if giving:
            tables = [table for _, table in giving]
            labels[name], tables = _one_label(
                name, [_of(source.label, name, "end") for source, _ in giving], tables
            )
            delays[name] = _one_delay(name, [_of(source.delay, name, "0min") for source, _ in giving])
            inputs[name] = _joined(tables) if len(tables) > 1 else tables[0]
    forecasts = [(source, parts["nwp"]) for source, parts in read if "nwp" in parts]
    names = [source.name for source, _ in forecasts]
    if len(set(names)) < len(names):
        raise SettingsError(
            f"nwp stands in {len(names)} files; give each its own name, for example name = 'ecmwf'"
        )
    for source, _ in forecasts:
        labels[source.name] = _of(source.label, source.name, _of(source.label, "nwp", "end"))
        delays[source.name] = _of(source.delay, source.name, _of(source.delay, "nwp", "0min"))
    if forecasts:
        inputs["nwp"] = {source.name: table for source, table in forecasts}
    return SiteData(site, inputs.pop("power", None), **inputs, label=labels, delay=delays)


def _check_inputs(source: Source) -> None:
    known = (*INPUTS, source.name)
    for option in ("label", "delay"):
        value = getattr(source, option)
        for name in value if isinstance(value, Mapping) else ():
            if name not in known:
                raise SettingsError(
                    f"{source.path}: {option}: unknown input {name!r}{suggestion(name, known)}"
                )


def _of(value: Any, name: str, default: Any) -> Any:
    return value.get(name, default) if isinstance(value, Mapping) else value


def _one_label(name: str, labels: list[Any], tables: list[Any]) -> tuple[Any, list[Any]]:
    """Return one label for all tables; where they differ, those labelled by start are shifted here."""
    if len(set(labels)) == 1:
        return labels[0], tables
    return "end", [tidy(table, name, label)[0] for label, table in zip(labels, tables, strict=True)]


def _one_delay(name: str, delays: list[Any]) -> Any:
    if len({duration_ns(delay, f"delay of {name}") for delay in delays}) > 1:
        raise SettingsError(
            f"{name}: files with delays {', '.join(map(str, delays))}; state one, the longest"
        )
    return delays[0]


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all columns on the union of the times; the n-th copy of a time meets the n-th copy."""
    steps = {step_text(usual_step_ns(np.sort(index_ns(table.index)), "observed")) for table in tables}
    if len(steps) > 1:
        raise StepError(
            f"observed: files with steps {', '.join(sorted(steps))}; resample one of them, or leave it out"
        )
    columns = pd.Index([column for table in tables for column in table.columns])
    if columns.has_duplicates:
        twice = columns[columns.duplicated()][0]
        raise ColumnError(f"observed: {twice!r} stands in two files; give one of them another name")
    zone = tables[0].index.tz  # type: ignore[attr-defined]
    keyed = [table.set_index([table.index.tz_convert(zone), _copy(table)]) for table in tables]  # type: ignore[attr-defined]
    joined = pd.concat(keyed, axis=1, sort=True)
    return joined.set_axis(joined.index.get_level_values(0))


def _copy(table: pd.DataFrame) -> pd.Index:
    return pd.Index(table.groupby(table.index).cumcount(), name="copy")
