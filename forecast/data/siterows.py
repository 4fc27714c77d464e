"""A site's rows of a table of many sites, checked before: SiteData without pandas' tables until somebody asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data.inputs import MEASURED
from forecast.data.sitedata import SiteData
from forecast.site import Site
from forecast.timegrid import to_index

_HELD = "table of all sites"
_NOTHING: dict[str, Any] = {}  # one for all: thousands of empty ones keep the garbage collector busy


class SiteRows(SiteData):
    """SiteData of power, and of measurements if there are columns, whose labels rise; nothing is copied.

    Args:
        times: (n,) labels [ns], period-ending, rising. power: (n,) kW. observed: (n, columns), named by `names`.
        zone: of the labels. delays, labels: of each input, as `SiteData` keeps them.
        table: what the values are rows of; while it is held, pandas writes elsewhere.
    """

    def __init__(
        self,
        site: Site,
        times: np.ndarray,
        power: np.ndarray,
        observed: np.ndarray,
        names: tuple[str, ...],
        *,
        zone: Any,
        delays: dict[str, int],
        labels: dict[str, str],
        table: pd.DataFrame,
    ) -> None:
        self.site, self.delays, self.labels, self._zone = site, delays, labels, zone
        self._times, self._made = {"power": times}, {"values of power": power, _HELD: table}
        if names:
            self._times["observed"] = times
            self._made |= {"values of observed": observed, "columns of observed": names}
        self.nwp = self.drawn = self.neighbours = self.tidied = self.dropped = _NOTHING
        self.plan, self.trust_flags = None, False

    def __getstate__(self) -> dict[str, Any]:
        # a worker gets the site's own rows
        return vars(self) | {"_made": {what: made for what, made in self._made.items() if what != _HELD}}

    def __copy__(self) -> SiteRows:
        out = object.__new__(type(self))
        vars(out).update(vars(self))
        return out

    def __getattr__(self, name: str) -> Any:
        # only asked for what is not set yet: the tables of what is measured
        if name not in MEASURED or "_times" not in self.__dict__:
            raise AttributeError(name)
        self.__dict__[name] = table = self._as_table(name)
        return table

    def _as_table(self, name: str) -> pd.Series | pd.DataFrame | None:
        if name not in self._times:
            return None
        values, index = self.values(name).copy(), to_index(self._times[name], self._zone)
        if name == "power":
            return pd.Series(values, index=index, name=name)
        return pd.DataFrame(values, index=index, columns=list(self.columns(name)))

    @property
    def timezone(self) -> Any:
        """The zone of forecasts."""
        return self._zone
