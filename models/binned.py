"""A lead's training rows in bins, made once for all boosters that learn from them: as costly as growing trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.design import Design

MOST_BYTES = 1 << 28  # of all leads' bins together; more of them are made anew each time
MOST_ROWS = 200_000  # from more of them LightGBM draws those that decide the bins, by each booster's own seed
_DECIDE = ("max_bin", "min_data_in_leaf")  # of what boosters are told, what decides the bins


def binned(design: Design, k: int, rows: np.ndarray, target: np.ndarray, params: dict[str, Any]) -> Any:
    """Return a LightGBM dataset of the k-th lead's features in some rows (n,), with their targets as labels.

    The same trees grow from it as from a dataset of their own. It is kept with the design, for whoever asks next; only
    one booster at a time may be trained on it.
    """
    import lightgbm

    what = ("bins", k, *(params[name] for name in _DECIDE))
    before, data = design.kept.get(what, (None, None))
    if data is not None and np.array_equal(before, rows):
        return data.set_label(target)
    x = design.matrix(k, rows)
    data = lightgbm.Dataset(x, target, params=params).construct()
    if len(x) <= MOST_ROWS and x.size * len(design.leads) <= MOST_BYTES:  # a byte a value
        design.kept[what] = rows, data
    return data
