"""Every value that is treated as missing, and why, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.data import cleaning
from forecast.timegrid import to_index, usual_step_ns

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData


def repairs(data: SiteData) -> pd.DataFrame:
    """Return columns `input label value why`; `why` joins the names of flags, or is "repeated label"."""
    parts: list[tuple[np.ndarray, ...]] = []
    if data.power is not None:
        parts.append(_rows("power", data.times("power"), data.values("power"), data.flags.to_numpy()))
    for name in ("observed", *data.nwp):
        table = data.observed if name == "observed" else data.nwp[name]
        if not isinstance(table, pd.DataFrame) or len(table) < 2:
            continue
        times, values = data.times(name), data.values(name)
        step = usual_step_ns(times, name)
        for i, column in enumerate(data.columns(name)):
            flags = cleaning.weather_flags(column, times, values[:, i], step, name == "observed")
            parts.append(_rows(f"{name}:{column}", times, values[:, i], flags))
    for name, labels in data.dropped.items():
        parts.append((np.full(len(labels), name), labels, np.full(len(labels), np.nan),
                      np.full(len(labels), "repeated label")))  # fmt: skip
    parts = parts or [(np.zeros(0, dtype=object),) * 4]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    times = np.asarray(columns[1], dtype=np.int64)
    return pd.DataFrame(
        {
            "input": pd.Series(columns[0], dtype=str),
            "label": to_index(times, data.timezone),
            "value": np.asarray(columns[2], dtype=np.float64),
            "why": pd.Series(columns[3], dtype=str),
        }
    )


def _rows(name: str, times: np.ndarray, values: np.ndarray, flags: np.ndarray) -> tuple[np.ndarray, ...]:
    missing = cleaning.FLAGS["missing"]
    changed = np.flatnonzero((flags != 0) & (flags != missing))
    kinds, which = np.unique(flags[changed], return_inverse=True)
    texts = [", ".join(text for text, bit in cleaning.FLAGS.items() if kind & bit) for kind in kinds]
    why = np.array(texts, dtype=object)[which] if len(texts) else np.zeros(0, dtype=object)
    return np.full(len(changed), name, dtype=object), times[changed], values[changed], why
