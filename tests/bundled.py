"""What the tests of bundles save: a small forecaster with a forest and a feature of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cases
import numpy as np
import pandas as pd
import plants

from forecast import Forecaster, SiteData
from forecast.features.custom import View

NOW = plants.START + pd.Timedelta("20D 5h")


def rise(view: View) -> np.ndarray:
    return view.power() - view.power(lag=4)


@cache
def data_of(kind: str) -> SiteData:
    near = plants.wind(seed=9, nwp=False, site=plants.wind_site("near"))
    return plants.pv() if kind == "pv" else plants.wind(neighbours={"near": near})


def saved(folder: Path) -> tuple[Forecaster, Path]:
    """Return a fitted forecaster and where it was saved; small, with a forest and own features."""
    forecaster = plants.forecaster(cases.small_default(), features=[rise]).fit(data_of("wind"))
    path = folder / "model.qh"
    forecaster.save(path)
    return forecaster, path
