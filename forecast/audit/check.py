"""`check`: all findings on one site's data in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from forecast.audit import (
    capacity,
    clipping,
    columns,
    curve,
    frozen,
    labels,
    limited,
    nights,
    sunclock,
    units,
    values,
    windclock,
)
from forecast.audit.evidence import Evidence
from forecast.audit.finding import Finding, table
from forecast.data import SiteData
from forecast.errors import InputTypeError

CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    labels.gaps,
    labels.repeated,
    labels.steps,
    labels.summer_time,
    labels.missing,
    frozen.frozen,
    values.impossible,
    values.impossible_power,
    values.above_capacity,
    values.own_use,
    values.dropouts,
    values.leaps,
    values.above_clear_sky,
    units.unit,
    nights.night_power,
    sunclock.clock,
    windclock.clock,
    clipping.clipping,
    limited.limited,
    limited.stops,
    capacity.changed,
    columns.dead,
    columns.swapped,
    columns.coarse,
    columns.unrelated,
    curve.outliers,
)


def check(data: SiteData) -> pd.DataFrame:
    """Return what is wrong with a site's data: a row a finding, the gravest first; no value is changed.

    Columns: `what`, `input` (`power`, `observed:ghi`, `nwp:wind_speed` …), `start` and `end` (labels, both included,
    in the zone of the power), `n` (values concerned), `severity` ("high": forecasts will be wrong until it is mended;
    "medium": values are lost or doubtful; "low": good to know), `treatment` (what the library does about it), `sure`
    (0 to 1) and `detail`. Checks look at the whole record and only tell; which values are left out is decided by
    `data.flags` alone, which never look ahead, and listed by `data.repairs()`.

    Raises:
        InputTypeError: something that is no SiteData.
    """
    if not isinstance(data, SiteData):
        raise InputTypeError(f"check takes a SiteData, got {type(data).__name__}; make one: SiteData(site, power)")
    evidence = Evidence(data)
    found = [finding for one in CHECKS for finding in one(evidence)]
    zone = data.timezone
    return table(found, zone)
