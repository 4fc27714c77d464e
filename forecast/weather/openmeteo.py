"""Forecasts of the Open-Meteo service, with what was forecast on earlier days, through its own client.

Written from the documented interface and tested on replies in that format that the tests write themselves; it has not
been run against the live service.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from forecast.errors import ColumnError, MissingExtraError, ReadingError, SiteError, TimeError
from forecast.site import Site
from forecast.suggest import suggestion
from forecast.timegrid import NS_PER_DAY, duration_ns, evenly, floor_to, moment_ns, to_index

if TYPE_CHECKING:
    import xarray as xr

PREVIOUS_RUNS = "https://previous-runs-api.open-meteo.com/v1/forecast"
HISTORICAL = "https://historical-forecast-api.open-meteo.com/v1/forecast"
HOUR_NS = 3_600_000_000_000
MOST_DAYS = 7  # that the service keeps
DAYS_A_REQUEST = 90
SETTLED_NS = 10 * NS_PER_DAY  # older replies do not change any more, and are kept for good


class _Asked(NamedTuple):
    theirs: str
    unit: str
    cell_methods: str = "lead_time: point"
    factor: float = 1.0


#: ours → what to ask for; radiation is the mean, precipitation the sum, of the hour before the label
VARIABLES = MappingProxyType(
    {
        "ghi": _Asked("shortwave_radiation", "W m-2", "lead_time: mean"),
        "dni": _Asked("direct_normal_irradiance", "W m-2", "lead_time: mean"),
        "dhi": _Asked("diffuse_radiation", "W m-2", "lead_time: mean"),
        "bhi": _Asked("direct_radiation", "W m-2", "lead_time: mean"),
        "temp_air": _Asked("temperature_2m", "degC"),
        "relative_humidity": _Asked("relative_humidity_2m", "%"),
        "pressure": _Asked("surface_pressure", "Pa", factor=100.0),
        "pressure_msl": _Asked("pressure_msl", "Pa", factor=100.0),
        "cloud_cover": _Asked("cloud_cover", "%"),
        "precipitation": _Asked("precipitation", "kg m-2", "lead_time: sum (since previous lead)"),
        "wind_gust_10m": _Asked("wind_gusts_10m", "m s-1"),
        **{f"wind_speed_{at}m": _Asked(f"wind_speed_{at}m", "m s-1") for at in (10, 80, 100, 120, 180)},
        **{f"wind_direction_{at}m": _Asked(f"wind_direction_{at}m", "degree") for at in (10, 80, 100, 120, 180)},
    }
)
FOR_PV = ("ghi", "dni", "dhi", "temp_air", "wind_speed_10m")
FOR_WIND = ("wind_speed_10m", "wind_direction_10m", "wind_speed_100m", "wind_direction_100m", "temp_air", "pressure")


def open_meteo(
    site: Site,
    start: Any,
    end: Any,
    *,
    variables: Iterable[str] | None = None,
    models: str | Iterable[str] = "best_match",
    previous_runs: bool = True,
    days: int = 2,
    every: str = "6h",
    cache: str | os.PathLike[str] | bool = True,
) -> Any:
    """Return forecasts of Open-Meteo for a site between two moments; **not run against the live service**.

    With `previous_runs`, hour v of `…_previous_dayN` is what was predicted N · 24 hours before v. Such values are put
    together to runs, each of which holds only what was predicted by its init time i:

        value(i, lead k) = previous_dayN(i + k),  N = max(1, ⌈k / 24 h⌉)  so that  i + k − N · 24 h ≤ i

    They are up to a day older than the freshest run at i was, so a backtest on them is on the safe side. Without
    `previous_runs`, the freshest forecast of each hour: its vintage is unknown, and scores with it are too good.

    Args:
        site: with latitude and longitude.
        start, end: tz-aware; the first init time and the last valid time.
        variables: names of ours out of `VARIABLES`; None: what a PV plant or a wind farm needs.
        models: one of the service's model names, or several.
        days: 1 … 7, how many days the runs look ahead.
        every: distance of the init times.
        cache: True: in the user's cache folder; a path: there; False: nothing is kept. Replies whose hours are more
            than ten days past are kept for good, others for an hour.

    Returns:
        Dataset over `init_time`, `lead_time` (hours 0 … 24 · days) at the site, to be given as `SiteData(nwp=…)` with
        the service's delay of some hours; with `previous_runs=False` a DataFrame by valid time (UTC). With several
        models a dict model → that.

    Raises:
        MissingExtraError: without the extra `openmeteo`. ReadingError: the service refuses, or answers something else.
        SiteError, TimeError, ColumnError: no position, an empty time range, an unknown variable.
    """
    if site.latitude is None or site.longitude is None:
        raise SiteError(f"site {site.name!r} has no latitude and longitude; they say what to ask for")
    first, last = moment_ns(start, "start"), moment_ns(end, "end")
    if last <= first or not 1 <= days <= MOST_DAYS:
        raise TimeError(f"start={start}, end={end}, days={days}; expected start before end and 1 to {MOST_DAYS} days")
    wanted = _wanted(site, variables)
    suffixes = [f"_previous_day{day}" for day in range(1, days + 1)] if previous_runs else [""]
    client, keeps = _client(cache)
    out: dict[str, Any] = {}
    for model in [models] if isinstance(models, str) else list(models):
        params = {"latitude": site.latitude, "longitude": site.longitude, "models": model, "wind_speed_unit": "ms"}
        if site.altitude_m is not None:
            params["elevation"] = site.altitude_m
        url = PREVIOUS_RUNS if previous_runs else HISTORICAL
        hours, values = _hours(client, keeps, url, params, (wanted, suffixes), first, last)
        if previous_runs:
            out[model] = _runs(hours, values, wanted, first, duration_ns(every, "every"))
        else:
            out[model] = _frame(hours, values[:, 0], wanted)
    return out[models] if isinstance(models, str) else out


def _wanted(site: Site, variables: Iterable[str] | None) -> dict[str, _Asked]:
    names = (FOR_PV if site.kind == "pv" else FOR_WIND) if variables is None else tuple(variables)
    for name in names:
        if name not in VARIABLES:
            raise ColumnError(f"variables: {name!r} cannot be asked for{suggestion(name, VARIABLES)}")
    return {name: VARIABLES[name] for name in names}


def _client(cache: str | os.PathLike[str] | bool) -> tuple[Any, bool]:
    """Return the service's own client over a session that tries again and keeps replies, and whether it keeps them."""
    try:
        import openmeteo_requests
        import requests
        import requests_cache
        from retry_requests import retry
    except ImportError as error:
        raise MissingExtraError(f'open_meteo needs {error.name}; pip install "quarterhour[openmeteo]"') from error
    if cache is False:
        session = requests.Session()
    elif cache is True:
        session = requests_cache.CachedSession("quarterhour-open-meteo", use_cache_dir=True)
    else:
        session = requests_cache.CachedSession(os.fspath(cache))
    return openmeteo_requests.Client(session=retry(session, retries=5, backoff_factor=0.2)), cache is not False


def _hours(
    client: Any, keeps: bool, url: str, params: dict[str, Any], asked: tuple[dict[str, _Asked], list[str]], first: int,
    last: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the hours asked for [ns] and their values (hours, suffixes, variables), NaN where the service has none."""
    wanted, suffixes = asked
    hours = evenly(floor_to(first, HOUR_NS), floor_to(last, HOUR_NS), HOUR_NS)
    values = np.full((len(hours), len(suffixes), len(wanted)), np.nan)
    names = [one.theirs + suffix for suffix in suffixes for one in wanted.values()]
    days = evenly(floor_to(first, NS_PER_DAY), floor_to(last, NS_PER_DAY), NS_PER_DAY)
    for begin in range(0, len(days), DAYS_A_REQUEST):
        some = days[begin : begin + DAYS_A_REQUEST]
        span = {"start_date": _date(some[0]), "end_date": _date(some[-1])}
        settled = some[-1] + NS_PER_DAY + SETTLED_NS < pd.Timestamp.now(tz="UTC").as_unit("ns").value
        how = {"expire_after": -1 if settled else 3600} if keeps else {}
        times, read = _reply(client, url, {**params, **span, "hourly": names}, how, suffixes)
        place = (times - hours[0]) // HOUR_NS
        inside = (place >= 0) & (place < len(hours)) & (times % HOUR_NS == 0)
        values[place[inside]] = read[inside].reshape(-1, len(suffixes), len(wanted))
    return hours, values * np.array([one.factor for one in wanted.values()])


def _date(day_ns: int) -> str:
    return pd.Timestamp(int(day_ns), unit="ns").strftime("%Y-%m-%d")


def _reply(
    client: Any, url: str, params: dict[str, Any], how: dict[str, Any], suffixes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels [ns] and values (hours, names) of one reply; variables come in the order asked for."""
    from openmeteo_requests import OpenMeteoRequestsError

    names = params["hourly"]
    try:
        replies = client.weather_api(url, params=params, **how)
    except OpenMeteoRequestsError as error:
        raise ReadingError(f"Open-Meteo: {error}") from error
    hourly = replies[0].Hourly() if len(replies) == 1 else None
    if hourly is None or hourly.VariablesLength() != len(names):
        got = "no hours" if hourly is None else f"{hourly.VariablesLength()} variables"
        raise ReadingError(f"Open-Meteo: {len(replies)} replies with {got}, expected one with {len(names)} variables")
    times = evenly(hourly.Time(), hourly.TimeEnd() - hourly.Interval(), hourly.Interval()) * 10**9
    columns = []
    for place, name in enumerate(names):
        column = hourly.Variables(place)
        day = int(name.rpartition("_previous_day")[2]) if suffixes != [""] else 0
        if column.PreviousDay() != day:
            raise ReadingError(f"Open-Meteo: {name} came as of previous day {column.PreviousDay()}, expected {day}")
        read = column.ValuesAsNumpy()
        columns.append(
            read if isinstance(read, np.ndarray) and len(read) == len(times) else np.full(len(times), np.nan)
        )
    return times, np.stack(columns, axis=1).astype(np.float64)


def _runs(hours: np.ndarray, values: np.ndarray, wanted: dict[str, _Asked], first: int, every: int) -> xr.Dataset:
    import xarray as xr

    days = values.shape[1]
    lead = np.arange(24 * days + 1)
    inits = evenly(floor_to(first + every - 1, every), int(hours[-1]), every)
    inits = inits[inits % HOUR_NS == 0]
    day = np.maximum(-(-lead // 24), 1) - 1
    place = (inits[:, None] - hours[0]) // HOUR_NS + lead[None, :]
    inside = place < len(hours)
    runs = np.where(inside[..., None], values[np.where(inside, place, 0), day[None, :]], np.nan)
    data = {
        name: (("init_time", "lead_time"), runs[..., column], {"units": one.unit, "cell_methods": one.cell_methods})
        for column, (name, one) in enumerate(wanted.items())
    }
    coords = {"init_time": inits.astype("datetime64[ns]"), "lead_time": (lead * HOUR_NS).astype("timedelta64[ns]")}
    return xr.Dataset(data, coords)


def _frame(hours: np.ndarray, values: np.ndarray, wanted: dict[str, _Asked]) -> pd.DataFrame:
    return pd.DataFrame(values, index=to_index(hours, "UTC", "valid_time"), columns=list(wanted))
