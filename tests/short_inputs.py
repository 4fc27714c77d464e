"""Plants whose inputs are late or gone at times, and forecasters with a ladder for them."""

from __future__ import annotations

from functools import cache

import pandas as pd
import plants
import pytest

from forecast import Forecaster, SiteData
from forecast.data.outages import checked_outages, outages, without_lost

NOW = plants.START + pd.Timedelta("20D 5h")
HOUR_NS = 3_600_000_000_000
each_kind = pytest.mark.parametrize("kind", ["wind", "pv", "runs"])


@cache
def data(kind: str) -> SiteData:
    if kind == "runs":
        plain = plants.wind()
        return plants.rebuilt(plain, nwp={"runs": plants.weather_runs(26)}, delay={"power": "20min"})
    return {"wind": plants.wind, "pv": plants.pv}[kind]()


@cache
def fitted(kind: str, adapt: str | None = None) -> Forecaster:
    return plants.forecaster("ridge", adapt=adapt).fit(data(kind).until(NOW - pd.Timedelta("6D")))


def holes(kind: str) -> SiteData:
    """Return the data after many outages of everything."""
    some = data(kind)
    names = ["power", "observed", *some.run_sources]
    end = some.newest
    drawn = [outages(names, plants.START, end, every="40h", lengths=(length,), random_state=i)
             for i, length in enumerate(("20min", "3h", "14h"))]  # fmt: skip
    return without_lost(some, checked_outages(pd.concat(drawn), [some]))
