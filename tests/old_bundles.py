"""What the bundles in tests/bundles were fitted on: plain waves, so that they can be made again anywhere.

`python tests/old_bundles.py NUMBER` writes the bundle and the forecasts of a new format; never again those of an old.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast import Forecaster, SiteData, WindSite

FOLDER = Path(__file__).parent / "bundles"
CAPACITY = 2000.0
START = pd.Timestamp("2025-01-01", tz="UTC")
ISSUE_TIMES = [START + pd.Timedelta(text) for text in ("12D 3h", "12D 17h15min", "13D 9h45min")]


def waves(count: int, *periods: float) -> np.ndarray:
    """Return the mean of sines of these periods [steps]."""
    steps = np.arange(count)[:, None] + np.array([[7.0, 1.0, 23.0, 5.0]])[:, : len(periods)]
    return np.asarray(np.sin(2 * np.pi * steps / np.array(periods)).mean(axis=1))


def inputs() -> SiteData:
    """Return two weeks of a wind farm with a mast and a weather forecast of unknown vintage."""
    count = 14 * 96
    index = pd.date_range(START + pd.Timedelta("15min"), periods=count, freq="15min")
    speed = 8 + 6 * waves(count, 61.7, 17.3, 411.0)
    power = pd.Series(CAPACITY * np.clip((speed / 12) ** 3, 0, 1), index=index, name="power")
    mast = pd.DataFrame({"wind_speed": speed + waves(count, 3.1, 5.3), "temp_air": 9 + 5 * waves(count, 96)}, index)
    weather = pd.DataFrame({"wind_speed_100m": speed + 2 * waves(count, 29.0, 7.9)}, index)
    site = WindSite("waves", CAPACITY, latitude=48.45, longitude=5.59, hub_height_m=80.0)
    return SiteData(site, power, observed=mast, nwp=weather.iloc[3::4])


def forecasts(forecaster: Forecaster) -> dict[str, Any]:
    """Return the forecasts of some issue times as plain numbers."""
    data = inputs()
    frames = {at: forecaster.predict(data, at) for at in ISSUE_TIMES}
    return {
        at.isoformat(): {c: frame[c].astype(float).tolist() for c in frame.columns if c != "reason"}
        for at, frame in frames.items()
    }


def write(number: int) -> None:
    """Write the bundle of a format and what it forecasts."""
    from forecast.models import Blend, Boosted, Network

    members = [Boosted(trees=6, leaves=5, least_rows=15), Network(units=4, rounds=3)]
    forecaster = Forecaster(Blend(members), horizon="1h", step="15min", quantiles=(0.05, 0.5, 0.95), adapt="1D")
    forecaster.fit(inputs().until(START + pd.Timedelta("12D"))).save(FOLDER / f"format{number}.qh")
    made = json.dumps(forecasts(forecaster), indent=1)
    (FOLDER / f"format{number}.json").write_text(made + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(int(sys.argv[1]))
