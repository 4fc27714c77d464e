"""What a file says a value stands for in time, CF or GRIB, as `cell_methods` over the lead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecast.timegrid import duration_ns
from forecast.weather.meaning import INIT, PREVIOUS_LEAD, Meaning, usual_meaning

if TYPE_CHECKING:
    import xarray as xr

_CF = re.compile(
    r"\b(?:time|lead_time|step|forecast_period|forecast_reference_time)\s*:\s*(point|mean|sum)\s*(\([^)]*\))?"
)
#: centres whose totals and means in GRIB begin anew otherwise than at the run's start
_RESTARTS = {"kwbc": duration_ns("6h")}
_STEP_TYPES = {"accum": "sum", "avg": "mean", "instant": "point"}


def stated_by_file(variable: xr.DataArray, dataset: xr.Dataset, ours: str) -> dict[str, str]:
    """Return `cell_methods` where the file states them: `{}` where what is usual must do.

    GRIB's `accum` and `avg` count from the start of the run (ECMWF's totals, DWD's means), at NCEP from the last
    multiple of six hours; avg_… of ECMWF from the lead before.
    """
    attrs = variable.attrs
    if match := _CF.search(str(attrs.get("cell_methods", ""))):
        since = match.group(2) or ""
        return {"cell_methods": f"lead_time: {match.group(1)} {since if 'since' in since else ''}".strip()}
    step_type = str(attrs.get("GRIB_stepType", ""))
    if step_type in _STEP_TYPES:
        method = _STEP_TYPES[step_type]
        centre = str(attrs.get("GRIB_centre", dataset.attrs.get("GRIB_centre", "")))
        restart = _RESTARTS.get(centre, INIT)
        if method == "point" or method == "mean" and centre == "ecmf":
            restart = PREVIOUS_LEAD
        return {"cell_methods": str(Meaning(method, restart))}
    if str(attrs.get("standard_name", "")).startswith("integral_wrt_time_of"):
        return {"cell_methods": str(Meaning("sum", INIT))}
    unit = str(attrs.get("units", ""))
    return {} if unit not in ("J m-2", "kg m-2") else {"cell_methods": str(usual_meaning(ours, unit))}
