"""The table a dispatch centre takes: one row a point, with the running capacity and the time of issue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.deliver import ceilings
from forecast.errors import InputTypeError
from forecast.timegrid import index_ns, moment_ns


def submission(frame: pd.DataFrame, data: SiteData, path: Any = None) -> pd.DataFrame:
    """Return a forecast as a dispatch centre's table, and write it as CSV where a path is given.

    One row a point: `site`, `issue_time` (local), `point` (1, 2 …), `date` and `time` of the interval's end as the
    centre labels it (00:15 … 24:00, the last one on the day that ends), `power_kw` (deliverable) and
    `running_capacity_kw` (in service, or what the plan leaves of it). When the clocks are set back, the labels of the
    hour that comes twice are there twice, in order of the points.

    Args:
        frame: what `Forecaster.predict` returned. data: the site's data it was made from.

    Raises:
        InputTypeError: a frame of another kind.
    """
    if not isinstance(frame, pd.DataFrame) or "issue_time" not in frame.attrs or "potential" not in frame:
        raise InputTypeError("frame is no forecast; pass what Forecaster.predict returned, unchanged")
    valid_ns = index_ns(frame.index, "frame")
    issue = moment_ns(frame.attrs["issue_time"], "issue_time")
    step = int(valid_ns[0] - issue) // int(frame["lead"].iloc[0])
    running, _ = ceilings(data, np.array([issue]), valid_ns[None, :], step)
    date, time = _labels(pd.DatetimeIndex(frame.index))
    table = pd.DataFrame(
        {
            "site": frame.attrs["site"],
            "issue_time": pd.Timestamp(frame.attrs["issue_time"]).strftime("%Y-%m-%d %H:%M"),
            "point": np.arange(1, len(frame) + 1),
            "date": date,
            "time": time,
            "power_kw": frame["power"].to_numpy().round(3),
            "running_capacity_kw": running[0].round(3),
        }
    )
    if path is not None:
        table.to_csv(Path(path), index=False)
    return table


def _labels(index: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
    """Return dates and times of labels in their zone; midnight is 24:00 of the day that ends."""
    clock = index.tz_localize(None)
    midnight = clock == clock.normalize()
    day = clock.normalize() - pd.to_timedelta(midnight.astype(int), unit="D")
    time = np.where(midnight, "24:00", clock.strftime("%H:%M"))
    return day.strftime("%Y-%m-%d").to_numpy(), time
