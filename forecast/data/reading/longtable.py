"""Many sites from one long table, as a database answers: a row a site and time, checked in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.inputs import PLAIN
from forecast.data.series import checked_delays, checked_labels, number_series
from forecast.data.sitedata import SiteData
from forecast.data.siterows import SiteRows
from forecast.errors import ColumnError, InputTypeError, SiteError
from forecast.site import PVSite, Site, WindSite
from forecast.suggest import suggestion
from forecast.timegrid import index_ns, to_index, usual_step_ns

_COPIED_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3


def from_long(
    table: pd.DataFrame,
    sites: Iterable[Site],
    *,
    site: str = "site",
    time: str = "time",
    power: str = "power",
    observed: Sequence[str] | Mapping[str, str] = (),
    delay: Any = "0min",
    label: Any = "end",
) -> dict[str, SiteData]:
    """Return {name: SiteData} of many sites whose power and measurements stand in one table, a row a site and time.

    Each forecasts as the `SiteData` of the site's own rows does, bit for bit, and is made in far less time: a fleet
    that is asked each minute need not make hundreds of pandas tables. Rows may come in any order; a site without rows
    has empty tables. What is written into the table later changes nothing: pandas 3 copies it then, not before.

    Args:
        table: columns `site` (names; a categorical is fastest), `time` (tz-aware), `power` [kW], those of `observed`.
        sites: `PVSite` or `WindSite`, each name once.
        observed: columns of measurements (pvlib names where there are any), or {name: column}.
        delay, label: as for `SiteData`.

    Raises:
        ColumnError: a column that is not there. SiteError: rows of a site that is not among `sites`, or a name twice.
        TimeError: naive times. InputTypeError: no table, no sites, or columns that are not numbers.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputTypeError(f"table is {type(table).__name__}, expected a pandas DataFrame, a row a site and time")
    columns = dict(observed) if isinstance(observed, Mapping) else {name: name for name in observed}
    for name in (site, time, power, *columns.values()):
        if name not in table.columns:
            raise ColumnError(f"table: no column {name!r}{suggestion(name, table.columns)}")
    listed = _by_name(sites)
    held = table.copy(deep=not _COPIED_ON_WRITE)
    codes, categories = _codes(held[site])
    starts = _starts(codes)
    place = _places(codes[starts], categories, list(listed))
    index = pd.DatetimeIndex(held[time])
    rows = _Rows(
        index_ns(index, time), number_series(held[power], power).to_numpy(), _values(held, columns),
        tuple(columns), index.tz, checked_delays(delay, PLAIN), checked_labels(label, PLAIN), held,
    )  # fmt: skip
    if len(starts) > len(np.unique(codes[starts])):  # not site by site
        order = np.argsort(codes, kind="stable")
        codes, rows = codes[order], rows.take(order)
        starts = _starts(codes)
    stops = np.r_[starts[1:], len(codes)]
    falls = np.flatnonzero(rows.times[1:] <= rows.times[:-1]) + 1
    rising = np.searchsorted(falls, starts, side="right") == np.searchsorted(falls, stops)
    found = zip(place[codes[starts]].tolist(), starts.tolist(), stops.tolist(), rising.tolist(), strict=True)
    spans = {number: (slice(start, stop), fine) for number, start, stop, fine in found}
    out: dict[str, SiteData] = {}
    clock = rows.times[:0]  # sites with the same labels share them: what follows need not compare them
    for i, one in enumerate(listed.values()):
        span, fine = spans.get(i, (slice(0, 0), True))
        times = rows.times[span]
        clock = clock if len(clock) == len(times) and (clock == times).all() else times
        out[one.name] = rows.site(one, span, clock, fine)
    return out


def _starts(codes: np.ndarray) -> np.ndarray:
    """Return where runs of equal codes begin."""
    starts: np.ndarray = np.r_[np.zeros(min(len(codes), 1), dtype=np.intp), np.flatnonzero(codes[1:] != codes[:-1]) + 1]
    return starts


def _values(table: pd.DataFrame, columns: dict[str, str]) -> np.ndarray:
    """Return the columns as float64 (rows, columns); not a copy where they lie side by side."""
    given = [number_series(table[column], name) for name, column in columns.items()]
    first = table.columns.tolist().index(next(iter(columns.values()))) if columns else 0
    beside = table.iloc[:, first : first + len(columns)]
    if beside.columns.tolist() == list(columns.values()) and all(table[c].dtype == np.float64 for c in beside):
        return np.asarray(beside.to_numpy())
    return np.array(given, dtype=np.float64).reshape(len(given), len(table)).T


def _by_name(sites: Iterable[Site]) -> dict[str, Site]:
    listed: dict[str, Site] = {}
    for one in sites:
        if not isinstance(one, PVSite | WindSite):
            raise InputTypeError(f"sites holds {type(one).__name__}, expected PVSite or WindSite")
        if one.name in listed:
            raise SiteError(f"sites has the name {one.name!r} twice")
        listed[one.name] = one
    if not listed:
        raise InputTypeError("sites is empty; pass the PVSite or WindSite of each name in the table")
    return listed


def _codes(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return each row's code, and what the codes stand for; -1 where there is no name."""
    given = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    return given.cat.codes.to_numpy(), given.cat.categories.astype(object)


def _places(codes: np.ndarray, categories: pd.Index, names: list[str]) -> np.ndarray:
    """Return the place in `names` of each category; those of `codes` must be there."""
    place = np.asarray(pd.Index(names, dtype=object).get_indexer(categories))
    used = np.unique(codes)
    unknown = used[(used < 0) | (np.r_[place, -1][used] < 0)]  # -1: a row without a name
    if len(unknown):
        strange = [None if code < 0 else categories[code] for code in unknown[:10].tolist()]
        raise SiteError(f"table: rows of {', '.join(map(repr, strange))}; sites has {', '.join(names[:10])}")
    return place


@dataclass(frozen=True)
class _Rows:
    """Labels [ns] as given, power [kW] and measurements of all sites, and the table that keeps them from writes."""

    times: np.ndarray
    power: np.ndarray
    observed: np.ndarray
    names: tuple[str, ...]
    zone: Any
    delays: dict[str, int]
    labels: dict[str, str]
    table: pd.DataFrame

    def take(self, order: np.ndarray) -> _Rows:
        own = (self.names, self.zone, self.delays, self.labels, self.table)
        return _Rows(self.times[order], self.power[order], self.observed[order], *own)

    def site(self, site: Site, rows: slice, times: np.ndarray, rising: bool) -> SiteData:
        power, observed = self.power[rows], self.observed[rows]
        labels = {self.labels[name] for name in ("power", *["observed"] * bool(self.names))}
        if rising and len(labels) == 1:
            if labels == {"start"} and len(times):
                times = times + usual_step_ns(times, site.name)
            shared = {"zone": self.zone, "delays": self.delays, "labels": self.labels, "table": self.table}
            return SiteRows(site, times, power, observed, self.names, **shared)
        # out of order, twice, or labelled in two ways: SiteData sees to it
        index = to_index(times, self.zone)
        frame = pd.DataFrame(observed, index=index, columns=list(self.names)) if self.names else None
        delay = {name: pd.Timedelta(ns, unit="ns") for name, ns in self.delays.items()}
        measured = pd.Series(power, index=index, name="power")
        return SiteData(site, measured, observed=frame, delay=delay, label=self.labels)
