"""The records that ship inside: what each is, and how to load it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files

import pandas as pd

from forecast.data import SiteData
from forecast.errors import DatasetError
from forecast.site import PVSite, Site, WindSite


@dataclass(frozen=True)
class _Record:
    """Where one record lies; `stand_in` names the weather that is no forecast, and its file."""

    site: Site
    stand_in: tuple[str, str]
    observed: list[str] = field(default_factory=list)


_RECORDS = {
    "la_haute_borne": _Record(
        WindSite(
            "la_haute_borne",
            capacity_kw=2050,
            latitude=48.4569,
            longitude=5.5847,
            altitude_m=411,
            timezone="Europe/Paris",
            hub_height_m=80,
        ),
        ("era5_reanalysis", "la_haute_borne_era5"),
        ["wind_speed", "wind_direction", "temp_air"],
    ),
    "pvdaq50": _Record(
        PVSite(
            "pvdaq50",
            capacity_kw=3.4,
            latitude=39.7406,
            longitude=-105.1775,
            altitude_m=1829,
            timezone="Etc/GMT+7",
            surface_tilt=45,
            surface_azimuth=158,
        ),
        ("nsrdb_satellite", "pvdaq50_nsrdb"),
    ),
}


def names() -> list[str]:
    """Return the names that `load` knows.

    >>> names()
    ['la_haute_borne', 'pvdaq50']
    """
    return sorted(_RECORDS)


def load(name: str) -> SiteData:
    """Return a shipped record: power [kW] and observations as measured, gaps included, in the site's zone.

    `la_haute_borne`: a 2050 kW wind turbine in France, 10 min, 14 months. `pvdaq50`: a 3.4 kW PV system in
    Colorado, 15 min, 18 months. Their `nwp` is a **stand-in**: a reanalysis (`era5_reanalysis`) and a
    satellite model (`nsrdb_satellite`), which know what happened and are no forecasts. Sources, licences and
    clocks: CREDITS.md beside the files.

    Raises:
        DatasetError: no record of that name; the message lists the names.

    >>> load("pvdaq50").site.capacity_kw
    3.4
    """
    record = _RECORDS.get(name)
    if record is None:
        raise DatasetError(f"no dataset is called {name!r}; there are {', '.join(names())}")
    measured = _read(f"{name}_measured", record.site.timezone)
    source, stem = record.stand_in
    return SiteData(
        record.site,
        measured["power"],
        observed=measured[record.observed] if record.observed else None,
        nwp={source: _read(stem, record.site.timezone)},
        label={"power": "end", "observed": "end", source: "instant"},
    )


def _read(stem: str, timezone: str | None) -> pd.DataFrame:
    with files("forecast.datasets").joinpath(f"{stem}.parquet").open("rb") as file:
        frame = pd.read_parquet(file).set_index("time").astype("float64")
    return frame.tz_convert(timezone)
